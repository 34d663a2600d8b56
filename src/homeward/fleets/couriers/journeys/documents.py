"""A journey as stored JSON."""

from typing import Any, Final

from pydantic import TypeAdapter

from homeward.fleets.couriers.journeys.model import Journey

_JOURNEY: Final = TypeAdapter(Journey)


def journey_json(journey: Journey) -> dict[str, Any]:
    body: dict[str, Any] = _JOURNEY.dump_python(journey, mode="json")
    return body


def journey_from(document: Any) -> Journey | None:
    return None if document is None else _JOURNEY.validate_python(document)
