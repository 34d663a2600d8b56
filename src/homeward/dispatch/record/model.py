"""What a courier was offered, did and earned. Pure."""

from dataclasses import dataclass
from datetime import datetime

from homeward.deliveries.carried.model import TipLine
from homeward.dispatch.model import OfferState, PayTerm
from homeward.kit.money import Money
from homeward.kit.places import LatLon


@dataclass(frozen=True, slots=True)
class ShownOffer:
    """An offer as it was shown, and what the courier said to it. `took_s` is None where nothing was said."""

    id: str
    shown_at: datetime
    expires_at: datetime
    decision: OfferState
    answered_at: datetime | None
    delivery_ids: tuple[str, ...]
    pay: Money
    pay_lines: tuple[PayTerm, ...]
    distance_m: int
    duration_s: int

    @property
    def took_s(self) -> int | None:
        said = self.answered_at if self.decision in (OfferState.ACCEPTED, OfferState.DECLINED) else None
        return max(0, round((said - self.shown_at).total_seconds())) if said else None


@dataclass(frozen=True, slots=True)
class Way:
    """Metres that the positions of a leg add up to; gaps count as the straight line across them."""

    to_store_m: int | None
    to_door_m: int | None


@dataclass(frozen=True, slots=True)
class LegRecord:
    """One carrying, with the raw moments that every law on pay computes from. None: did not happen, or is not known.

    `waited_s` is the time at the store after both the courier and the promised moment had come.
    """

    leg_id: str
    delivery_id: str
    kind: str
    state: str
    store: str
    market_id: str
    pickup: LatLon
    vehicle: str
    accepted_at: datetime
    at_store_at: datetime | None
    ready_at: datetime
    left_store_at: datetime | None
    at_door_at: datetime | None
    ended_at: datetime | None
    ended_by: str | None
    engaged_s: int
    waited_s: int
    way: Way
    pay: Money
    tips: tuple[TipLine, ...]


@dataclass(frozen=True, slots=True)
class Trip:
    """What was accepted with one answer; without an offer where a person of the operator assigned it."""

    offer: ShownOffer | None
    legs: tuple[LegRecord, ...]


@dataclass(frozen=True, slots=True)
class Offered:
    """How many offers there were. No rate is made of it: declining is free."""

    shown: int
    accepted: int
    declined: int
    unanswered: int
    withdrawn: int


@dataclass(frozen=True, slots=True)
class Totals:
    """By currency where it is money. Time that legs share counts once; tips are never part of the pay."""

    trips: int
    legs: int
    engaged_s: int
    waited_s: int
    pay: tuple[Money, ...]
    tips: tuple[Money, ...]
    offers: Offered


@dataclass(frozen=True, slots=True)
class Record:
    """A period of a courier's work, the newest first."""

    courier_id: str
    since: datetime
    until: datetime
    trips: tuple[Trip, ...]
    other_offers: tuple[ShownOffer, ...]
    totals: Totals
