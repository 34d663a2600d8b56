"""`/v1/operator/carriers`: accounts at other companies and the rules for using them. `/hooks/carriers`: their news."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field, model_validator

from homeward.fleets.carriers import codec
from homeward.fleets.carriers.assessing import Assessment
from homeward.fleets.carriers.contract import CarrierKind
from homeward.fleets.carriers.errors import (
    CarrierAddressRefused,
    CarrierLoginIncomplete,
    NotSearching,
    UnknownCarrierAccount,
    UnknownCarrierKind,
)
from homeward.fleets.carriers.model import Account, AccountStatus, Job, Prefer
from homeward.fleets.carriers.service import AccountChange, CarriersService
from homeward.infra.auth import Auth, OperatorActor
from homeward.infra.http import responses
from homeward.kit.problems import NotFound, Unauthenticated, jsonable

HOOKS: str = "/hooks/carriers"
_Login = Annotated[dict[str, str], Field(max_length=10)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewAccountBody(_Strict):
    """`login`: the fields of the kind. `settings`: `contact_phone` is given instead of the shopper's number."""

    kind: str
    name: str = Field("", max_length=120)
    login: _Login = Field(repr=False)
    base_url: str | None = Field(None, max_length=300)
    hook_secret: str = Field("", max_length=500, repr=False)
    settings: dict[str, str] = Field(default_factory=dict, max_length=20)


class ChangeAccountBody(_Strict):
    name: str | None = Field(None, min_length=1, max_length=120)
    login: _Login | None = Field(None, repr=False)
    base_url: str | None = Field(None, max_length=300)
    hook_secret: str | None = Field(None, max_length=500, repr=False)
    settings: dict[str, str] | None = Field(None, max_length=20)
    status: Literal["active", "paused"] | None = None


class AccountOut(BaseModel):
    """Without what signs us in: that is never shown again. `events_path` is where the company sends its news."""

    id: str
    kind: str
    name: str
    base_url: str
    status: AccountStatus
    hint: str
    settings: Mapping[str, str]
    events_path: str
    created_at: datetime
    checked_at: datetime | None
    trouble: str | None


class KindOut(BaseModel):
    code: str
    name: str
    base_url: str
    login_fields: Sequence[str]
    abilities: Sequence[str]
    goods: Sequence[str]
    max_weight_g: int
    max_size: str
    max_distance_m: int


class AccountsOut(BaseModel):
    items: list[AccountOut]
    kinds: list[KindOut]


class RulesBody(_Strict):
    """See the explanation of carriers for what each rule does; `ranked` names accounts, the first asked first."""

    ranked: list[str] = Field(default_factory=list, max_length=20)
    enabled: bool = True
    after_s: int = Field(600, ge=0, le=86_400)
    when_nobody_on_duty: bool = True
    late_risk_s: int = Field(1_500, ge=0, le=86_400)
    most_minor: int | None = Field(None, ge=0)
    most_per_mille: int | None = Field(1_000, ge=0, le=100_000)
    least_reliable_per_mille: int = Field(500, ge=0, le=1_000)
    prefer: Prefer = "rank"
    again_after_s: int = Field(120, ge=5, le=86_400)


class DryRunBody(_Strict):
    """One of the two. Companies are asked for prices; nothing is ordered."""

    delivery_id: str | None = None
    market_id: str | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> "DryRunBody":
        if (self.delivery_id is None) == (self.market_id is None):
            raise ValueError("name either a delivery or a market")
        return self


class ItemsOut(BaseModel):
    items: list[dict[str, Any]]


