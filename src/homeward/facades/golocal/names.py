"""The words of the dialect, read once from names.toml. The code asks for a word by our name for it."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class FieldName:
    """One thing that a request may say. `paths` are tried in order; `missing` and the like are our names of codes."""

    name: str
    paths: tuple[str, ...]
    kind: str
    mark: str
    values: Mapping[str, str]
    missing: str
    invalid: str
    above: str
    least: float | None
    most: float | None
    above_zero: bool

    @property
    def wire(self) -> str:
        """The path as errors and the published description name it."""
        return self.paths[0]


@dataclass(frozen=True, slots=True)
class Takes:
    """What one operation takes. `wrapper` is empty where the body itself is the object."""

    wrapper: str
    required: tuple[str, ...]
    optional: tuple[str, ...]

    @property
    def all(self) -> tuple[str, ...]:
        return (*self.required, *self.optional)


@dataclass(frozen=True, slots=True)
class Size:
    """A class of orders: their limits, and how such an order is packed here. Without `parcel` it is not carried."""

    volume_cuft: float
    weight_lb: float
    side_in: float
    package_lb: float
    parcel: str
    assumed_weight_lb: float
    items: int | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """How a refusal is told: the name of its code, and the field it is about."""

    code: str
    field: str


@dataclass(frozen=True, slots=True)
class Names:
    """The whole file. Members that are plain tables of words keep their names from there."""

    fields: Mapping[str, FieldName]
    takes: Mapping[str, Takes]
    sizes: Mapping[str, Size]
    refusals: Mapping[str, Refused]
    items: Mapping[str, list[str]]
    reasons: Mapping[str, list[str]]
    defaults: Mapping[str, Any]
    locks: Mapping[str, list[str]]
    statuses: Mapping[str, str]
    statuses_of_events: Mapping[str, str]
    cancel_reasons: Mapping[str, str]
    return_reasons: Mapping[str, str]
    tip_statuses: Mapping[str, str]
    simulator: Mapping[str, Mapping[str, str]]
    answers: Mapping[str, str]
    errors: Mapping[str, str]
    codes: Mapping[str, str]

    def answer(self, name: str) -> str:
        """A member of an answer: as the file says, else our name in camel case."""
        return self.answers.get(name) or _camel(name)

    def value_of(self, field: str, ours: str) -> str | None:
        """Their word for ours, where a field is a choice; None if they have none."""
        return next((theirs for theirs, mine in self.fields[field].values.items() if mine == ours), None)


def names_from(text: str) -> Names:
    """Raises KeyError or TypeError at the start of the process if the file lacks something: never later."""
    said = tomllib.loads(text)
    fields = {name: _field(name, entry) for name, entry in said.pop("fields").items()}
    takes = {
        name: Takes(entry.get("wrapper", ""), tuple(entry["required"]), tuple(entry["optional"]))
        for name, entry in said.pop("takes").items()
    }
    unknown = {name for each in takes.values() for name in each.all} - fields.keys()
    if unknown:
        raise KeyError(f"no such fields: {sorted(unknown)}")
    sizes = {name: Size(**entry) for name, entry in said.pop("sizes").items()}
    refusals = {slug: Refused(*entry) for slug, entry in said.pop("refusals").items()}
    return Names(fields=fields, takes=takes, sizes=sizes, refusals=refusals, **said)


def _field(name: str, entry: Mapping[str, Any]) -> FieldName:
    return FieldName(
        name=name,
        paths=tuple(entry["paths"]),
        kind=entry["kind"],
        mark=entry["mark"],
        values=entry.get("values", {}),
        missing=entry.get("missing", "missing"),
        invalid=entry.get("invalid", "invalid"),
        above=entry.get("above", entry.get("invalid", "invalid")),
        least=entry.get("least"),
        most=entry.get("most"),
        above_zero=entry.get("above_zero", False),
    )


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


NAMES: Final = names_from(resources.files(__package__).joinpath("names.toml").read_text("utf-8"))
