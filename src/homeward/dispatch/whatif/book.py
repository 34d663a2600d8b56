"""From what lies recorded of a day to a day that can be lived again. Pure.

Decisions tell who was on duty where, until when, and how far apart everything is; events tell when deliveries became
known and what happened at doors; offers tell who said no. What none of them tells becomes a note of the report.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from statistics import median
from typing import Final

from homeward.dispatch.model import CourierSeen, Inputs, TravelTables
from homeward.dispatch.whatif.model import Answer, Day, DayCourier, DayDelivery, Doors, Spell
from homeward.dispatch.whatif.ways import DayWays
from homeward.fleets.couriers.model import VEHICLES
from homeward.kit.places import LatLon

_BLOCKING: Final = ("confirm_address", "store_closed", "parcel_missing")  # nobody is asked while one of these stands
_AWAY: Final = ("suspended", "out_of_contact")
_USUAL_ANSWER_S: Final = 15
_SHORT_WAY_S: Final = 120  # shorter ways tell more of parking than of driving
_ENOUGH_WAYS: Final = 3
_NEVER: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class EventRecord:
    """One event of a delivery, as far as a day needs it."""

    type: str
    at: datetime
    actor: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class LegRecord:
    """One carrying; its pay is 0 if it ended before the parcel was picked up."""

    courier_id: str
    pay_minor: int
    created_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class DeliveryRecord:
    """A delivery with all that happened to it, oldest first."""

    id: str
    merchant_id: str
    store_id: str
    service_class: str
    state: str
    pickup: LatLon
    dropoff: LatLon
    weight_g: int
    volume_l: int
    skills: tuple[str, ...]
    created_at: datetime
    search_from: datetime
    ready_at: datetime
    window_earliest: datetime
    promised_by: datetime
    ended_at: datetime | None
    events: tuple[EventRecord, ...]
    legs: tuple[LegRecord, ...]

    def first(self, kind: str) -> datetime | None:
        return next((event.at for event in self.events if event.type == f"delivery.{kind}"), None)

    def last(self, kind: str) -> datetime | None:
        return next((event.at for event in reversed(self.events) if event.type == f"delivery.{kind}"), None)

    @property
    def known_at(self) -> datetime:
        """From when on couriers could be asked: after the search began, and after a person had looked if one had to."""
        begun, taken = self.first("searching") or self.search_from, self.first("assigned")
        looked = [
            event.at
            for event in self.events
            if event.type == "delivery.attention_cleared"
            and event.reason in _BLOCKING
            and (taken is None or event.at <= taken)
        ]
        return max([begun, *looked])


@dataclass(frozen=True, slots=True)
class OfferRecord:
    """One offer and its answer."""

    courier_id: str
    delivery_ids: tuple[str, ...]
    state: str
    created_at: datetime
    answered_at: datetime | None


@dataclass(frozen=True, slots=True)
class Trace:
    """A time in which a courier's positions were recorded without a long gap."""

    courier_id: str
    since: datetime
    until: datetime


@dataclass(slots=True)
class _Run:
    """A courier in decision after decision."""

    seen: CourierSeen
    since: datetime
    last: datetime
    not_before: datetime | None  # they were not on duty then
    gone_at: datetime | None = None
    shift: list[tuple[datetime, datetime | None]] = field(default_factory=list)
    closed: list[tuple[datetime, str | None]] = field(default_factory=list)


