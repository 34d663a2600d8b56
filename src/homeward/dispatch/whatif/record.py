"""A recorded day in the same form as a modelled one, so that the two can stand side by side. Pure."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from homeward.dispatch.whatif.book import DayBook, DeliveryRecord, OfferRecord, made_stops
from homeward.dispatch.whatif.model import DayLived, Life, Note
from homeward.fleets.couriers.model import VEHICLES
from homeward.routing.model import Profile

_ENDED: Final = ("delivered", "returned", "cancelled", "failed")


def lived(book: DayBook) -> DayLived:
    """What really became of the day's deliveries. Kilometres are by the day's tables, from stop to recorded stop."""
    names = {courier.id: courier.name for courier in book.couriers}
    profiles = {courier.id: VEHICLES[courier.vehicle].profile for courier in book.couriers}
    return DayLived(
        lives=tuple(_life(one, book.offers, names) for one in book.records),
        courier_m=_metres(book, profiles),
        courier_s=_busy_s(book.records, book.ends),
        decisions=book.decisions,
    )


def _life(one: DeliveryRecord, offers: Sequence[OfferRecord], names: Mapping[str, str]) -> Life:
    asked = [offer for offer in offers if one.id in offer.delivery_ids]
    taken = [offer for offer in asked if offer.state == "accepted"]
    courier_id = one.legs[-1].courier_id if one.legs else None
    return Life(
        delivery_id=one.id,
        service_class=one.service_class,
        booked_at=one.created_at,
        promised_by=one.promised_by,
        ended=one.state if one.state in _ENDED else "open",
        courier_id=courier_id,
        courier=names.get(courier_id, courier_id) if courier_id else None,
        offered_at=max((offer.created_at for offer in asked), default=None),
        picked_up_at=one.last("picked_up"),
        delivered_at=one.last("delivered"),
        offers=len(asked),
        pay_minor=sum(leg.pay_minor for leg in one.legs),
        together=len(taken[-1].delivery_ids) if taken else 1,
    )


def _metres(book: DayBook, profiles: Mapping[str, Profile]) -> dict[str, int]:
    starts = {courier.id: courier.place for courier in reversed(book.couriers)}
    metres: Counter[str] = Counter(dict.fromkeys(profiles, 0))
    for courier_id, stops in made_stops(book.records).items():
        if courier_id not in profiles:
            continue
        here = starts[courier_id]
        for _, place in stops:
            metres[courier_id] += book.ways.way(profiles[courier_id], here, place)[1]
            here = place
    return dict(metres)


def _busy_s(records: Sequence[DeliveryRecord], ends: datetime) -> dict[str, int]:
    """By courier, the time in which they had at least one delivery."""
    held: dict[str, list[tuple[datetime, datetime]]] = defaultdict(list)
    for one in records:
        for leg in one.legs:
            held[leg.courier_id].append((leg.created_at, leg.ended_at or max(ends, leg.created_at)))
    busy_s = {}
    for courier_id, times in held.items():
        total, until = 0.0, min(since for since, _ in times)
        for since, to in sorted(times):
            total += max(0.0, (to - max(since, until)).total_seconds())
            until = max(until, to)
        busy_s[courier_id] = int(total)
    return busy_s


def notes(book: DayBook) -> tuple[Note, ...]:
    """What the model leaves out of this day and what it stands on, with counts; what is not said here is in it."""
    events = [event for one in book.records for event in one.events]
    vanished = sum(1 for e in events if e.type == "delivery.searching" and e.reason == "courier_lost_contact")
    by_hand = sum(1 for e in events if e.type == "delivery.assigned" and e.actor.startswith("operator:"))
    ways = book.ways.sources
    found = (
        Note(len(book.under_way), "deliveries under way when it began, left out; their couriers begin later"),
        Note(vanished, "deliveries taken from couriers who fell silent; in the model nobody does"),
        Note(by_hand, "deliveries given to a courier by hand; in the model the planner decides"),
        Note(book.rules_changed, "changes of rules or settings on the way; the recorded policy follows them"),
        Note(ways.recorded, "pairs of places with travel times as recorded"),
        Note(ways.roads, "pairs of places with travel times as the roads say today"),
        Note(ways.crow, "pairs of places with travel times as the crow flies"),
    )
    return tuple(note for note in found if note.count)
