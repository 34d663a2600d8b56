"""From legs, offers and positions to a record. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from homeward.deliveries.carried.model import CarriedLeg
from homeward.dispatch.model import OfferState
from homeward.dispatch.record.model import LegRecord, Offered, Record, ShownOffer, Totals, Trip, Way
from homeward.fleets.couriers.model import Fix
from homeward.kit.money import Money
from homeward.kit.places import great_circle_m

KEPT: Final = timedelta(days=3 * 365)
"""How long the record stays, also after the courier has left. Source: New York City, pay of app-based delivery
workers (records for three years)."""
LONGEST: Final = timedelta(days=366)
USUAL: Final = timedelta(days=31)

# A receiver that stands still wanders; only what leaves its circle is way.
_STILL_M: Final = 25.0
_FEWEST_FIXES: Final = 3
UNKNOWN_WAY: Final = Way(None, None)


def build(
    courier_id: str,
    since: datetime,
    until: datetime,
    legs: Sequence[CarriedLeg],
    offers: Sequence[ShownOffer],
    ways: Mapping[str, Way],
    now: datetime,
) -> Record:
    """Legs and offers as they were found, the newest first."""
    trips = _trips([leg_record(leg, ways.get(leg.leg.id, UNKNOWN_WAY), now) for leg in legs], legs, offers)
    taken = {trip.offer.id for trip in trips if trip.offer}
    others = tuple(offer for offer in offers if offer.id not in taken)
    return Record(courier_id, since, until, trips, others, _totals(trips, offers, now))


def leg_record(carried: CarriedLeg, way: Way, now: datetime) -> LegRecord:
    leg = carried.leg
    ended = leg.ended_at or now
    at_store, left = carried.when("at_pickup"), leg.picked_up_at
    waited = (left - max(at_store, carried.ready_at)).total_seconds() if at_store and left else 0.0
    return LegRecord(
        leg_id=leg.id,
        delivery_id=leg.delivery_id,
        kind=leg.kind.value,
        state=leg.state.value,
        store=carried.store_name,
        market_id=leg.market_id,
        pickup=carried.pickup,
        vehicle=leg.courier.vehicle,
        accepted_at=leg.created_at,
        at_store_at=at_store,
        ready_at=carried.ready_at,
        left_store_at=left,
        at_door_at=carried.when("at_dropoff"),
        ended_at=leg.ended_at,
        ended_by=_ended_by(carried),
        engaged_s=max(0, round((ended - leg.created_at).total_seconds())),
        waited_s=max(0, round(waited)),
        way=way,
        pay=leg.pay,
        tips=carried.tips,
    )


def _ended_by(carried: CarriedLeg) -> str | None:
    """Who brought the end, without saying which person: `courier`, `merchant`, `operator`, `system`."""
    if carried.leg.ended_at is None or not carried.events:
        return None
    last = [event for event in carried.events if event.at <= carried.leg.ended_at]
    return last[-1].actor.partition(":")[0] if last else None


def _trips(records: Sequence[LegRecord], legs: Sequence[CarriedLeg], offers: Sequence[ShownOffer]) -> tuple[Trip, ...]:
    """Legs by the offer that they came with; the way back belongs to the trip of the way there."""
    by_id = {offer.id: offer for offer in offers}
    came_with = {carried.leg.delivery_id: carried.leg.offer_id for carried in reversed(legs) if carried.leg.offer_id}
    grouped: dict[str, list[LegRecord]] = {}
    for record in records:
        grouped.setdefault(came_with.get(record.delivery_id) or record.leg_id, []).append(record)
    return tuple(Trip(by_id.get(key), tuple(found)) for key, found in grouped.items())


def _totals(trips: Sequence[Trip], offers: Sequence[ShownOffer], now: datetime) -> Totals:
    legs = [leg for trip in trips for leg in trip.legs]
    said = [offer.decision for offer in offers]
    return Totals(
        trips=len(trips),
        legs=len(legs),
        engaged_s=together_s((leg.accepted_at, leg.ended_at or now) for leg in legs),
        waited_s=together_s(
            (leg.left_store_at - timedelta(seconds=leg.waited_s), leg.left_store_at)
            for leg in legs
            if leg.left_store_at is not None
        ),
        # What was taken away before it was picked up stands in the record with its pay, and is not added up.
        pay=_sums(leg.pay for leg in legs if leg.left_store_at is not None or leg.kind == "return"),
        tips=_sums(tip.amount for leg in legs for tip in leg.tips),
        offers=Offered(
            shown=len(said),
            accepted=said.count(OfferState.ACCEPTED),
            declined=said.count(OfferState.DECLINED),
            unanswered=said.count(OfferState.EXPIRED),
            withdrawn=said.count(OfferState.WITHDRAWN),
        ),
    )


def together_s(spans: Iterable[tuple[datetime, datetime]]) -> int:
    """Seconds that lie in at least one span."""
    covered, until = timedelta(), None
    for begin, end in sorted(spans):
        fresh = begin if until is None else max(begin, until)
        covered += max(timedelta(), end - fresh)
        until = end if until is None else max(until, end)
    return round(covered.total_seconds())


def _sums(amounts: Iterable[Money]) -> tuple[Money, ...]:
    minor: dict[str, int] = {}
    for amount in amounts:
        minor[amount.currency] = minor.get(amount.currency, 0) + amount.minor
    return tuple(Money(minor[currency], currency) for currency in sorted(minor))


# ── metres ──


def way_of(fixes: Sequence[Fix], accepted_at: datetime, left_store_at: datetime | None, ended_at: datetime) -> Way:
    """From fixes by time: up to the store, and on from there."""
    if left_store_at is None:
        return Way(_metres(fixes, accepted_at, ended_at), None)
    return Way(_metres(fixes, accepted_at, left_store_at), _metres(fixes, left_store_at, ended_at))


def _metres(fixes: Sequence[Fix], since: datetime, until: datetime) -> int | None:
    """None where too few positions are known to speak of a way."""
    within = [fix for fix in fixes if since <= fix.at <= until]
    if len(within) < _FEWEST_FIXES:
        return None
    total_m, stood = 0.0, within[0]
    for fix in within[1:]:
        step_m = great_circle_m(stood.place, fix.place)
        if step_m > max(_STILL_M, fix.accuracy_m or 0):
            total_m, stood = total_m + step_m, fix
    return round(total_m)