class Sightings:
    """Who was on duty, from decision to decision."""

    def __init__(self) -> None:
        self._open: dict[str, _Run] = {}
        self._all: list[_Run] = []
        self._last: datetime | None = None

    def look(self, at: datetime, couriers: Sequence[CourierSeen]) -> list[CourierSeen]:
        """The next decision's couriers; returns those who were not there before."""
        couriers = [courier for courier in couriers if courier.journey is None]  # the model has no ways made anyway
        present = {courier.id for courier in couriers}
        for courier_id in [known for known in self._open if known not in present]:
            self._open.pop(courier_id).gone_at = at
        new = [courier for courier in couriers if courier.id not in self._open]
        for courier in new:
            self._open[courier.id] = _Run(courier, at, at, self._last)
            self._all.append(self._open[courier.id])
        for courier in couriers:
            run = self._open[courier.id]
            run.last = at
            if not run.shift or run.shift[-1][1] != courier.shift_ends:
                run.shift.append((at, courier.shift_ends))
            away = courier.closed if courier.closed in _AWAY else None
            if not run.closed or run.closed[-1][1] != away:
                run.closed.append((at, away))
        self._last = at
        return new

    def spells(self, traces: Iterable[Trace], ends: datetime) -> list[DayCourier]:
        """Everybody's times on duty."""
        by_courier: dict[str, list[Trace]] = defaultdict(list)
        for trace in traces:
            by_courier[trace.courier_id].append(trace)
        return [_on_duty(run, by_courier[run.seen.id], ends) for run in self._all]


def _on_duty(run: _Run, traces: Sequence[Trace], ends: datetime) -> DayCourier:
    traced = [trace for trace in traces if trace.since <= run.last and trace.until >= run.since]
    begins = min([run.since, *(trace.since for trace in traced)])
    if run.not_before is not None:
        begins = max(begins, run.not_before)
    until = max([run.last, *(trace.until for trace in traced)])
    shift_ends = run.shift[-1][1]
    if run.gone_at is not None:
        until = min(until, run.gone_at)
    else:
        # Still there at the last decision: the shift goes on as long as it was meant to.
        until = max(until, shift_ends or ends)
    away = [
        Spell(since, over, why)
        for (since, why), over in zip(run.closed, [*(at for at, _ in run.closed[1:]), until], strict=True)
        if why is not None and since < over
    ]
    seen = run.seen
    return DayCourier(
        id=seen.id,
        name=seen.name,
        vehicle=seen.vehicle,
        capacity_g=seen.capacity_g,
        capacity_l=seen.capacity_l,
        max_deliveries=seen.max_deliveries,
        skills=seen.skills,
        begins=begins,
        ends=until,
        place=seen.place,
        shift=tuple(run.shift),
        away=tuple(away),
        engagement=seen.engagement,
        employer_id=seen.employer_id,
    )


def frame(inputs: Inputs) -> Inputs:
    """The rules alone: inputs without what they were about."""
    bare = replace(inputs.snapshot, now=_NEVER, seed=0, deliveries=(), couriers=(), earlier={}, said={})
    return replace(inputs, snapshot=bare, tables=TravelTables((), ()))