def operator_router(service: CarriersService, auth: Auth) -> APIRouter:
    """Everybody at the operator may look; only an administrator connects companies."""
    api = APIRouter(prefix="/v1/operator/carriers", tags=["operator"])
    anyone = Annotated[OperatorActor, Depends(auth.operator())]
    dispatcher = Annotated[OperatorActor, Depends(auth.operator("dispatcher"))]
    admin = Annotated[OperatorActor, Depends(auth.operator("admin"))]
    wrong_account = responses(UnknownCarrierKind, CarrierLoginIncomplete, CarrierAddressRefused)

    @api.get("", response_model=AccountsOut)
    async def list_accounts(actor: anyone) -> AccountsOut:
        """All accounts, and the companies that we know how to speak with."""
        accounts = [_account(one) for one in await service.accounts()]
        return AccountsOut(items=accounts, kinds=[_kind(kind) for kind in await service.kinds()])

    @api.post("", status_code=201, response_model=AccountOut, responses=wrong_account)
    async def create_account(body: NewAccountBody, actor: admin) -> AccountOut:
        """Connects an account. Its login can be replaced but never read again."""
        created = await service.create(
            body.kind,
            body.name,
            body.login,
            base_url=body.base_url,
            hook_secret=body.hook_secret,
            settings=body.settings,
            by=actor.label,
        )
        return _account(created)

    @api.patch("/{account_id}", response_model=AccountOut, responses={**wrong_account, **responses(NotFound)})
    async def change_account(account_id: str, body: ChangeAccountBody, actor: admin) -> AccountOut:
        """Renames, pauses, reconnects. What a paused account already carries is finished."""
        values = body.model_dump(exclude={"status"})
        change = AccountChange(**values, status=AccountStatus(body.status) if body.status else None)
        return _account(await service.change(account_id, change, by=actor.label))

    @api.post("/{account_id}/test", response_model=AccountOut, responses=responses(NotFound))
    async def test_account(account_id: str, actor: dispatcher) -> AccountOut:
        """Asks the company whether it knows us: `trouble` says what is wrong."""
        return _account(await service.test(account_id))

    @api.get("/rules/{market_id}", response_model=RulesBody, responses=responses(NotFound))
    async def get_rules(market_id: str, actor: anyone) -> RulesBody:
        """When this market hands deliveries out, and to whom."""
        return RulesBody(**codec.rules_json(await service.rules(market_id)))

    @api.put("/rules/{market_id}", response_model=RulesBody, responses=responses(NotFound, UnknownCarrierAccount))
    async def set_rules(market_id: str, body: RulesBody, actor: admin) -> RulesBody:
        """In force from the next look on."""
        rules = codec.rules_from(body.model_dump())
        return RulesBody(**codec.rules_json(await service.set_rules(market_id, rules, by=actor.label)))

    @api.post("/dry-run", response_model=ItemsOut, responses=responses(NotFound, NotSearching))
    async def dry_run(body: DryRunBody, actor: dispatcher) -> ItemsOut:
        """What would be chosen now and why. Companies are asked for prices; nothing is ordered or stored."""
        found = await service.dry_run(delivery_id=body.delivery_id, market_id=body.market_id)
        return ItemsOut(items=[assessment_json(one) for one in found])

    @api.get("/decisions", response_model=ItemsOut, responses=responses(NotFound))
    async def decisions(delivery_id: str, actor: anyone) -> ItemsOut:
        """What was decided about a delivery, the oldest first, each with its inputs."""
        return ItemsOut(items=await service.decisions(delivery_id))

    @api.get("/decisions/{decision_id}/replay", responses=responses(NotFound))
    async def replay(decision_id: str, actor: anyone) -> dict[str, Any]:
        """The decision made again from its stored inputs."""
        return await service.replay(decision_id)

    @api.get("/jobs", response_model=ItemsOut, responses=responses(NotFound))
    async def jobs(delivery_id: str, actor: anyone) -> ItemsOut:
        """Every hand-out of a delivery, and what became of it."""
        return ItemsOut(items=[_job(one) for one in await service.jobs(delivery_id)])

    return api


def hooks_router(service: CarriersService) -> APIRouter:
    """Where companies send their news; each proves itself in its own way."""
    api = APIRouter(prefix=HOOKS, include_in_schema=False)

    @api.post("/{account_id}", responses=responses(Unauthenticated))
    async def news(account_id: str, request: Request) -> Response:
        await service.take_event(account_id, dict(request.headers), await request.body())
        return Response(status_code=200)

    return api


def assessment_json(assessed: Assessment) -> dict[str, Any]:
    """A decision that was not acted on."""
    return {"delivery_id": assessed.view.delivery.id, **codec.choice_json(assessed.choice)}


def _account(account: Account) -> AccountOut:
    return AccountOut(**jsonable(account), events_path=f"{HOOKS}/{account.id}")


def _kind(kind: CarrierKind) -> KindOut:
    can = kind.capabilities
    return KindOut(
        code=kind.code,
        name=kind.name,
        base_url=kind.base_url,
        login_fields=kind.login_fields,
        abilities=sorted(can.abilities),
        goods=sorted(can.goods),
        max_weight_g=can.max_weight_g,
        max_size=str(can.max_size),
        max_distance_m=can.max_distance_m,
    )


def _job(job: Job) -> dict[str, Any]:
    return dict(jsonable(job))
