"""What a planner thinks about: a market's rows, and what it remembers, as one snapshot."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from homeward.coverage.jurisdictions import DECISION_S, least
from homeward.coverage.model import Market
from homeward.dispatch import own_limits, policy, travel
from homeward.dispatch.acceptance import PRIOR, AcceptanceModel
from homeward.dispatch.housekeeping import MarketState
from homeward.dispatch.machines import FleetAnswer, FleetLimit, MachineSeen
from homeward.dispatch.model import CourierSeen, PlanSettings, Shift, Snapshot, StopRef, StoreDemand, WaitAt
from homeward.dispatch.policy_values import DispatchPolicy
from homeward.fleets.autonomous.model import WAYS, Asked, Seat
from homeward.fleets.contract.facts import Refusal
from homeward.fleets.couriers.journeys.model import Journey
from homeward.fleets.couriers.model import Courier
from homeward.kit.places import LatLon


@dataclass(frozen=True, slots=True)
class Machinery:
    """A market's machines, and what their fleets said to its searching deliveries."""

    seats: Sequence[Seat] = ()
    answers: Sequence[Asked] = ()


@dataclass(slots=True)
class Memory:
    """What a planner remembers of a market between rounds; losing it costs one plan."""

    fingerprint: object = None
    earlier: Mapping[str, tuple[StopRef, ...]] = field(default_factory=dict)
    said: Mapping[str, str] = field(default_factory=dict)
    demand: tuple[StoreDemand, ...] = ()
    demand_at: datetime | None = None
    wait_at: Mapping[str, WaitAt] = field(default_factory=dict)
    acceptance: AcceptanceModel = PRIOR
    learned_at: datetime | None = None


def snapshot_of(
    market: Market, state: MarketState, memory: Memory, now: datetime, machinery: Machinery = Machinery()
) -> Snapshot:
    """A market at one moment, from its rows and from what the planner remembers."""
    asked = {offer.courier_id for offer in state.offers}
    lost_contact_s = market.settings.lost_contact_s
    stranded = {row.stranded_id for row in state.rows if row.stranded_id}
    couriers = tuple(
        CourierSeen(
            id=courier.id,
            name=courier.name,
            vehicle=courier.vehicle,
            place=travel.rounded(_where(courier, courier.place, now)),
            capacity_g=courier.capacity_g,
            capacity_l=courier.capacity_l,
            max_deliveries=own_limits.at_once(courier),
            skills=tuple(sorted(courier.skills)),
            shift_ends=courier.shift_ends,
            route=state.left.get(courier.id, ()),
            closed=policy.STRANDED
            if courier.id in stranded
            else policy.closed_to_offers(
                courier, now, lost_contact_s=lost_contact_s, has_open_offer=courier.id in asked
            ),
            own=courier.own,
            engagement=courier.engagement,
            employer_id=courier.employer_id,
            journey=_rounded(courier.journey) if courier.journey else None,
            **_shift_so_far(courier, state.shifts.get(courier.id, Shift()), now),
        )
        for courier in state.couriers
        if courier.place is not None
    )
    return Snapshot(
        market_id=market.id,
        now=now,
        seed=int(now.timestamp()),
        settings=plan_settings(market, now),
        deliveries=state.deliveries,
        couriers=couriers,
        earlier=memory.earlier,
        said=memory.said,
        demand=memory.demand,
        machines=tuple(_machine_seen(seat) for seat in machinery.seats),
        fleet_answers=tuple(_fleet_answer(asked) for asked in machinery.answers),
    )


def _where(courier: Courier, seen: LatLon, now: datetime) -> LatLon:
    """Where a plan begins: at the start of a journey that has not begun, wherever they are until then."""
    journey = courier.journey
    return journey.start if journey is not None and journey.to_come(now) else seen


def _rounded(journey: Journey) -> Journey:
    return replace(journey, start=travel.rounded(journey.start), to=travel.rounded(journey.to))


def _machine_seen(seat: Seat) -> MachineSeen:
    machine = seat.machine
    assert machine.place is not None, "a machine without a place has no seat"
    return MachineSeen(
        id=machine.id,
        fleet_id=machine.fleet_id,
        name=machine.name,
        way=WAYS[seat.model.mode].value,
        speed_m_s=seat.model.speed_m_s,
        place=travel.rounded(machine.place),
        capacity_g=seat.model.load_limit_g,
        rooms=seat.rooms,
        closed=seat.closed,
    )


def _fleet_answer(asked: Asked) -> FleetAnswer:
    return FleetAnswer(
        asked.delivery_id,
        asked.fleet_id,
        asked.price,
        tuple(_fleet_limit(limit) for limit in asked.limits),
        asked.dropoff_eta,
    )


def _fleet_limit(refusal: Refusal) -> FleetLimit:
    return FleetLimit(str(refusal.limit), refusal.said, refusal.at_most, refusal.asked)


def _shift_so_far(courier: Courier, shift: Shift, now: datetime) -> dict[str, Any]:
    return {
        "noes": shift.noes,
        "asked_s_ago": max(0, int((now - shift.asked_at).total_seconds())) if shift.asked_at else None,
        "on_duty_s": max(0, int((now - courier.duty_since).total_seconds())) if courier.duty_since else 0,
        "earned_minor": shift.earned_minor,
        "carried": shift.carried,
    }


def market_policy(market: Market) -> DispatchPolicy:
    """What the market's settings hold; what this release does not know of it is left out."""
    return DispatchPolicy.from_values(market.settings.dispatch_policy, lenient=True)


def plan_settings(market: Market, now: datetime) -> PlanSettings:
    """Time to decide is never below what the law asks today, whatever was allowed when it was set."""
    s = market.settings
    return PlanSettings(
        currency=market.currency,
        decision_s=max(s.offer_decision_s, least(s.jurisdiction, DECISION_S, now.date())),
        pickup_s=s.pickup_s,
        door_s=s.door_s,
        no_courier_after_s=s.no_courier_after_s,
        default_wait_s=s.default_wait_s,
        no_courier_wait_s=s.no_courier_wait_s,
        pay_base_minor=s.pay_base_minor,
        pay_per_km_minor=s.pay_per_km_minor,
        pay_per_minute_minor=s.pay_per_minute_minor,
        pay_extra_stop_minor=s.pay_extra_stop_minor,
        pay_floor_minor=s.pay_floor_minor,
        law_decision_s=least(s.jurisdiction, DECISION_S, now.date()),
    )
