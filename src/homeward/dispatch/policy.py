"""Rules of dispatch that a dispatcher could say aloud. Pure; explained in docs/explanation/dispatch.md."""

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import count
from typing import Final

from homeward.deliveries.model import Batch, BatchMember, DispatchDelivery
from homeward.deliveries.states import ON_THE_WAY_TO_PICKUP
from homeward.dispatch.model import EVERYBODY, OpenDelivery, PlanSettings, RouteStop, StopKind, StopRef
from homeward.dispatch.policy_values import DispatchPolicy, Estimates, Holding, Preparation
from homeward.fleets.couriers.journeys.model import LONGEST_ANSWER, Journey
from homeward.fleets.couriers.model import Courier
from homeward.fleets.couriers.policy import in_contact

# Named in every stored decision. Change it with any rule that changes what `decide` answers.
POLICY_VERSION: Final = "2026-11-e"
# Inputs of decisions are kept for so long; what was decided and why is kept with the delivery.
INPUTS_KEPT: Final = timedelta(days=30)

STRANDED: Final = "stranded"
LATE: Final = "late"
NO_COURIER: Final = "no_courier"
LOST_CONTACT: Final = "courier_lost_contact"


def version(rules: DispatchPolicy) -> str:
    """What a stored decision names: the rules of this release, and the operator's own numbers if there are any."""
    return f"{POLICY_VERSION}:{rules.digest}" if rules.changes() else POLICY_VERSION


def to_plan(delivery: OpenDelivery, couriers: Collection[str]) -> bool:
    """Whether a plan has to find a place for it: not while all couriers are asked, nor with who is not on duty."""
    if delivery.searching:
        return delivery.offered_to != EVERYBODY
    return (delivery.courier_id or "") in couriers


# ── routes ──


def left_to_do(stored: Iterable[StopRef], carried: Iterable[OpenDelivery]) -> tuple[StopRef, ...]:
    """The stops a courier still has to make: in the stored order, whatever is not in it last.

    The deliveries' states say what is done; the stored route only says in which order. So a report that was
    written and a route that was not cannot contradict each other.
    """
    left = [stop for delivery in sorted(carried, key=lambda d: d.id) for stop in delivery.stops_left()]
    wanted = set(left)
    ordered: list[StopRef] = []
    for stop in stored:
        pickup = StopRef(stop.delivery_id, StopKind.PICKUP)
        # A drop-off whose pickup is still to come belongs behind it, whatever an older route says.
        too_early = stop.kind is StopKind.DROPOFF and pickup in wanted and pickup not in ordered
        if stop in wanted and stop not in ordered and not too_early:
            ordered.append(stop)
    return (*ordered, *(stop for stop in left if stop not in ordered))


def with_accepted(
    left: Sequence[StopRef], offered: Sequence[StopRef], accepted: Collection[str]
) -> tuple[StopRef, ...]:
    """A route with the accepted deliveries in it, in the order that was offered.

    The courier went on while deciding: stops made meanwhile are gone, the stop they are heading to stays first,
    and what was promised meanwhile comes last.
    """
    known = set(left)
    order = [stop for stop in offered if stop in known or stop.delivery_id in accepted]
    if left and left[0] in order:
        order.remove(left[0])
    head = list(left[:1])
    placed = {*head, *order}
    return (*head, *order, *(stop for stop in left if stop not in placed))


def same_order_after_next(order: Sequence[StopRef], stored: Sequence[StopRef]) -> bool:
    """Whether a new order only moves stops after the next one: that one is fixed."""
    return order[:1] == stored[:1] and sorted(order) == sorted(stored)


# ── batches ──


def trips(order: Iterable[StopRef]) -> list[tuple[str, ...]]:
    """What a courier carries at the same time: deliveries by trip, each in the order of their doors.

    A trip lasts until the courier is empty-handed. So two deliveries share one if each is fetched before the other is
    handed over, or if others link them in this way. What is handed over without being fetched on `order` is on board
    already. Parcels on their way back to a store are carried with nothing.
    """
    stops = [stop for stop in order if stop.kind is not StopKind.RETURN]
    fetched = {stop.delivery_id for stop in stops if stop.kind is StopKind.PICKUP}
    held = {stop.delivery_id for stop in stops} - fetched
    found: list[tuple[str, ...]] = []
    doors: list[str] = []
    for stop in stops:
        if stop.kind is StopKind.PICKUP:
            held.add(stop.delivery_id)
            continue
        held.discard(stop.delivery_id)
        doors.append(stop.delivery_id)
        if not held:
            found.append(tuple(doors))
            doors = []
    return found


