"""Inputs and outcomes as stored values. What is unpacked equals what was packed: replay depends on it. Pure."""

import zlib
from typing import Any, Final

from pydantic import TypeAdapter

from homeward.dispatch.model import Considered, Inputs, Outcome, Ruling, WaitAt

_INPUTS: Final = TypeAdapter(Inputs)
_OUTCOME: Final = TypeAdapter(Outcome)
_WAIT_AT: Final = TypeAdapter(WaitAt)
_RULINGS: Final = TypeAdapter(tuple[Ruling, ...])


def pack_inputs(inputs: Inputs) -> bytes:
    """Zlib-packed JSON: enough to make the decision again."""
    # Level 1: tables of numbers shrink nearly as well, in a third of the time.
    return zlib.compress(_INPUTS.dump_json(inputs), level=1)


def unpack_inputs(packed: bytes) -> Inputs:
    return _INPUTS.validate_json(zlib.decompress(packed))


def outcome_json(outcome: Outcome) -> dict[str, Any]:
    """As stored and compared. The rulings are stored with each delivery and not twice."""
    body: dict[str, Any] = _OUTCOME.dump_python(outcome, mode="json", exclude={"considered": {"__all__": {"rulings"}}})
    return body


def wait_at_from(body: Any) -> WaitAt:
    return _WAIT_AT.validate_python(body)


def rulings_json(considered: Considered) -> list[dict[str, Any]]:
    body: list[dict[str, Any]] = _RULINGS.dump_python(considered.rulings, mode="json", exclude_defaults=True)
    return body


def rulings_from(body: Any) -> tuple[Ruling, ...]:
    return _RULINGS.validate_python(body)