class DayBook:
    """Gathers one day, decision by decision, and closes it as a `Day`."""

    def __init__(
        self,
        begins: datetime,
        ends: datetime,
        market_id: str,
        records: Sequence[DeliveryRecord],
        offers: Sequence[OfferRecord],
        traces: Sequence[Trace],
    ) -> None:
        self.begins, self.ends, self._market_id = begins, ends, market_id
        self.under_way = [one for one in records if one.legs and one.legs[0].created_at < begins]
        before = {one.id for one in self.under_way}
        self.records = [one for one in records if one.id not in before and one.known_at < ends]
        self.offers, self._traces = offers, traces
        stops = [place for one in (*self.records, *self.under_way) for place in (one.pickup, one.dropoff)]
        self.ways = DayWays(stops)
        self._sightings = Sightings()
        self._frames: list[tuple[datetime, Inputs]] = []
        self.decisions = 0
        self.couriers: list[DayCourier] = []

    def look(self, inputs: Inputs) -> None:
        """One recorded decision, in the order in which they were made."""
        self.decisions += 1
        rules = frame(inputs)
        if not self._frames or self._frames[-1][1] != rules:
            self._frames.append((inputs.snapshot.now, rules))
        for courier in self._sightings.look(inputs.snapshot.now, inputs.snapshot.couriers):
            self.ways.start_at(courier.place, VEHICLES[courier.vehicle].profile)
        self.ways.learn(inputs.tables)

    @property
    def rules_changed(self) -> int:
        """How often the operator's numbers changed; what is learned in passing changes all the time."""
        numbers = [(frame.policy, frame.snapshot.settings) for _, frame in self._frames]
        return sum(1 for one, other in pairwise(numbers) if one != other)

    def close(self) -> None:
        """All decisions were looked at: who was on duty is known, and from where they start."""
        self.couriers = self._couriers()

    def day(self, planner_every_s: int) -> Day:
        """The whole day; it is closed, and `ways` has an answer for every pair."""
        couriers = self.couriers
        doors = Habits.of(self.records, self.offers)
        known = tuple(self._delivery(one, doors) for one in self.records)
        paces = doors.paces(self.records, couriers, self.ways)
        everybody = median(list(paces.values())) if paces else 1.0
        timed = tuple(
            replace(c, pace=paces.get(c.id, everybody), answer_s=doors.answer_s.get(c.id, doors.usual_answer_s))
            for c in couriers
        )
        return Day(
            begins=self.begins,
            ends=self.ends,
            market_id=self._market_id,
            currency=self._frames[0][1].snapshot.settings.currency,
            deliveries=known,
            couriers=timed,
            answers=self._answers(),
            frames=tuple(self._frames),
            planner_every_s=planner_every_s,
        )

    def _couriers(self) -> list[DayCourier]:
        """On duty from when they had nothing left of the time before."""
        busy: dict[str, tuple[datetime, LatLon]] = {}
        for one in self.under_way:
            leg = one.legs[-1]
            until = leg.ended_at or self.ends
            if leg.courier_id not in busy or until > busy[leg.courier_id][0]:
                busy[leg.courier_id] = (until, one.dropoff)
        couriers = []
        for told in self._sightings.spells(self._traces, self.ends):
            until, place = busy.get(told.id, (self.begins, told.place))
            if told.begins >= until:
                couriers.append(told)
            elif told.ends > until:
                self.ways.start_at(place, VEHICLES[told.vehicle].profile)
                couriers.append(replace(told, begins=until, place=place))
        return sorted(couriers, key=lambda told: (told.begins, told.id))

    def _delivery(self, one: DeliveryRecord, habits: "Habits") -> DayDelivery:
        return DayDelivery(
            id=one.id,
            merchant_id=one.merchant_id,
            store_id=one.store_id,
            service_class=one.service_class,
            pickup=one.pickup,
            dropoff=one.dropoff,
            weight_g=one.weight_g,
            volume_l=one.volume_l,
            skills=one.skills,
            booked_at=one.created_at,
            known_at=max(one.known_at, self.begins),
            ready_at=one.ready_at,
            window_earliest=one.window_earliest,
            promised_by=one.promised_by,
            doors=habits.doors(one),
        )

    def _answers(self) -> Mapping[tuple[str, str], Sequence[Answer]]:
        """Every no and every silence, in order, for each courier and delivery."""
        answers: dict[tuple[str, str], list[Answer]] = defaultdict(list)
        for offer in sorted(self.offers, key=lambda offer: offer.created_at):
            if offer.state in ("declined", "expired") and offer.answered_at is not None:
                after_s = int((offer.answered_at - offer.created_at).total_seconds())
                for delivery_id in offer.delivery_ids:
                    answers[offer.courier_id, delivery_id].append(Answer(offer.state, max(0, after_s)))
        return dict(answers)