def batches(
    order: Iterable[StopRef],
    members: Mapping[str, BatchMember],
    past: Mapping[str, Sequence[BatchMember]],
    draw_id: Callable[[], str],
) -> dict[str, Batch | None]:
    """The batch of each delivery that is still to be handed over; None for one that is carried alone.

    A trip of two or more is a batch, and so is the rest of one whose others have come to their end. It keeps its id
    while any of it goes on together; of two parts that go on apart, the first keeps it.

    Parameters
    ----------
    order
        The courier's stops left, in order.
    members
        The deliveries of `order`, by id.
    past
        By batch, those that were carried in it and are not to be handed over any more. They keep their positions.
    draw_id
        Gives the id of a new batch.
    """
    found: dict[str, Batch | None] = {}
    taken: set[str] = set()
    for trip in trips(order):
        known = [batch.id for one in trip if (batch := members[one].batch) is not None and batch.id not in taken]
        gone = past.get(known[0], ()) if known else ()
        if len(trip) + len(gone) < 2:
            found |= dict.fromkeys(trip)
            continue
        batch_id = known[0] if known else draw_id()
        taken.add(batch_id)
        found |= _one_batch(batch_id, [members[one] for one in trip], gone)
    return found


def _one_batch(batch_id: str, trip: Sequence[BatchMember], gone: Sequence[BatchMember]) -> dict[str, Batch | None]:
    places = {one.delivery_id: one.batch.position for one in gone if one.batch}
    free = (place for place in count(1) if place not in set(places.values()))
    places |= {one.delivery_id: next(free) for one in trip}
    everybody = sorted((*gone, *trip), key=lambda one: (places[one.delivery_id], one.delivery_id))

    def own(asking: BatchMember) -> tuple[str, ...]:
        # Another merchant's deliveries are a number to this one, never an id.
        return tuple(
            one.delivery_id
            for one in everybody
            if one.merchant_id == asking.merchant_id and one.delivery_id != asking.delivery_id
        )

    return {one.delivery_id: Batch(batch_id, places[one.delivery_id], len(everybody), own(one)) for one in trip}


# ── couriers ──


def closed_to_offers(courier: Courier, now: datetime, *, lost_contact_s: int, has_open_offer: bool) -> str | None:
    """Why this courier on duty is not asked about anything new; None if they may be."""
    if courier.status != "active":
        return "suspended"
    if courier.closed is not None:
        return courier.closed
    if courier.contact_lost_at is not None or not in_contact(courier, now, lost_contact_s):
        return "out_of_contact"
    if courier.winding_down(now):
        return "shift_over"
    if courier.papers_valid_until is not None and courier.papers_valid_until <= now:
        return "document_expired"
    if courier.consent_due_at is not None and courier.consent_due_at <= now:
        return "agreement_not_accepted"
    if courier.offers_paused_until is not None and courier.offers_paused_until > now:
        return "on_break"
    if has_open_offer:
        return "asked_about_another"
    return None


# ── offers ──


def fingerprint(delivery: OpenDelivery) -> str:
    """Of everything an offer shows or plans with; if it changes, the offer is no longer true."""
    shown = (
        delivery.pickup,
        delivery.dropoff,
        delivery.weight_g,
        delivery.volume_l,
        delivery.skills,
        delivery.ready_at,
        delivery.window_earliest,
        delivery.promised_by,
    )
    return hashlib.sha256(repr(shown).encode()).hexdigest()[:16]


def answer_by(journey: Journey | None, at: datetime, settings: PlanSettings) -> datetime:
    """Until when an offer made now can be answered; with more time for who is still at home before a journey."""
    usual = at + timedelta(seconds=settings.decision_s)
    if journey is None:
        return usual
    return max(usual, min(journey.leaves_at, at + LONGEST_ANSWER))


def lead_s(settings: PlanSettings, rules: DispatchPolicy) -> int:
    """How long before the courier must leave an offer goes out."""
    return settings.decision_s + rules.offers.get_going_s


# ── holding ──


