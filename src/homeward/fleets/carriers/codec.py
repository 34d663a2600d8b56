"""Rules, decisions and quotes as the JSON that is stored, and back."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Final

from pydantic import TypeAdapter

from homeward.fleets.carriers.contract import CarrierQuote
from homeward.fleets.carriers.model import Choice, HandOut, Inputs, Rules

_INPUTS: Final = TypeAdapter(Inputs)
_QUOTE: Final = TypeAdapter(CarrierQuote)
_RULES: Final = TypeAdapter(Rules)
_CHOICE: Final[TypeAdapter[Choice]] = TypeAdapter(Choice)


def inputs_json(inputs: Inputs) -> Any:
    return _INPUTS.dump_python(inputs, mode="json")


def inputs_from(body: Any) -> Inputs:
    return _INPUTS.validate_python(body)


def quote_json(quote: CarrierQuote) -> dict[str, Any]:
    return dict(_QUOTE.dump_python(quote, mode="json"))


def quote_from(body: Mapping[str, Any]) -> CarrierQuote:
    return _QUOTE.validate_python(dict(body))


def rules_json(rules: Rules) -> dict[str, Any]:
    return dict(_RULES.dump_python(rules, mode="json"))


def rules_from(body: Mapping[str, Any] | None) -> Rules:
    """Unknown names are left out, so that an older release runs on newer rules."""
    known = {f.name for f in fields(Rules)}
    return _RULES.validate_python({name: value for name, value in (body or {}).items() if name in known})


def choice_json(choice: Choice) -> dict[str, Any]:
    """With `choice`: 'hand_out' or 'keep'."""
    body = dict(_CHOICE.dump_python(choice, mode="json"))
    return {"choice": "hand_out" if isinstance(choice, HandOut) else "keep", **body}
