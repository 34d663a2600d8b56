"""JSON schemas of the answers, written by us from the specification's field lists.

Source: Open Mobility Foundation, MDS 2.0: data-types.md (commit 00c05fb), modes/delivery-robots.md (commit 0023ddf).
"""

from typing import Any, Final

from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

Schema = dict[str, Any]

UUID: Final[Schema] = {"type": "string", "pattern": "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"}
MOMENT: Final[Schema] = {"type": "integer", "minimum": 1_500_000_000_000, "maximum": 4_000_000_000_000}
STATES: Final = ["removed", "available", "non_operational", "reserved", "on_trip", "stopped", "elsewhere", "unknown"]
EVENT_TYPES: Final = [
    "agency_drop_off",
    "agency_pick_up",
    "battery_charged",
    "battery_low",
    "comms_lost",
    "comms_restored",
    "compliance_pick_up",
    "decommissioned",
    "located",
    "maintenance",
    "maintenance_pick_up",
    "missing",
    "off_hours",
    "on_hours",
    "driver_cancellation",
    "order_drop_off",
    "order_pick_up",
    "decommission",
    "maintenance_end",
    "maintenance_start",
    "customer_cancellation",
    "provider_cancellation",
    "recommission",
    "reservation_cancel",
    "reservation_start",
    "service_end",
    "service_start",
    "trip_cancel",
    "trip_end",
    "trip_enter_jurisdiction",
    "trip_leave_jurisdiction",
    "trip_resume",
    "trip_start",
    "trip_stop",
    "unspecified",
]
VEHICLE_TYPES: Final = [
    "bicycle",
    "bus",
    "cargo_bicycle",
    "car",
    "delivery_robot",
    "moped",
    "motorcycle",
    "scooter_standing",
    "scooter_seated",
    "truck",
    "other",
]
PROPULSION: Final = [
    "human",
    "electric_assist",
    "electric",
    "combustion",
    "combustion_diesel",
    "hybrid",
    "hydrogen_fuel_cell",
    "plug_in_hybrid",
]
WITH_TRIP: Final = ["reservation_start", "trip_stop", "trip_start", "trip_end", "customer_cancellation"]


def record(required: Schema, optional: Schema | None = None) -> Schema:
    """All of `required`, some of `optional`, nothing else."""
    return {
        "type": "object",
        "properties": {**required, **(optional or {})},
        "required": list(required),
        "additionalProperties": False,
    }


def an_array(of: Schema, least: int = 0) -> Schema:
    return {"type": "array", "items": of, "minItems": least}


def or_null(one: Schema) -> Schema:
    return {"anyOf": [one, {"type": "null"}]}


GPS: Final = record(
    {
        "lat": {"type": "number", "minimum": -90, "maximum": 90},
        "lng": {"type": "number", "minimum": -180, "maximum": 180},
    },
    {"heading": {"type": "number", "minimum": 0, "exclusiveMaximum": 360}},
)
WHOSE: Final[Schema] = {"provider_id": UUID, "device_id": UUID}
VEHICLE: Final = record(
    {
        **WHOSE,
        "vehicle_id": {"type": "string", "minLength": 1},
        "vehicle_type": {"enum": VEHICLE_TYPES},
        "propulsion_types": an_array({"enum": PROPULSION}, 1),
    },
    {"vehicle_attributes": record({}, {"make": {"type": "string"}, "model": {"type": "string"}})},
)
EVENT: Final = {
    **record(
        {
            **WHOSE,
            "event_id": UUID,
            "vehicle_state": {"enum": STATES},
            "event_types": an_array({"enum": EVENT_TYPES}, 1),
            "timestamp": MOMENT,
            "location": GPS,
        },
        {"publication_time": MOMENT, "trip_ids": an_array(UUID, 1)},
    ),
    "if": {"properties": {"event_types": {"contains": {"enum": WITH_TRIP}}}},
    "then": {"required": ["trip_ids"]},
}
TELEMETRY: Final = record(
    {
        **WHOSE,
        "telemetry_id": UUID,
        "timestamp": MOMENT,
        "trip_ids": or_null(an_array(UUID, 1)),
        "journey_id": or_null(UUID),
        "location": GPS,
    }
)
STATUS: Final = record({**WHOSE, "last_event": EVENT, "last_telemetry": TELEMETRY})
TRIP: Final = record(
    {
        **WHOSE,
        "trip_id": UUID,
        "start_time": MOMENT,
        "end_time": MOMENT,
        "start_location": GPS,
        "end_location": GPS,
        "duration": {"type": "integer", "minimum": 0},
        "distance": {"type": "integer", "minimum": 0},
    },
    {
        "journey_id": UUID,
        "trip_type": {"enum": ["delivery", "return", "roaming", "advertising"]},
        "publication_time": MOMENT,
    },
)
LINK: Final = or_null({"type": "string", "pattern": "^https?://"})
LINKS: Final = record(dict.fromkeys(("first", "last", "prev", "next"), LINK))
ITEMS: Final = {"vehicles": VEHICLE, "vehicles_status": STATUS, "trips": TRIP, "events": EVENT}
ERROR: Final = record(
    {"error": {"type": "string"}, "error_description": {"type": "string"}},
    {"error_details": an_array({"type": "string"})},
)


def answer_of(name: str) -> Schema:
    return record(
        {
            "version": {"const": "2.0.0"},
            "last_updated": MOMENT,
            "ttl": {"type": "integer", "minimum": 0},
            name: an_array(ITEMS[name]),
        },
        {"links": LINKS},
    )


def wrong_in(schema: Schema, body: Any) -> list[str]:
    return [f"{list(each.absolute_path)}: {each.message}" for each in Draft202012Validator(schema).iter_errors(body)]
