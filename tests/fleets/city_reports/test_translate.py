"""Whatever a log tells, in whatever order, cities get legal transitions and whole trips."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from homeward.fleets.autonomous.model import Logged
from homeward.fleets.city_reports.model import Change, Stops
from homeward.fleets.city_reports.render import event_body, trip_body
from homeward.fleets.city_reports.translate import story_of, way
from homeward.fleets.city_reports.words import LEGAL, EventType, TripType
from homeward.fleets.contract.legs import Hold
from homeward.fleets.contract.news import Event
from homeward.fleets.contract.words import LEADS_TO, Driving, EventKind, HoldKind, LegState, VehicleState
from homeward.kit.places import LatLon
from tests.fleets.city_reports.schema import EVENT, TRIP, wrong_in

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
STORE, DOOR = LatLon(44.0, -73.0), LatLon(44.008, -72.9985)
STOPS = {"mlg_1": Stops(STORE, DOOR), "mlg_2": Stops(STORE, DOOR)}
PROVIDER = UUID("5a7c3b52-5a2b-5f0e-8d5a-2f6f3b1b8c27")
BUSY = (VehicleState.RESERVED, VehicleState.ON_TRIP, VehicleState.STOPPED)


def moved(number: int, state: LegState, reference: str = "mlg_1", seconds: int | None = None) -> Logged:
    return _logged(number, EventKind.LEG_MOVED, seconds, reference=reference, state=state, previous=state, leg_id="L-1")


def _logged(number: int, kind: EventKind, seconds: int | None = None, **more: object) -> Logged:
    at = NOON + timedelta(seconds=number * 10 if seconds is None else seconds)
    body = {"number": number, "kind": kind, "at": at, "recorded_at": at, "vehicle_id": "v-1", **more}
    return Logged("mac_1", "flt_1", at, Event.model_validate(body))


def told(states: Sequence[LegState], begins: VehicleState = VehicleState.AVAILABLE) -> list[list[str]]:
    log = [moved(number, state) for number, state in enumerate(states, 1)]
    return [list(change.causes) for change in story_of("mac_1", begins, log, STOPS, STORE).changes]


@st.composite
def lives(draw: st.DrawFn) -> list[Logged]:
    """Legs that live by the contract, with what vehicles say in between; some of it lost, some of it late."""
    log: list[Logged] = []
    for reference in ("mlg_1", "mlg_2"):
        state = LegState.COMMITTED
        for _ in range(draw(st.integers(0, 14))):
            log.append(moved(len(log) + 1, state, reference))
            if draw(st.booleans()):
                log.append(draw(_words(len(log) + 1, reference)))
            if not LEADS_TO[state]:
                break
            state = draw(st.sampled_from(sorted(LEADS_TO[state])))
    kept = [entry for entry in log if draw(st.integers(0, 9))]
    return draw(st.permutations(kept)) if draw(st.integers(0, 4)) == 0 else kept


def _words(number: int, reference: str) -> st.SearchStrategy[Logged]:
    lost = Hold(kind=HoldKind.CONTACT_LOST, since=NOON)
    said = st.sampled_from(list(VehicleState)).map(
        lambda state: _logged(number, EventKind.VEHICLE_CHANGED, vehicle_state=state, driving=Driving.AUTONOMOUS)
    )
    return st.one_of(
        said,
        st.just(_logged(number, EventKind.LEG_HELD, reference=reference, leg_id="L-1", hold=lost)),
        st.just(_logged(number, EventKind.LEG_FREED, reference=reference, leg_id="L-1")),
    )


@given(lives(), st.sampled_from(list(VehicleState)))
def test_whatever_a_log_tells_transitions_are_legal_and_trips_end_after_they_began(
    log: list[Logged], begins: VehicleState
) -> None:
    # The order of what happened is what a log is read in; late entries carry their own time.
    log = sorted(log, key=lambda entry: (entry.event.at, entry.event.number))
    story = story_of("mac_1", begins, log, STOPS, DOOR)
    state = VehicleState.AVAILABLE if begins in BUSY else begins
    for change in story.changes:
        assert change.causes[-1] in LEGAL[state, change.state]
        state = change.state
        assert wrong_in(EVENT, event_body(PROVIDER, change)) == []
    assert all(one.at <= other.at for one, other in pairwise(story.changes))
    assert len({change.key for change in story.changes}) == len(story.changes)
    for trip in story.trips:
        assert trip.started_at <= trip.ended_at
        assert wrong_in(TRIP, trip_body(PROVIDER, trip)) == []


@given(lives())
def test_the_same_log_gives_the_same_story(log: list[Logged]) -> None:
    begins = VehicleState.AVAILABLE
    assert story_of("mac_1", begins, log, STOPS, DOOR) == story_of("mac_1", begins, log, STOPS, DOOR)


def test_every_state_can_be_reached_from_every_other() -> None:
    for begins in VehicleState:
        for ends in VehicleState:
            steps = [begins, *way(begins, ends)]
            assert all(step in LEGAL for step in pairwise(steps)), steps


def test_a_fleet_that_takes_the_leg_back_and_a_merchant_who_cancels_are_told_apart() -> None:
    assert told([LegState.TO_PICKUP, LegState.REFUSED]) == [["reservation_start"], ["provider_cancellation"]]
    assert told([LegState.TO_PICKUP, LegState.CANCELLED]) == [["reservation_start"], ["customer_cancellation"]]


def test_what_the_log_left_out_is_told_with_its_usual_cause() -> None:
    assert told([LegState.TO_DROPOFF]) == [["reservation_start"], ["trip_stop"], ["trip_start"]]


def test_turning_around_ends_one_trip_and_begins_the_next() -> None:
    log = [moved(1, LegState.TO_DROPOFF), moved(2, LegState.AT_DROPOFF), moved(3, LegState.RETURNING)]
    log.append(moved(4, LegState.RETURNED))
    story = story_of("mac_1", VehicleState.AVAILABLE, log, STOPS, None)
    assert [trip.type for trip in story.trips] == [TripType.DELIVERY, TripType.RETURN]
    assert [(trip.start, trip.end) for trip in story.trips] == [(STORE, DOOR), (DOOR, STORE)]
    turned = _with(story.changes, EventType.TRIP_END)[0]
    assert turned.causes == (EventType.TRIP_END, EventType.TRIP_START)
    assert len(turned.trip_keys) == 2


def test_out_of_contact_and_back_it_is_where_it_was() -> None:
    lost = Hold(kind=HoldKind.CONTACT_LOST, since=NOON)
    log = [
        moved(1, LegState.TO_DROPOFF),
        _logged(2, EventKind.LEG_HELD, reference="mlg_1", leg_id="L-1", hold=lost),
        moved(3, LegState.AT_DROPOFF),
    ]
    changes = story_of("mac_1", VehicleState.AVAILABLE, log, STOPS, None).changes
    assert [str(change.state) for change in changes[-3:]] == ["unknown", "on_trip", "stopped"]


def _with(changes: Sequence[Change], cause: EventType) -> list[Change]:
    return [change for change in changes if cause in change.causes]
