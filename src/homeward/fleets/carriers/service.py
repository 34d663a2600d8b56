"""The operator's business with other companies: accounts, rules, decisions, dry runs; and news from the companies."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from homeward.coverage.service import CoverageService
from homeward.deliveries.model import DeliveryFilter, State
from homeward.deliveries.service import DeliveriesService
from homeward.fleets.carriers import codec, policy, repository
from homeward.fleets.carriers.assessing import Assessing, Assessment, OpenOffers
from homeward.fleets.carriers.connections import Connections
from homeward.fleets.carriers.contract import CarrierFailure, CarrierKind, CarrierLoginInvalid
from homeward.fleets.carriers.errors import (
    CarrierAddressRefused,
    CarrierLoginIncomplete,
    NotSearching,
    UnknownCarrierAccount,
    UnknownCarrierKind,
)
from homeward.fleets.carriers.following import Following
from homeward.fleets.carriers.hand_out import HandingOut
from homeward.fleets.carriers.model import Account, AccountStatus, Job, Rules
from homeward.fleets.carriers.registry import KINDS
from homeward.fleets.couriers.service import CouriersService
from homeward.infra import audit
from homeward.infra.db import Database, Tx
from homeward.kit.clock import Clock
from homeward.kit.ids import new_id
from homeward.kit.problems import NotFound, Unauthenticated, jsonable

DECISIONS_KEPT: Final = timedelta(days=90)
EVENTS_KEPT: Final = timedelta(days=7)
_DRY_RUN_MOST: Final = 50


@dataclass(frozen=True, slots=True)
class AccountChange:
    """What the operator changes; None leaves it as it is. A new login is given whole."""

    name: str | None = None
    base_url: str | None = None
    login: Mapping[str, str] | None = field(default=None, repr=False)
    hook_secret: str | None = field(default=None, repr=False)
    settings: Mapping[str, str] | None = None
    status: AccountStatus | None = None


class CarriersService:
    """One for the process."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        coverage: CoverageService,
        deliveries: DeliveriesService,
        couriers: CouriersService,
        offers: OpenOffers,
        connections: Connections,
    ) -> None:
        self._db = db
        self._clock = clock
        self._coverage = coverage
        self._deliveries = deliveries
        self._connections = connections
        self._assessing = Assessing(db, clock, deliveries, couriers, offers, connections)
        self._following = Following(db, clock, deliveries, connections, self._assessing)
        self._handing_out = HandingOut(
            db, clock, coverage, deliveries, couriers, offers, self._assessing, self._following
        )

    # ── loops ──

    async def hand_out_due(self) -> int:
        """See HandingOut."""
        return await self._handing_out.hand_out_due()

    async def follow_due(self) -> int:
        """See Following."""
        return await self._following.follow_due()

    async def forget_old(self) -> int:
        """A loop body."""
        async with self._db.operator() as tx:
            return await repository.forget(tx, self._clock.now() - DECISIONS_KEPT, EVENTS_KEPT)

    async def close(self) -> None:
        await self._connections.close()

    # ── accounts ──

    async def kinds(self) -> Sequence[CarrierKind]:
        return list(KINDS.values())

    async def accounts(self) -> Sequence[Account]:
        async with self._db.operator() as tx:
            return await repository.accounts(tx)

    async def account(self, account_id: str) -> Account:
        async with self._db.operator() as tx:
            return await _account(tx, account_id)

    async def create(
        self,
        kind: str,
        name: str,
        login: Mapping[str, str],
        *,
        base_url: str | None = None,
        hook_secret: str = "",
        settings: Mapping[str, str] | None = None,
        by: str,
    ) -> Account:
        """The login is never shown again. Raises UnknownCarrierKind, CarrierLoginIncomplete, CarrierAddressRefused."""
        known = _kind(kind)
        _check_login(known, login)
        address = _checked_address(base_url or known.base_url)
        now = self._clock.now()
        account = Account(
            id=new_id("car", now),
            kind=kind,
            name=name.strip() or known.name,
            base_url=address,
            status=AccountStatus.ACTIVE,
            hint=policy.hint_of(login[known.login_fields[-1]]),
            settings=dict(settings or {}),
            created_at=now,
        )
        async with self._db.operator() as tx:
            await repository.insert_account(tx, account, login, hook_secret)
            await audit.record(tx, actor=by, action="carrier.created", subject=account.id, data={"kind": kind})
        return account

    async def change(self, account_id: str, change: AccountChange, *, by: str) -> Account:
        """A new login makes an account active again that the carrier had refused."""
        async with self._db.operator() as tx:
            account = await _account(tx, account_id)
            changes = _changes(account, change)
            if changes:
                await repository.change_account(tx, account_id, changes)
                told = {"changed": sorted(changes)}
                await audit.record(tx, actor=by, action="carrier.changed", subject=account_id, data=told)
            return await _account(tx, account_id)

    async def test(self, account_id: str) -> Account:
        """Asks the company whether it knows us, and keeps what it says."""
        account = await self.account(account_id)
        status, trouble = account.status, None
        try:
            await (await self._connections.to(account_id)).check_login()
            status = AccountStatus.ACTIVE if status is AccountStatus.LOGIN_INVALID else status
        except CarrierLoginInvalid as failure:
            status, trouble = AccountStatus.LOGIN_INVALID, str(failure)
        except CarrierFailure as failure:
            trouble = str(failure)
        async with self._db.operator() as tx:
            seen = {"status": str(status), "trouble": trouble, "checked_at": self._clock.now()}
            await repository.change_account(tx, account_id, seen)
            return await _account(tx, account_id)

    # ── rules ──

    async def rules(self, market_id: str) -> Rules:
        await self._coverage.market(market_id)
        return await self._assessing.rules(market_id)

    async def set_rules(self, market_id: str, rules: Rules, *, by: str) -> Rules:
        """In force from the next look on. Raises UnknownCarrierAccount."""
        await self._coverage.market(market_id)
        async with self._db.operator() as tx:
            known = {account.id for account in await repository.accounts(tx)}
            stranger = next((one for one in rules.ranked if one not in known), None)
            if stranger is not None:
                raise UnknownCarrierAccount(stranger)
            body = codec.rules_json(rules)
            await repository.save_rules(tx, market_id, body)
            await audit.record(tx, actor=by, action="carrier.rules", subject=market_id, data=body)
        return rules

    # ── why ──

    async def dry_run(self, *, delivery_id: str | None = None, market_id: str | None = None) -> list[Assessment]:
        """What would be chosen now, and why. Asks companies for prices; orders nothing and stores no decision."""
        if delivery_id is not None:
            view = await self._deliveries.get(None, delivery_id)
            if view.delivery.state is not State.SEARCHING:
                raise NotSearching(delivery_id, str(view.delivery.state))
            return [await self._assessing.assess(delivery_id)]
        assert market_id is not None, "one of the two is named"
        await self._coverage.market(market_id)
        wanted = DeliveryFilter(states=[State.SEARCHING], market_id=market_id)
        page = await self._deliveries.list(None, wanted, mode="live", limit=_DRY_RUN_MOST)
        return [await self._assessing.assess(view.delivery.id) for view in page.items]

    async def decisions(self, delivery_id: str) -> list[dict[str, Any]]:
        """What was decided about a delivery, the oldest first, with everything that was looked at."""
        await self._deliveries.get(None, delivery_id)
        async with self._db.operator() as tx:
            return [dict(jsonable(row)) for row in await repository.decisions_of(tx, delivery_id)]

    async def replay(self, decision_id: str) -> dict[str, Any]:
        """The same decision made again from its stored inputs, beside what was stored."""
        async with self._db.operator() as tx:
            row = await repository.decision(tx, decision_id)
        if row is None:
            raise NotFound("carrier decision", decision_id)
        given = codec.inputs_from(row["inputs"])
        again = policy.choose(given.situation, given.seats, given.rules, given.quotes)
        return {"decision_id": decision_id, "stored": row["outcome"], "again": codec.choice_json(again)}

    async def jobs(self, delivery_id: str) -> Sequence[Job]:
        """Every hand-out of a delivery, the oldest first."""
        await self._deliveries.get(None, delivery_id)
        async with self._db.operator() as tx:
            return await repository.jobs_of(tx, delivery_id)

    # ── news ──

    async def take_event(self, account_id: str, headers: Mapping[str, str], body: bytes) -> bool:
        """News from a company: a reason to look, nothing more. Raises Unauthenticated. False: nothing new."""
        try:
            event = (await self._connections.to(account_id)).read_event(headers, body)
        except (NotFound, CarrierLoginInvalid) as cause:
            raise Unauthenticated() from cause
        if event is None:
            return False
        async with self._db.operator() as tx:
            if not await repository.is_news(tx, account_id, event.key):
                return False
            await repository.wake(tx, account_id, event.reference, event.job, self._clock.now())
        return True


