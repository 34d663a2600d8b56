"""Our schemas catch what they are there for: each planted mistake is found."""

from copy import deepcopy
from typing import Any

import pytest

from tests.fleets.city_reports.schema import EVENT, STATUS, TRIP, VEHICLE, Schema, wrong_in

ONE = "5a7c3b52-5a2b-5f0e-8d5a-2f6f3b1b8c27"
AT = 1_795_000_000_000
WHOSE: dict[str, Any] = {"provider_id": ONE, "device_id": ONE}
PLACE = {"lat": 44.0, "lng": -73.0}
GOOD: dict[str, tuple[Schema, dict[str, Any]]] = {
    "vehicle": (
        VEHICLE,
        {**WHOSE, "vehicle_id": "B 3", "vehicle_type": "delivery_robot", "propulsion_types": ["electric"]},
    ),
    "event": (
        EVENT,
        {
            **WHOSE,
            "event_id": ONE,
            "vehicle_state": "on_trip",
            "event_types": ["trip_start"],
            "timestamp": AT,
            "location": PLACE,
            "trip_ids": [ONE],
        },
    ),
    "trip": (
        TRIP,
        {
            **WHOSE,
            "trip_id": ONE,
            "trip_type": "delivery",
            "start_time": AT,
            "end_time": AT,
            "start_location": PLACE,
            "end_location": PLACE,
            "duration": 0,
            "distance": 0,
        },
    ),
}
TELEMETRY = {**WHOSE, "telemetry_id": ONE, "timestamp": AT, "trip_ids": None, "journey_id": None, "location": PLACE}
GOOD["status"] = (STATUS, {**WHOSE, "last_event": GOOD["event"][1], "last_telemetry": TELEMETRY})


@pytest.mark.parametrize("kind", GOOD)
def test_what_is_right_passes(kind: str) -> None:
    schema, body = GOOD[kind]
    assert wrong_in(schema, body) == []


@pytest.mark.parametrize("kind", GOOD)
def test_every_required_field_is_missed_and_every_unknown_one_noticed(kind: str) -> None:
    schema, body = GOOD[kind]
    for name in schema["required"]:
        assert wrong_in(schema, {key: value for key, value in body.items() if key != name}), name
    assert wrong_in(schema, {**body, "order_id": "dlv_1"})


@pytest.mark.parametrize(
    ("kind", "planted"),
    [
        ("vehicle", {"vehicle_type": "robot"}),
        ("vehicle", {"propulsion_types": []}),
        ("vehicle", {"device_id": "mac_1"}),
        ("event", {"vehicle_state": "idle"}),
        ("event", {"event_types": ["reserve"]}),
        ("event", {"timestamp": "2026-11-23T12:00:00Z"}),
        ("event", {"timestamp": AT // 1_000}),
        ("event", {"location": {"lat": 44.0, "lon": -73.0}}),
        ("trip", {"distance": 1.5}),
        ("trip", {"duration": -1}),
        ("trip", {"trip_type": "outward"}),
        ("trip", {"end_location": {"lat": 94.0, "lng": 0}}),
        ("status", {"last_telemetry": {**TELEMETRY, "trip_ids": []}}),
    ],
)
def test_a_planted_mistake_is_found(kind: str, planted: dict[str, Any]) -> None:
    schema, body = GOOD[kind]
    assert wrong_in(schema, {**deepcopy(body), **planted})


def test_an_event_of_a_trip_must_name_it() -> None:
    schema, body = GOOD["event"]
    nameless = {key: value for key, value in body.items() if key != "trip_ids"}
    assert wrong_in(schema, nameless)
    assert wrong_in(schema, {**nameless, "vehicle_state": "unknown", "event_types": ["comms_lost"]}) == []
