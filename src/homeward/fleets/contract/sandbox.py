"""What a sandbox does besides, so that a whole life can be tried in seconds: time, people and mishaps on call."""

from enum import StrEnum
from typing import Any, Self

from pydantic import Field, model_validator

from homeward.fleets.contract.facts import Id, Part, Weather
from homeward.fleets.contract.words import IncidentKind
from homeward.kit.hours_json import check_hours


class Advance(Part):
    """Let the sandbox's own time go on; everything that falls due within it happens, in order."""

    seconds: int = Field(ge=1, le=86_400)


class PersonAct(StrEnum):
    """What the person at a stop does, with the compartment standing open."""

    PUT_IN = "put_in"
    TAKE_OUT = "take_out"
    CLOSE_EMPTY = "close_empty"  # opens, looks, closes: the goods stay where they were


class ActOfPerson(Part):
    leg_id: Id
    act: PersonAct


class Mishap(Part):
    """Something goes wrong with a vehicle now."""

    vehicle_id: Id
    kind: IncidentKind
    ends_after_s: int | None = Field(None, ge=1, le=86_400, description="null: not by itself")


class LostContact(Part):
    """The vehicle goes on and cannot tell; what it did is told when contact is back."""

    vehicle_id: Id
    seconds: int = Field(ge=1, le=86_400)


class SetWeather(Part):
    """The same weather everywhere, until it is set again."""

    weather: Weather


class Repair(Part):
    """A vehicle is whole, charged, empty, free and at home, whatever befell it; null: all of them are.

    What it had on board is written off, what it had not loaded is refused, and what it was reserved for is let go.
    """

    vehicle_id: Id | None = None


class SetHours(Part):
    """When a model is open from now on: a change of the fact sheet, as any other would be."""

    model: Id
    hours: dict[str, Any] = Field(description="in the form that a domain has them")

    @model_validator(mode="after")
    def _are_hours(self) -> Self:
        wrong = check_hours(self.hours)
        if wrong:
            raise ValueError(f"{wrong[0].pointer}: {wrong[0].code}")
        return self