def _changes(account: Account, change: AccountChange) -> dict[str, Any]:
    said = {
        "name": change.name,
        "hook_secret": change.hook_secret,
        "settings": dict(change.settings) if change.settings is not None else None,
        "status": str(change.status) if change.status else None,
        "base_url": _checked_address(change.base_url) if change.base_url else None,
    }
    changes: dict[str, Any] = {name: value for name, value in said.items() if value is not None}
    if change.login is not None:
        kind = _kind(account.kind)
        _check_login(kind, change.login)
        changes |= {"login": dict(change.login), "hint": policy.hint_of(change.login[kind.login_fields[-1]])}
        if account.status is AccountStatus.LOGIN_INVALID:
            changes |= {"status": str(change.status or AccountStatus.ACTIVE), "trouble": None}
    return changes


def _kind(code: str) -> CarrierKind:
    if code not in KINDS:
        raise UnknownCarrierKind(code, sorted(KINDS))
    return KINDS[code]


def _check_login(kind: CarrierKind, login: Mapping[str, str]) -> None:
    if set(login) != set(kind.login_fields) or not all(login.values()):
        raise CarrierLoginIncomplete(list(kind.login_fields))


def _checked_address(base_url: str) -> str:
    if not policy.is_base_url(base_url):
        raise CarrierAddressRefused(base_url)
    return base_url.rstrip("/")


async def _account(tx: Tx, account_id: str) -> Account:
    account = await repository.account(tx, account_id)
    if account is None:
        raise NotFound("carrier account", account_id)
    return account
