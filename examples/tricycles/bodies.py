"""The bodies that the network sends, as far as tricycles care; members that we do not know are passed over."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

Id = Annotated[str, Field(min_length=1, max_length=120, pattern=r"^[\x21-\x7e]+$")]


class Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Place(Body):
    lat: float = Field(ge=-90, le=90)
    lon: float = Field(ge=-180, le=180)


class Size(Body):
    length_mm: int = Field(gt=0, le=20_000)
    width_mm: int = Field(gt=0, le=20_000)
    height_mm: int = Field(gt=0, le=20_000)


class Stop(Body):
    place: Place
    address: str = Field(max_length=1_000)
    handoff: list[str] = Field(min_length=1)
    spot: Place | None = None

    @property
    def where(self) -> Place:
        return self.spot or self.place


class Parcel(Body):
    id: Id
    weight_g: int = Field(ge=0)
    size: Size | None = None
    temperature: str = "ambient"
    goods: list[str] = []


class Order(Body):
    reference: Id
    purpose: Literal["delivery", "return", "rescue", "transfer"] = "delivery"
    pickup: Stop
    dropoff: Stop
    parcels: list[Parcel] = Field(min_length=1, max_length=50)
    ready_at: AwareDatetime
    earliest: AwareDatetime | None = None
    latest: AwareDatetime
    vehicle_id: Id | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.latest <= max(self.ready_at, self.earliest or self.ready_at):
            raise ValueError("latest must come after ready_at and earliest")
        return self


class AskReservation(Body):
    quote_id: Id


class AskLeg(Body):
    reservation_id: Id


class Action(StrEnum):
    OPEN = "open"
    CLOSE = "close"
    PAUSE = "pause"
    SAFE_STOP = "safe_stop"
    RESUME = "resume"
    DIVERT = "divert"
    RETURN = "return"
    CANCEL = "cancel"
    HAND_TO_RESCUE = "hand_to_rescue"


class AskAction(Body):
    action: Action
    compartment_id: Id | None = None
    secret: str | None = Field(None, min_length=1, max_length=200, repr=False)
    place: Stop | None = None
    reason: str = ""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.action in (Action.OPEN, Action.CLOSE) and self.compartment_id is None:
            raise ValueError("which compartment?")
        if self.action is Action.DIVERT and self.place is None:
            raise ValueError("to where?")
        return self


class AskSecret(Body):
    holder: Literal["store", "shopper", "rescuer"]
    valid_s: int = Field(ge=1, le=3_600)


class Advance(Body):
    seconds: int = Field(ge=1, le=86_400)


class Person(Body):
    leg_id: Id
    act: Literal["put_in", "take_out", "close_empty"]


class Mishap(Body):
    vehicle_id: Id
    kind: str
    ends_after_s: int | None = Field(None, ge=1, le=86_400)


class Contact(Body):
    vehicle_id: Id
    seconds: int = Field(ge=1, le=86_400)


class Weather(Body):
    at: AwareDatetime
    wind_m_s: float | None = Field(None, ge=0)
    snow_mm: float | None = Field(None, ge=0)


class SetWeather(Body):
    weather: Weather


class Repair(Body):
    vehicle_id: Id | None = None


class SetHours(Body):
    model: Id
    hours: dict[str, Any]


def is_open(hours: dict[str, Any], moment: datetime) -> bool:
    """By the week of the fact sheet; a span that ends at or before its begin goes on after midnight."""
    local = moment.astimezone(ZoneInfo(hours["time_zone"]))
    minute = local.hour * 60 + local.minute
    for days_ago, at in ((0, minute), (1, minute + 24 * 60)):
        day = local.date().fromordinal(local.date().toordinal() - days_ago)
        spans = hours.get("exceptions", {}).get(day.isoformat(), hours["weekly"].get(str(day.weekday()), []))
        for begin, end in spans:
            opens, closes = _minutes(begin), _minutes(end)
            if opens <= at < (closes if closes > opens else closes + 24 * 60):
                return True
    return False


def _minutes(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)
