"""Asking for a leg, promising it, and acting on it while it lasts: quote, reserve, commit or release, act, unlock."""

from enum import StrEnum
from typing import Final, Self

from pydantic import AwareDatetime, Field, model_validator

from homeward.deliveries.contents import Goods
from homeward.fleets.contract.facts import Id, Inner, Part, Place, Refusal, Text
from homeward.fleets.contract.words import Action, ActionOutcome, Handoff, HoldKind, LegState, Temperature

MOST_PARCELS: Final = 50


class Purpose(StrEnum):
    """Why something is carried. Custody passes the same way in all of them."""

    DELIVERY = "delivery"
    RETURN = "return"
    RESCUE = "rescue"  # taken over from a vehicle that cannot go on
    TRANSFER = "transfer"  # to a place where the next leg begins


class Stop(Part):
    """A place where goods change hands. Whoever waits there is known by a first name and nothing else."""

    place: Place
    address: Text
    first_name: str = Field("", max_length=80)
    handoff: list[Handoff] = Field(min_length=1, description="whichever will do, the best first")
    spot: Place | None = Field(None, description="where exactly: a marked spot in the garden, a bay at the kerb")
    note: Text = ""


class Parcel(Part):
    """One piece that is carried."""

    id: Id
    weight_g: int = Field(ge=0)
    size: Inner | None = Field(None, description="null: fits wherever its weight does")
    temperature: Temperature = Temperature.AMBIENT
    goods: list[Goods] = Field([], description="those that the law treats apart")


class LegOrder(Part):
    """What is to be carried. `reference` is ours and names the leg on both sides, for ever."""

    reference: Id
    purpose: Purpose = Purpose.DELIVERY
    pickup: Stop
    dropoff: Stop
    parcels: list[Parcel] = Field(min_length=1, max_length=MOST_PARCELS)
    ready_at: AwareDatetime
    earliest: AwareDatetime | None = Field(None, description="not handed over before; null: as soon as it comes")
    latest: AwareDatetime = Field(description="in vain after this")
    vehicle_id: Id | None = Field(None, description="this one and no other")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.latest <= max(self.ready_at, self.earliest or self.ready_at):
            raise ValueError("latest must come after ready_at and earliest")
        if len({parcel.id for parcel in self.parcels}) < len(self.parcels):
            raise ValueError("each parcel has an id of its own")
        return self


class Feasibility(Part):
    """Whether the leg could be carried by some vehicle, free or not; if not, every limit that says so."""

    feasible: bool
    limits: list[Refusal] = Field([], max_length=50)

    @model_validator(mode="after")
    def _says_why(self) -> Self:
        if self.feasible is bool(self.limits):
            raise ValueError("a no names its limits, and a yes has none")
        return self


class Price(Part):
    """Whole minor units: 745 EUR is 7.45 euro."""

    minor: int = Field(ge=0)
    currency: str = Field(pattern="^[A-Z]{3}$")


class Quote(Part):
    """What it costs and when it would be there. Nothing of it holds after `held_until`."""

    id: Id
    price: Price
    pickup_eta: AwareDatetime
    dropoff_eta: AwareDatetime = Field(description="as likely earlier as later")
    dropoff_latest: AwareDatetime = Field(description="nine times in ten it is there before")
    held_until: AwareDatetime
    at_pickup: Handoff
    at_dropoff: Handoff


class AskReservation(Part):
    quote_id: Id


class Reservation(Part):
    """A compartment that is kept for us until then."""

    id: Id
    quote_id: Id
    vehicle_id: Id
    compartment_id: Id
    held_until: AwareDatetime


class AskLeg(Part):
    reservation_id: Id


class Hold(Part):
    """Why it does not go on at the moment."""

    kind: HoldKind
    since: AwareDatetime
    until: AwareDatetime | None = None
    reason: Text = ""


class Leg(Part):
    """A leg that the fleet has promised to carry, as it is now."""

    id: Id
    reference: Id
    state: LegState
    hold: Hold | None = None
    vehicle_id: Id
    compartment_id: Id
    pickup_eta: AwareDatetime | None = None
    dropoff_eta: AwareDatetime | None = None
    waits_until: AwareDatetime | None = Field(None, description="at a stop: when it gives up")
    why: Refusal | None = Field(None, description="of a leg that was refused or goes back")
    price: Price


class AskAction(Part):
    """`compartment_id` for open and close; `secret` for open; `place` for divert."""

    action: Action
    compartment_id: Id | None = None
    secret: str | None = Field(None, min_length=1, max_length=200, repr=False)
    place: Stop | None = None
    reason: Text = ""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.action in (Action.OPEN, Action.CLOSE) and self.compartment_id is None:
            raise ValueError(f"{self.action} needs a compartment_id")
        if self.action is Action.DIVERT and self.place is None:
            raise ValueError("divert needs a place")
        return self


class ActionAnswer(Part):
    """What becomes of an action. `refusal` exactly with the outcome refused."""

    outcome: ActionOutcome
    refusal: Refusal | None = None

    @model_validator(mode="after")
    def _says_why(self) -> Self:
        if (self.outcome is ActionOutcome.REFUSED) is (self.refusal is None):
            raise ValueError("an action is refused with a refusal, and with nothing else")
        return self


class Holder(StrEnum):
    """For whom a compartment may open."""

    STORE = "store"
    SHOPPER = "shopper"
    RESCUER = "rescuer"


class AskSecret(Part):
    holder: Holder
    valid_s: int = Field(ge=1, le=3_600)


class Secret(Part):
    """Opens one compartment once. It is told here, and again to the same key, and nowhere else: no log and no event has
    it."""

    id: Id
    secret: str = Field(min_length=4, max_length=200, repr=False)
    compartment_id: Id
    valid_until: AwareDatetime
