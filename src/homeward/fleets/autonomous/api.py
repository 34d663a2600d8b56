"""`/v1/operator/fleets`: fleets of machines and what they carry. `…/compartment/open`: for who stands at one."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from homeward.deliveries.service import DeliveriesService
from homeward.fleets.autonomous.errors import (
    FleetCurrencyDiffers,
    FleetTokenRefused,
    FleetUnreachable,
    MachineSaysNo,
    NoMachineThere,
)
from homeward.fleets.autonomous.model import Asked, Fleet, FleetStatus, Machine, MachineLeg, NewFleet
from homeward.fleets.autonomous.service import AutonomousService, FleetChange
from homeward.fleets.carriers.errors import CarrierAddressRefused
from homeward.fleets.contract.facts import FactSheet, Refusal, Vehicle
from homeward.fleets.contract.legs import Hold, Holder
from homeward.fleets.contract.news import Event
from homeward.fleets.contract.words import Action, LegState
from homeward.infra.auth import Auth, CourierActor, MerchantActor, OperatorActor
from homeward.infra.http import responses
from homeward.kit.clock import Clock
from homeward.kit.problems import NotFound

_DAY = timedelta(days=1)
_AHEAD = timedelta(minutes=5)
"""A vehicle's clock may run ahead of ours."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewFleetBody(_Strict):
    """The address and token that its maker has given; its fact sheet is read at once."""

    market_id: str
    base_url: str = Field(max_length=300)
    token: str = Field(min_length=1, max_length=500, repr=False)
    name: str = Field("", max_length=120)


class ChangeFleetBody(_Strict):
    name: str | None = Field(None, min_length=1, max_length=120)
    base_url: str | None = Field(None, max_length=300)
    token: str | None = Field(None, min_length=1, max_length=500, repr=False)
    status: Literal["active", "paused"] | None = None


class FleetOut(BaseModel):
    """`read_to`: the number of its last event that is here. `trouble`: what is wrong with it now."""

    id: str
    market_id: str
    name: str
    base_url: str
    status: FleetStatus
    hint: str
    trouble: str | None
    heard_at: datetime | None
    read_to: int
    created_at: datetime
    facts: FactSheet


class MachineOut(BaseModel):
    id: str
    fleet_id: str
    market_id: str
    legs: int
    seen_at: datetime
    now: Vehicle


class MachineLegOut(BaseModel):
    """One carrying that a fleet was asked for; `state` and `hold` as its log told last."""

    id: str
    fleet_id: str
    machine_id: str
    delivery_id: str
    stage: str
    ending: str | None
    state: LegState | None
    hold: Hold | None
    compartment_id: str | None
    waits_until: datetime | None
    price: dict[str, Any]
    reason: str | None
    created_at: datetime
    ended_at: datetime | None


class AnswerOut(BaseModel):
    """What a fleet last said to a searching delivery: a price, or every limit that says no."""

    fleet_id: str
    price: dict[str, Any] | None
    dropoff_eta: datetime | None
    limits: list[Refusal]
    asked_at: datetime
    again_at: datetime | None


class FleetsOut(BaseModel):
    items: list[FleetOut]


class MachinesOut(BaseModel):
    items: list[MachineOut]


class LegsOut(BaseModel):
    items: list[MachineLegOut]
    answers: list[AnswerOut]


class FleetEventOut(BaseModel):
    fleet_id: str
    event: Event


class FleetEventsOut(BaseModel):
    items: list[FleetEventOut]


class ActBody(_Strict):
    """Pausing, stopping, coming back: it is asked, and the fleet answers. Opening belongs to who stands there."""

    action: Literal["pause", "safe_stop", "resume", "return", "cancel", "hand_to_rescue"]
    reason: str = Field("", max_length=500)


class OpenedOut(BaseModel):
    """It stands open now, and closes by itself."""

    compartment_id: str | None
    machine: str


_NO = responses(NotFound, NoMachineThere, MachineSaysNo)


