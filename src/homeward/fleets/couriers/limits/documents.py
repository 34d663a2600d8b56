"""Wishes as stored JSON. What a courier has never said is not stored."""

from collections.abc import Mapping
from typing import Any, Final

from pydantic import TypeAdapter

from homeward.fleets.couriers.limits.model import OwnLimits, Wishes

_LIMITS: Final = TypeAdapter(OwnLimits)
_NOTHING: Final = Wishes()


def wishes_json(wishes: Wishes) -> dict[str, Any]:
    """Without the break, which has a column of its own."""
    return {"limits": _LIMITS.dump_python(wishes.limits, mode="json"), "hours": dict(wishes.hours)}


def wishes_from(document: Mapping[str, Any]) -> Wishes:
    if not document:
        return _NOTHING
    return Wishes(_LIMITS.validate_python(document["limits"]), document["hours"])
