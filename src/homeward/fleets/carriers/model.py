"""Accounts at other companies, the rules for using them, and what became of each hand-out. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from homeward.fleets.carriers.contract import CarrierKind, CarrierQuote, Errand
from homeward.kit.money import Money
from homeward.kit.units import Seconds

Prefer = Literal["rank", "cheapest", "most_reliable"]


class AccountStatus(StrEnum):
    ACTIVE = "active"
    PAUSED = "paused"  # by the operator: nothing new goes there; what it has is finished
    LOGIN_INVALID = "login_invalid"  # by the carrier: the operator must reconnect it


@dataclass(frozen=True, slots=True)
class Account:
    """The operator's account at one company. What signs us in is kept apart and never shown."""

    id: str
    kind: str
    name: str
    base_url: str
    status: AccountStatus
    hint: str
    settings: Mapping[str, str]
    created_at: datetime
    checked_at: datetime | None = None
    trouble: str | None = None

    @property
    def contact_phone(self) -> str | None:
        """The number that the carrier is given instead of the shopper's."""
        return self.settings.get("contact_phone") or None


@dataclass(frozen=True, slots=True)
class Rules:
    """When a market hands deliveries out, and to whom. Without `ranked` it never does.

    A delivery is handed out when nobody of ours is free (searching longer than `after_s`, or at once while nobody is
    on duty), or when its promise is about to break: less than `late_risk_s` is left, or what we expect lies after it.
    """

    ranked: tuple[str, ...] = ()  # ids of accounts, the first asked first
    enabled: bool = True
    after_s: Seconds = Seconds(600)
    when_nobody_on_duty: bool = True
    late_risk_s: Seconds = Seconds(1_500)
    most_minor: int | None = None  # what a carrier may cost at most
    most_per_mille: int | None = 1_000  # of what the merchant pays
    least_reliable_per_mille: int = 500
    prefer: Prefer = "rank"
    again_after_s: Seconds = Seconds(120)  # before carriers are asked again about the same delivery


class Why(StrEnum):
    """What makes a delivery one to hand out."""

    NOBODY_ON_DUTY = "nobody_on_duty"
    NOBODY_FREE = "nobody_free"
    LATE_RISK = "late_risk"


@dataclass(frozen=True, slots=True)
class Record:
    """How deliveries ended that an account carried: in an area, and everywhere."""

    in_time_here: int = 0
    carried_here: int = 0
    in_time: int = 0
    carried: int = 0


@dataclass(frozen=True, slots=True)
class Situation:
    """Everything that a decision about one delivery looks at, at one moment."""

    delivery_id: str
    now: datetime
    errand: Errand
    searching_s: int
    on_duty: int
    eta: datetime | None
    price: Money
    offered: bool = False  # a courier of ours is being asked
    attention: str | None = None
    excluded: frozenset[str] = frozenset()  # accounts that had it and failed
    records: Mapping[str, Record] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Candidate:
    """An account as the decision saw it. `refusal` None: it could have had the delivery."""

    account_id: str
    name: str
    rank: int
    refusal: str | None = None
    detail: str = ""
    fee: Money | None = None
    dropoff_eta: datetime | None = None
    in_time: bool | None = None
    reliability_per_mille: int | None = None
    reliability_sum: str = ""


@dataclass(frozen=True, slots=True)
class HandOut:
    """It goes to this account, at this quote."""

    account_id: str
    why: Why
    quote: CarrierQuote
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class Keep:
    """It stays with us for now."""

    reason: str
    why: Why | None = None
    candidates: tuple[Candidate, ...] = ()


Choice = HandOut | Keep
Quotes = Mapping[str, CarrierQuote | str]
"""By account: what it answered, or the code of its refusal."""


@dataclass(frozen=True, slots=True)
class Seat:
    """An account with what its kind can do; what a decision needs of it."""

    account: Account
    kind: CarrierKind


class Stage(StrEnum):
    """Where a hand-out stands on our side."""

    ASKING = "asking"  # chosen, not yet taken: the next call may be the first or a repeat
    TAKEN = "taken"
    ENDED = "ended"


class Ending(StrEnum):
    """What became of a hand-out."""

    DELIVERED = "delivered"
    RETURNED = "returned"
    REFUSED = "refused"  # the carrier said no
    FAILED = "failed"  # the carrier gave it back before pick-up
    LOST = "lost"
    WITHDRAWN = "withdrawn"  # by us: cancelled, changed, or given to somebody else
    UNREACHED = "unreached"  # the carrier never answered


@dataclass(frozen=True, slots=True)
class Job:
    """One delivery in another company's hands. Its id is the name that both systems know it by."""

    id: str
    account_id: str
    delivery_id: str
    market_id: str
    area: str
    stage: Stage
    ending: Ending | None
    job: str | None
    leg_id: str | None
    fee: Money
    basis: str  # of what was asked; when it differs, the carrier carries the wrong thing
    quote: Mapping[str, Any]
    promised_by: datetime
    created_at: datetime
    ended_at: datetime | None
    tries: int = 0
    reason: str | None = None
    kept_without_proof: Sequence[str] = ()
    delivered_seen_at: datetime | None = None
    cancelling: bool = False


@dataclass(frozen=True, slots=True)
class Inputs:
    """All that `policy.choose` is given: whoever has these decides the same again."""

    situation: Situation
    seats: tuple[Seat, ...]
    rules: Rules
    quotes: Mapping[str, CarrierQuote | str]
