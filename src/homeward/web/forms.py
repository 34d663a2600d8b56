"""What a form shows again after a refusal: every input as typed, and each error at its field."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from homeward.kit.money import Money
from homeward.kit.places import LatLon
from homeward.kit.problems import FieldError, MalformedRequest, Problem
from homeward.web.languages import FALLBACK
from homeward.web.translation import ENGLISH, Speech

_AMOUNT: Final = re.compile(r"\d{1,6}(\.\d{1,3})?")


@dataclass(frozen=True, slots=True)
class Form:
    """Values by field name; `errors` by field name; `problem` for what belongs to no single field."""

    values: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    problem: str | None = None
    problem_title: str | None = None

    def value(self, name: str, otherwise: str = "") -> str:
        return self.values.get(name, otherwise)

    def ticked(self, name: str) -> bool:
        return self.values.get(name) in ("on", "true", "1", "yes")

    @property
    def refused(self) -> bool:
        return bool(self.errors or self.problem)


def refused_form(
    values: Mapping[str, str], problem: Problem, fields: Mapping[str, str] | None = None, *, say: Speech = ENGLISH
) -> Form:
    """The form with the problem in it, said by `say`.

    `fields` maps a JSON pointer of the request to the field that holds it; a pointer without an entry is looked up
    by its last part, and what still finds no field is told above the form.
    """
    if not isinstance(problem, MalformedRequest):
        detail = detail_in(problem, say)
        return Form(dict(values), {}, detail or say(problem.title), say(problem.title) if detail else None)
    errors: dict[str, str] = {}
    rest: list[str] = []
    for error in problem.errors:
        name = (fields or {}).get(error.pointer) or error.pointer.rsplit("/", 1)[-1]
        if name in values:
            errors[name] = say(error.message)
        else:
            rest.append(f"{error.pointer.strip('/')}: {say(error.message)}")
    return Form(dict(values), errors, "; ".join(rest) or None)


def detail_in(problem: Problem, say: Speech) -> str | None:
    """The particulars of a refusal. They are composed in English: in other languages the title has to do."""
    if isinstance(problem, MalformedRequest):
        return "; ".join(say(error.message) for error in problem.errors)
    return problem.detail() if say.code == FALLBACK else None


@dataclass(frozen=True, slots=True)
class Pick:
    """One of several places that an address may mean, as a button that carries its pin."""

    label: str
    value: str


def pick_of(label: str, place: LatLon) -> Pick:
    return Pick(label, f"{place.lat:.6f};{place.lon:.6f};{label}")


def with_pick(values: Mapping[str, str]) -> dict[str, str]:
    """The form's values after such a button: its address and pin in place of what was typed."""
    kept = {name: value for name, value in values.items() if name != "pick"}
    lat, _, rest = values.get("pick", "").partition(";")
    lon, _, label = rest.partition(";")
    return kept | {"lat": lat, "lon": lon, "address": label} if label else kept


def tip_of(text: str, currency: str) -> Money | None:
    """An amount in whole units, such as 3 or 2.50; None if nothing was typed."""
    typed = text.strip().replace(",", ".")
    if not typed:
        return None
    if not _AMOUNT.fullmatch(typed):
        raise MalformedRequest([FieldError("/tip", "bad-amount", f"give the tip in {currency}, such as 2.50")])
    return Money(round(float(typed) * 10 ** Money(0, currency).exponent), currency)
