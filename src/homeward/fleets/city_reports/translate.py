"""From a machine's log to the state machine that cities know. Pure: the same log gives the same story."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import pairwise, takewhile
from typing import Final

from homeward.fleets.autonomous.model import Logged
from homeward.fleets.city_reports.model import Change, Stops, Story, Trip, trip_key
from homeward.fleets.city_reports.words import (
    AT_DOOR,
    AT_STORE,
    CAUSE_OF_LEG,
    LEGAL,
    STATE_OF_LEG,
    TRIP_OF_LEG,
    EventType,
    TripType,
)
from homeward.fleets.contract.words import ENDED, EventKind, HoldKind, LegState, VehicleState
from homeward.kit.places import LatLon, great_circle_m

_S = VehicleState
_BUSY: Final = frozenset({_S.RESERVED, _S.ON_TRIP, _S.STOPPED})


def story_of(
    machine_id: str, begins: VehicleState, log: Sequence[Logged], stops: Mapping[str, Stops], seen: LatLon | None
) -> Story:
    """What became of one machine.

    Parameters
    ----------
    machine_id
        Our name for it.
    begins
        Its state before the first entry. A busy one counts as available: no leg is older than the log is read back.
    log
        Its entries, in the order in which they happened.
    stops
        By the reference of a leg; legs without are told without places of their own.
    seen
        Where it is now, for a machine of which no place was recorded.
    """
    telling = _Telling(machine_id, _S.AVAILABLE if begins in _BUSY else begins, stops, said=begins)
    for entry in log:
        telling.hear(entry)
    changes = _placed(telling.changes, seen)
    return Story(changes, tuple(telling.trips), tuple(each.key for each in telling.open.values()))


def way(begins: VehicleState, ends: VehicleState) -> Sequence[VehicleState]:
    """The shortest legal way from one state to another, without the first; never through `unknown`."""
    ways: list[list[VehicleState]] = [[begins]]
    known = {begins}
    for path in ways:
        if path[-1] is ends:
            return path[1:]
        for state in VehicleState:
            by_the_way = state is _S.UNKNOWN and ends is not _S.UNKNOWN
            if (path[-1], state) in LEGAL and state not in known and not by_the_way:
                known.add(state)
                ways.append([*path, state])
    raise AssertionError(f"nothing leads from {begins} to {ends}")


@dataclass(slots=True)
class _Open:
    """A trip under way."""

    journey_key: str
    type: TripType
    started_at: datetime
    start: LatLon | None
    path: list[LatLon] = field(default_factory=list)

    @property
    def key(self) -> str:
        return trip_key(self.journey_key, self.type)


@dataclass(slots=True)
class _Telling:
    """What is known of the machine between one entry and the next."""

    machine_id: str
    state: VehicleState
    stops: Mapping[str, Stops]
    changes: list[Change] = field(default_factory=list)
    trips: list[Trip] = field(default_factory=list)
    open: dict[str, _Open] = field(default_factory=dict)
    legs: set[str] = field(default_factory=set)
    place: LatLon | None = None
    before: VehicleState = _S.AVAILABLE
    said: VehicleState = _S.AVAILABLE

    def hear(self, entry: Logged) -> None:
        event = entry.event
        self._move_to(self._place_of(entry))
        match event.kind:
            case EventKind.LEG_MOVED:
                assert event.state is not None
                assert event.reference is not None
                self._found(entry)
                self._leg_moves(entry, event.reference, event.state)
            case EventKind.LEG_HELD if event.hold and event.hold.kind is HoldKind.CONTACT_LOST:
                self._lose(entry)
            case EventKind.LEG_FREED:
                self._found(entry)
            case EventKind.VEHICLE_CHANGED:
                assert event.vehicle_state is not None
                self._vehicle_says(entry, event.vehicle_state)
            case _:
                pass

    # ── where it is ──

    def _place_of(self, entry: Logged) -> LatLon | None:
        event = entry.event
        if event.place:
            return LatLon(event.place.lat, event.place.lon)
        at = self.stops.get(event.reference or "")
        if at and event.kind is EventKind.LEG_MOVED and event.state in AT_STORE:
            return at.store
        return at.door if at and event.kind is EventKind.LEG_MOVED and event.state in AT_DOOR else None

    def _move_to(self, place: LatLon | None) -> None:
        if place is None:
            return
        self.place = place
        for trip in self.open.values():
            trip.path.append(place)

    # ── contact ──

    def _lose(self, entry: Logged) -> None:
        if self.state is not _S.UNKNOWN:
            self.before = self.state
            self._go(entry, _S.UNKNOWN)

    def _found(self, entry: Logged) -> None:
        if self.state is _S.UNKNOWN:
            self._go(entry, self.before)

    def _vehicle_says(self, entry: Logged, said: VehicleState) -> None:
        """What it says of itself counts while it carries nothing of ours; else its legs tell more."""
        if said is _S.UNKNOWN:
            self._lose(entry)
            return
        self._found(entry)
        self.said = said
        if not self.legs and said not in _BUSY:
            self._go(entry, said)
        elif said is _S.NON_OPERATIONAL and self.state is _S.ON_TRIP:
            self._go(entry, _S.STOPPED)

    # ── legs ──

    def _leg_moves(self, entry: Logged, reference: str, state: LegState) -> None:
        if state in ENDED:
            self._leg_ends(entry, reference, state)
            return
        self.legs.add(reference)
        if state in TRIP_OF_LEG:
            self._sets_out(entry, reference, TRIP_OF_LEG[state])
        else:
            self._go(entry, STATE_OF_LEG[state], CAUSE_OF_LEG.get(state), trips=self._trips(reference))

    def _sets_out(self, entry: Logged, reference: str, of_type: TripType) -> None:
        before = self.open.get(reference)
        if before and before.type is of_type:
            self._go(entry, _S.ON_TRIP, EventType.TRIP_RESUME, trips=(before.key,))
            return
        # Whoever turns around on the way stops first: no trip begins while another goes on.
        self._go(entry, _S.STOPPED, trips=self._trips(reference))
        if before:
            self._close(entry, reference)
        begun = _Open(reference, of_type, entry.event.at, self._start(reference, of_type))
        self.open[reference] = begun
        ended = (EventType.TRIP_END,) if before else ()
        trips = (before.key, begun.key) if before else (begun.key,)
        self._go(entry, _S.ON_TRIP, EventType.TRIP_START, trips=trips, also=ended)

    def _start(self, reference: str, of_type: TripType) -> LatLon | None:
        at = self.stops.get(reference)
        if at and of_type is TripType.DELIVERY:
            return at.store
        return self.place or (at.door if at else None)

    def _leg_ends(self, entry: Logged, reference: str, state: LegState) -> None:
        self.legs.discard(reference)
        trips = self._trips(reference)
        carried = reference in self.open
        if carried:
            self._close(entry, reference)
        if self.legs or self.state not in _BUSY:
            return
        none = CAUSE_OF_LEG.get(state, EventType.PROVIDER_CANCELLATION)
        self._go(entry, _S.AVAILABLE, EventType.TRIP_END if carried else none, trips=trips)
        if self.said in (_S.NON_OPERATIONAL, _S.REMOVED):
            self._go(entry, self.said)

    def _close(self, entry: Logged, reference: str) -> None:
        trip = self.open.pop(reference)
        start = trip.start or (trip.path[0] if trip.path else self.place)
        if start is None:
            return  # nobody recorded a place: what cannot be told whole is not told
        points = [start, *trip.path]
        metres = sum(great_circle_m(a, b) for a, b in pairwise(points))
        self.trips.append(
            Trip(
                self.machine_id,
                trip.journey_key,
                trip.type,
                trip.started_at,
                entry.event.at,
                entry.received_at,
                start,
                points[-1],
                round(metres),
            )
        )

    def _trips(self, reference: str) -> tuple[str, ...]:
        trip = self.open.get(reference)
        return (trip.key if trip else trip_key(reference, TripType.DELIVERY),)

    # ── the state machine ──

    def _go(
        self,
        entry: Logged,
        ends: VehicleState,
        cause: EventType | None = None,
        *,
        trips: tuple[str, ...] = (),
        also: tuple[EventType, ...] = (),
    ) -> None:
        """By legal steps; those that the log left out are told at the same moment, each with its usual cause."""
        for state in way(self.state, ends):
            causes = LEGAL[self.state, state]
            last = state is ends
            told = cause if last and cause in causes and cause is not None else causes[0]
            key = f"{_key(entry)}{self._told_of(entry)}"
            concerned = trips or tuple(each.key for each in self.open.values())
            self.changes.append(
                Change(
                    self.machine_id,
                    key,
                    state,
                    (*also, told) if last else (told,),
                    entry.event.at,
                    entry.received_at,
                    self.place,
                    concerned,
                )
            )
            self.state = state

    def _told_of(self, entry: Logged) -> int:
        """How many changes this entry has made already."""
        start = _key(entry)
        return sum(1 for _ in takewhile(lambda each: each.key.startswith(start), reversed(self.changes)))


def _key(entry: Logged) -> str:
    return f"{entry.fleet_id}/{entry.event.number}/"


def _placed(changes: Sequence[Change], seen: LatLon | None) -> tuple[Change, ...]:
    """Where it was before any place was recorded: at the next one that was. Without any, it is not told."""
    first = next((each.place for each in changes if each.place), seen)
    return tuple(replace(each, place=each.place or first) for each in changes if each.place or first)