def may_lie(delivery: OpenDelivery, holding: Holding, now: datetime) -> bool:
    """Whether a parcel may wait for company at the store, or on board, still."""
    if delivery.rescue:
        return False  # it has been on its way for long enough
    ready_for = (now - delivery.ready_at).total_seconds()
    return ready_for < holding.most_s(delivery.service_class)


# ── late preparation ──


def late_stores(
    deliveries: Iterable[OpenDelivery], settings: PlanSettings, preparation: Preparation, now: datetime
) -> dict[str, int]:
    """By store, how many seconds late it runs: as long as a courier has stood there for a parcel that should be ready.

    What is usual at the counter, and a little more, is not late. The longest wait tells.
    """
    late: dict[str, int] = {}
    for delivery in deliveries:
        if delivery.at_store_since is None or delivery.on_board:
            continue
        stood_s = (now - max(delivery.at_store_since, delivery.ready_at)).total_seconds()
        late_s = min(int(stood_s) - settings.pickup_s, preparation.most_s)
        if late_s > preparation.grace_s:
            late[delivery.store_id] = max(late_s, late.get(delivery.store_id, 0))
    return late


# ── attention and estimates ──


def eta_moved(old: datetime | None, new: datetime, estimates: Estimates) -> bool:
    return old is None or abs(new - old) >= timedelta(seconds=estimates.step_s)


def estimates_moved(
    delivery: DispatchDelivery, eta: datetime, pickup_eta: datetime | None, estimates: Estimates
) -> bool:
    """Whether either is worth telling. At the store there is no more to expect: the courier is there."""
    on_the_way = pickup_eta is not None and delivery.state in ON_THE_WAY_TO_PICKUP
    return eta_moved(delivery.eta, eta, estimates) or (
        on_the_way and pickup_eta is not None and eta_moved(delivery.pickup_eta, pickup_eta, estimates)
    )


def pickup_etas(arrivals: Mapping[str, Sequence[RouteStop]]) -> dict[str, datetime]:
    """When the courier of each delivery will be at its store, by the plan."""
    stops = (stop for route in arrivals.values() for stop in route)
    return {stop.ref.delivery_id: stop.eta for stop in stops if stop.ref.kind is StopKind.PICKUP and stop.eta}


def stops_moved(old: Sequence[RouteStop], new: Sequence[RouteStop], estimates: Estimates) -> bool:
    """Whether the times stored with a route are worth writing again."""
    known = {stop.ref: stop.eta for stop in old}
    return any(stop.eta is not None and eta_moved(known.get(stop.ref), stop.eta, estimates) for stop in new)


def attention_wanted(
    delivery: OpenDelivery, eta: datetime | None, settings: PlanSettings, estimates: Estimates, now: datetime
) -> str | None:
    """What the delivery's attention should be after this round.

    A reason set by somebody else (an address to confirm, a problem at the door) is theirs to clear.
    """
    ours = (None, LATE, NO_COURIER)
    if delivery.attention not in ours:
        return delivery.attention
    if delivery.searching:
        since = max(delivery.search_from, delivery.ready_at - timedelta(seconds=settings.no_courier_after_s))
        waited = now - since > timedelta(seconds=settings.no_courier_after_s)
        return NO_COURIER if waited or delivery.nobody_took_at is not None else None
    if delivery.going_back:
        return None
    expected = eta or delivery.eta
    if expected is None:
        return None
    late_s = (expected - delivery.promised_by).total_seconds()
    still_late = delivery.attention == LATE and late_s > 0
    return LATE if late_s > estimates.late_grace_s or still_late else None


# ── supply ──


def expected_wait_s(
    *, on_duty: int, free: int, waiting: int, approach_s: int | None, settings: PlanSettings, estimates: Estimates
) -> int:
    """Seconds from asking for a courier until one stands at the store.

    Nobody on duty: the market's `no_courier_wait_s`. Else half the time to decide, plus the way of the nearest free
    courier (`default_wait_s` if none was free to be measured), plus the queue: each delivery waiting beyond the free
    couriers takes its turn, and a turn comes every `turn_s / on_duty` seconds.
    """
    if on_duty == 0:
        return settings.no_courier_wait_s
    approach = approach_s if approach_s is not None else settings.default_wait_s
    queued = max(0, waiting - free + (0 if free else 1))
    return settings.decision_s // 2 + approach + queued * estimates.turn_s // on_duty