@dataclass(frozen=True, slots=True)
class Habits:
    """How long things usually took on the day, for what the record does not tell of a single delivery."""

    store_s: int
    door_s: int
    usual_answer_s: int
    answer_s: Mapping[str, int]

    @classmethod
    def of(cls, records: Sequence[DeliveryRecord], offers: Sequence[OfferRecord]) -> "Habits":
        answers: dict[str, list[float]] = defaultdict(list)
        for offer in offers:
            if offer.state == "accepted" and offer.answered_at is not None:
                answers[offer.courier_id].append((offer.answered_at - offer.created_at).total_seconds())
        said = [after_s for given in answers.values() for after_s in given]
        return cls(
            store_s=_usual([s for one in records if (s := _at_store_s(one)) is not None], 120),
            door_s=_usual([s for one in records if (s := _at_door_s(one)) is not None], 120),
            usual_answer_s=_usual(said, _USUAL_ANSWER_S),
            answer_s={courier_id: _usual(given, _USUAL_ANSWER_S) for courier_id, given in answers.items()},
        )

    def doors(self, one: DeliveryRecord) -> Doors:
        """What was longer at the store than usual was waiting for the parcel, which would have kept anybody waiting."""
        store_s, picked_up = _at_store_s(one), one.last("picked_up")
        parcel_at = one.ready_at
        if store_s is not None and picked_up is not None and store_s > self.store_s:
            parcel_at = max(parcel_at, picked_up - timedelta(seconds=self.store_s))
        door_s = _at_door_s(one)
        given_up = one.state == "cancelled" or (one.state == "failed" and picked_up is None)
        return Doors(
            parcel_at=parcel_at,
            store_s=self.store_s if store_s is None else min(store_s, self.store_s),
            door_s=self.door_s if door_s is None else door_s,
            comes_back=one.state in ("returning", "at_return", "returned") or (one.state == "failed" and not given_up),
            cancelled_at=one.ended_at if given_up else None,
        )

    @staticmethod
    def paces(records: Sequence[DeliveryRecord], couriers: Sequence[DayCourier], ways: DayWays) -> dict[str, float]:
        """By courier, the middle share that ways took of what the tables say; only ways without a stop in between."""
        profile_of = {courier.id: VEHICLES[courier.vehicle].profile for courier in couriers}
        stops = made_stops(records)
        shares: dict[str, list[float]] = defaultdict(list)
        for one in records:
            left, there = one.last("picked_up"), one.last("at_dropoff")
            courier_id = one.legs[-1].courier_id if one.legs else None
            if courier_id not in profile_of or left is None or there is None or there <= left:
                continue
            if any(left < at < there for at, _ in stops[courier_id]):
                continue
            told_s, _ = ways.way(profile_of[courier_id], one.pickup, one.dropoff)
            if told_s >= _SHORT_WAY_S:
                shares[courier_id].append((there - left).total_seconds() / told_s)
        return {who: min(2.0, max(0.5, median(s))) for who, s in shares.items() if len(s) >= _ENOUGH_WAYS}


def made_stops(records: Sequence[DeliveryRecord]) -> dict[str, list[tuple[datetime, LatLon]]]:
    """By courier, the stops that were made, in order."""
    stops: dict[str, list[tuple[datetime, LatLon]]] = defaultdict(list)
    for one in records:
        if not one.legs:
            continue
        courier_id = one.legs[-1].courier_id
        for kind, place in (("picked_up", one.pickup), ("delivered", one.dropoff), ("returned", one.pickup)):
            at = one.last(kind)
            if at is not None:
                stops[courier_id].append((at, place))
    return {courier_id: sorted(made) for courier_id, made in stops.items()}


def _at_store_s(one: DeliveryRecord) -> int | None:
    came, left = one.last("at_pickup"), one.last("picked_up")
    if came is None or left is None or left < came:
        return None
    return max(0, int((left - max(came, one.ready_at)).total_seconds()))


def _at_door_s(one: DeliveryRecord) -> int | None:
    came, left = one.last("at_dropoff"), one.last("delivered") or one.last("returning")
    if came is None or left is None or left < came:
        return None
    return int((left - came).total_seconds())


def _usual(values: Sequence[float], otherwise: int) -> int:
    return int(median(values)) if values else otherwise