def operator_router(service: AutonomousService, auth: Auth, clock: Clock) -> APIRouter:
    """Everybody at the operator may look; dispatchers act; only an administrator lets a fleet in."""
    api = APIRouter(prefix="/v1/operator/fleets", tags=["operator"])
    anyone = Annotated[OperatorActor, Depends(auth.operator())]
    dispatcher = Annotated[OperatorActor, Depends(auth.operator("dispatcher"))]
    admin = Annotated[OperatorActor, Depends(auth.operator("admin"))]
    wrong = responses(FleetUnreachable, FleetTokenRefused, FleetCurrencyDiffers, CarrierAddressRefused, NotFound)

    @api.get("", response_model=FleetsOut)
    async def list_fleets(actor: anyone, market_id: str | None = None) -> FleetsOut:
        """All fleets with their fact sheets as last read."""
        return FleetsOut(items=[_fleet(one) for one in await service.fleets(market_id)])

    @api.post("", status_code=201, response_model=FleetOut, responses=wrong)
    async def join(body: NewFleetBody, actor: admin) -> FleetOut:
        """Lets a fleet in: from the next look on the plan counts with its vehicles. Its token is never shown again."""
        new = NewFleet(body.market_id, body.base_url, body.token, body.name)
        return _fleet(await service.join(new, by=actor.label))

    @api.patch("/{fleet_id}", response_model=FleetOut, responses=wrong)
    async def change_fleet(fleet_id: str, body: ChangeFleetBody, actor: admin) -> FleetOut:
        """Renames, pauses, reconnects. What a paused fleet already carries is finished."""
        status = FleetStatus(body.status) if body.status else None
        change = FleetChange(body.name, body.base_url, body.token, status)
        return _fleet(await service.change(fleet_id, change, by=actor.label))

    @api.get("/machines", response_model=MachinesOut)
    async def list_machines(actor: anyone, market_id: str | None = None) -> MachinesOut:
        """Every vehicle as it was last heard of."""
        return MachinesOut(items=[_machine(one) for one in await service.machines(market_id)])

    @api.get("/legs", response_model=LegsOut, responses=responses(NotFound))
    async def legs(delivery_id: str, actor: anyone) -> LegsOut:
        """What machines were asked to carry of a delivery, and what fleets last said to it."""
        return LegsOut(
            items=[_leg(one) for one in await service.legs_of(delivery_id)],
            answers=[_answer(one) for one in await service.answers_about(delivery_id)],
        )

    @api.get("/events", response_model=FleetEventsOut)
    async def events(
        actor: anyone,
        fleet_id: str | None = None,
        kind: Annotated[Sequence[str], Query(max_length=20)] = (),
        since: AwareDatetime | None = None,
        until: AwareDatetime | None = None,
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
    ) -> FleetEventsOut:
        """Fleets' own logs as they were read, the newest first; of the last day unless said otherwise."""
        ends = until or clock.now() + _AHEAD
        found = await service.log(fleet_id=fleet_id, since=since or ends - _DAY, until=ends, kinds=kind, limit=limit)
        return FleetEventsOut(items=[FleetEventOut(fleet_id=one, event=event) for one, event in found])

    @api.post("/legs/{delivery_id}/actions", status_code=204, responses=_NO)
    async def act(delivery_id: str, body: ActBody, actor: dispatcher) -> None:
        """Asks the machine that has this delivery to do something; its fleet answers for it."""
        await service.act(delivery_id, Action(body.action), by=actor.label, reason=body.reason)

    return api


def merchant_router(service: AutonomousService, deliveries: DeliveriesService, auth: Auth) -> APIRouter:
    """What a store's staff does with a machine at its door."""
    api = APIRouter(prefix="/v1/deliveries", tags=["Deliveries"])
    merchant = Annotated[MerchantActor, Depends(auth.merchant())]

    @api.post("/{delivery_id}/compartment/open", response_model=OpenedOut, responses=_NO)
    async def open_compartment(delivery_id: str, actor: merchant) -> OpenedOut:
        """Opens the compartment of the machine that stands at the store, to put the parcel in or take it back."""
        await deliveries.get(actor.merchant_id, delivery_id, mode=actor.mode)
        return await _opened(service, delivery_id, Holder.STORE, actor.label)

    return api


def courier_router(service: AutonomousService, deliveries: DeliveriesService, auth: Auth) -> APIRouter:
    """What a courier does at a machine that cannot go on."""
    api = APIRouter(prefix="/v1/courier", tags=["courier"])
    courier = Annotated[CourierActor, Depends(auth.courier())]

    @api.post("/deliveries/{delivery_id}/compartment/open", response_model=OpenedOut, responses=_NO)
    async def open_for_rescue(delivery_id: str, actor: courier) -> OpenedOut:
        """Opens the stranded machine's compartment for the courier who takes the parcel on."""
        view = await deliveries.get(None, delivery_id)
        if view.delivery.courier_id != actor.courier_id:
            raise NotFound("delivery", delivery_id)
        return await _opened(service, delivery_id, Holder.RESCUER, actor.label)

    return api


async def _opened(service: AutonomousService, delivery_id: str, holder: Holder, by: str) -> OpenedOut:
    leg = await service.open_for(delivery_id, holder, by=by)
    machine = await service.machine(leg.machine_id)
    return OpenedOut(compartment_id=leg.compartment_id, machine=machine.name if machine else "")


def _fleet(fleet: Fleet) -> FleetOut:
    return FleetOut(**{name: getattr(fleet, name) for name in FleetOut.model_fields})


def _machine(machine: Machine) -> MachineOut:
    return MachineOut(**{name: getattr(machine, name) for name in MachineOut.model_fields})


def _leg(leg: MachineLeg) -> MachineLegOut:
    known = {name: getattr(leg, name) for name in MachineLegOut.model_fields if name != "price"}
    return MachineLegOut(**known, price={"minor": leg.price.minor, "currency": leg.price.currency})


def _answer(asked: Asked) -> AnswerOut:
    return AnswerOut(
        fleet_id=asked.fleet_id,
        price={"minor": asked.price.minor, "currency": asked.price.currency} if asked.price else None,
        dropoff_eta=asked.dropoff_eta,
        limits=list(asked.limits),
        asked_at=asked.asked_at,
        again_at=asked.again_at,
    )
