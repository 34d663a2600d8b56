"""What a fleet is: its vehicles, what they hold, and where, when and in which weather they may go."""

from datetime import date, datetime
from typing import Annotated, Any, Final

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from homeward.deliveries.contents import Goods
from homeward.fleets.contract import VERSION
from homeward.fleets.contract.words import (
    Action,
    CompartmentState,
    Driving,
    Handoff,
    Limit,
    Mode,
    Temperature,
    VehicleState,
)

Id = Annotated[str, Field(min_length=1, max_length=120, pattern=r"^[\x21-\x7e]+$")]
Text = Annotated[str, Field(max_length=1_000)]
Name = Annotated[str, Field(min_length=1, max_length=200)]
MOST_LISTED: Final = 1_000


class Part(BaseModel):
    """Frozen; members that this version does not know are passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class Place(Part):
    """WGS 84."""

    lat: float = Field(ge=-90, le=90)
    lon: float = Field(ge=-180, le=180)


class Inner(Part):
    """The largest box that goes in."""

    length_mm: int = Field(gt=0, le=20_000)
    width_mm: int = Field(gt=0, le=20_000)
    height_mm: int = Field(gt=0, le=20_000)


class Compartment(Part):
    """One room of a vehicle that opens by itself."""

    id: Id
    inner: Inner
    load_limit_g: int = Field(gt=0)
    temperature: Temperature = Temperature.AMBIENT
    locked: bool = Field(description="opens only with a secret; a bag does not")


class Model(Part):
    """What all vehicles of one kind have in common."""

    id: Id
    mode: Mode
    maker: Name
    name: Name
    compartments: list[Compartment] = Field(min_length=1, max_length=50)
    load_limit_g: int = Field(gt=0, description="of all compartments together")
    goods: list[Goods] = Field([], description="of those that the law treats apart; all others are carried")
    at_pickup: list[Handoff] = Field(min_length=1)
    at_dropoff: list[Handoff] = Field(min_length=1)
    speed_m_s: float = Field(gt=0, le=150, description="usual on a free way")
    range_m: int | None = Field(None, gt=0, description="with a full battery and its reserve left; null without one")
    stairs: bool = False
    kerb_mm: int | None = Field(None, ge=0, description="the highest that it climbs")
    noise_db: int | None = Field(None, ge=0, le=150, description="at ten metres")


class Permit(Part):
    authority: Name
    number: Name
    valid_from: date
    valid_until: date | None = None


class OperatorOfRecord(Part):
    """Who answers for the vehicles towards the law and the public."""

    name: Name
    phone: Name = Field(description="of the desk that can stop a vehicle, at any hour that one moves")
    permits: list[Permit] = Field([], max_length=100)


class WeatherLimits(Part):
    """Beyond any of these nothing sets out. Null: does not matter."""

    wind_m_s: float | None = Field(None, ge=0)
    rain_mm_h: float | None = Field(None, ge=0)
    snow_mm: float | None = Field(None, ge=0)
    visibility_m: float | None = Field(None, ge=0)
    coldest_c: float | None = None
    hottest_c: float | None = None


class Weather(Part):
    """What it is like at a place. Null is not known, and limits nothing."""

    at: AwareDatetime
    wind_m_s: float | None = Field(None, ge=0)
    rain_mm_h: float | None = Field(None, ge=0)
    snow_mm: float | None = Field(None, ge=0)
    visibility_m: float | None = Field(None, ge=0)
    temperature_c: float | None = None


Ring = Annotated[list[tuple[float, float]], Field(min_length=4, max_length=5_000)]


class Area(Part):
    """A GeoJSON polygon (lon, lat), its first ring the border and the others holes. Source: RFC 7946, section 3.1.6."""

    type: str = Field("Polygon", pattern="^Polygon$")
    coordinates: list[Ring] = Field(min_length=1, max_length=200)


class Domain(Part):
    """Where, when and in what weather a model may go: its operational design domain."""

    model: Id
    areas: list[Area] = Field(min_length=1, max_length=200)
    no_go: list[Area] = Field([], max_length=1_000)
    hours: dict[str, Any] = Field(description="time_zone, weekly spans by day (0 is Monday), exceptions by date")
    daylight_only: bool = False
    farthest_m: int | None = Field(None, gt=0, description="from pickup to door, on its own ways")
    weather: WeatherLimits = WeatherLimits()


class Waits(Part):
    """How long a vehicle stands at a stop before it gives up."""

    at_pickup_s: int = Field(gt=0, le=7_200)
    at_dropoff_s: int = Field(gt=0, le=7_200)


class FactSheet(Part):
    """Static, and numbered: `revision` grows with every change, and an event tells of it."""

    contract: str = Field(VERSION, description="the version of this contract that the fleet keeps")
    revision: int = Field(ge=1)
    fleet_id: Id
    name: Name
    operator: OperatorOfRecord
    currency: str = Field(pattern="^[A-Z]{3}$")
    models: list[Model] = Field(min_length=1, max_length=100)
    domains: list[Domain] = Field(min_length=1, max_length=100)
    actions: list[Action] = Field(description="those that the fleet carries out")
    waits: Waits
    quote_held_s: int = Field(ge=10, le=3_600)
    reservation_held_s: int = Field(ge=10, le=3_600)
    heartbeat_s: int = Field(ge=1, le=300, description="a vehicle in contact is heard of at least this often")
    secret_valid_s: int = Field(ge=30, le=3_600, description="how long a secret opens a compartment at most")
    sandbox: bool = Field(False, description="nothing moves in the street, and the calls of the sandbox answer")


class CompartmentNow(Part):
    id: Id
    state: CompartmentState
    leg_id: Id | None = None


class Vehicle(Part):
    """One vehicle as it is now. Its place is kept by nobody longer than a leg lasts."""

    id: Id
    model: Id
    plate: str = Field("", max_length=40, description="what the public reads on it")
    state: VehicleState
    driving: Driving
    seen_at: AwareDatetime
    place: Place | None = None
    accuracy_m: int | None = Field(None, ge=0)
    heading_deg: int | None = Field(None, ge=0, lt=360)
    range_left_m: int | None = Field(None, ge=0, description="before the reserve")
    charged_at: AwareDatetime | None = Field(None, description="while it charges: until when")
    compartments: list[CompartmentNow] = Field(max_length=50)


class Vehicles(Part):
    items: list[Vehicle] = Field(max_length=MOST_LISTED)


class Refusal(Part):
    """A no, at whatever stage, that says which limit and whether to ask again."""

    limit: Limit
    said: Text = Field("", description="for the operator's eyes, without personal data")
    at_most: float | None = Field(None, description="the limit's own figure, in the unit that its name has")
    asked: float | None = Field(None, description="what the leg would need of it")
    retry_after: AwareDatetime | None = Field(None, description="null: this leg will never do")


def later(refusal: Refusal, now: datetime) -> bool:
    """Whether the same leg may be asked for again."""
    return refusal.retry_after is not None and refusal.retry_after >= now
