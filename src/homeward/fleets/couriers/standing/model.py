"""Decisions about a courier's standing, and what followed each of them. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from homeward.fleets.couriers.model import NamedPerson

DEACTIVATION_AFTER: Final = timedelta(hours=72)
"""A restriction that lasts longer is a deactivation. Source: Colorado SB24-075."""


class Kind(StrEnum):
    """What a decision does. Only the two latter keep new offers away; nothing takes away what a courier carries."""

    WARNING = "warning"
    RESTRICTION = "restriction"
    DEACTIVATION = "deactivation"


class Ground(StrEnum):
    """The only reasons there are. How many offers somebody declines, how often they work, and what shoppers rate them
    are none, here and in the database. Source: California Bus. & Prof. 7451 (no forced acceptance, no set hours)."""

    NOT_DELIVERED = "not_delivered"
    PARCEL_OPENED = "parcel_opened"
    VIOLENCE = "violence"
    HARASSMENT = "harassment"
    DISCRIMINATION = "discrimination"
    UNSAFE_RIDING = "unsafe_riding"
    UNDER_INFLUENCE = "under_influence"
    ACCOUNT_SHARED = "account_shared"
    FALSE_POSITION = "false_position"
    AGE_CHECK_SKIPPED = "age_check_skipped"
    PAPERS_INVALID = "papers_invalid"
    COURT_ORDER = "court_order"


class EvidenceKind(StrEnum):
    """What a decision may point at."""

    DELIVERY = "delivery"
    POSITION_SCORE = "position_score"
    IDENTITY_CHECK = "identity_check"
    CLAIM = "claim"
    DOCUMENT = "document"


@dataclass(frozen=True, slots=True)
class EvidenceRef:
    """`note` says what is to be seen there: the courier reads it, and must be able to answer it."""

    kind: EvidenceKind
    id: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class PublishedPolicy:
    """One version of the rules that couriers can read; decisions may rest on it from `in_force_from` on."""

    version: int
    text: str
    published_at: datetime
    in_force_from: datetime
    published_by: NamedPerson


@dataclass(frozen=True, slots=True)
class NewDecision:
    """As a person asks for it. A warning has no end; a restriction without one lasts until somebody lifts it."""

    warning: bool
    ground: Ground
    explanation: str
    evidence: Sequence[EvidenceRef]
    policy_version: int
    ends_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """As it was made; what followed is in the steps."""

    id: str
    courier_id: str
    kind: Kind
    ground: Ground
    explanation: str
    evidence: tuple[EvidenceRef, ...]
    policy_version: int
    starts_at: datetime
    ends_at: datetime | None
    appeal_by: datetime
    decided_by: NamedPerson


class StepType(StrEnum):
    """What may follow a decision. `seen` and `appealed` are the courier's, all others a named person's."""

    SEEN = "seen"
    APPEALED = "appealed"
    UPHELD = "upheld"
    SHORTENED = "shortened"
    LIFTED = "lifted"


ANSWERS: Final = frozenset({StepType.UPHELD, StepType.SHORTENED, StepType.LIFTED})


@dataclass(frozen=True, slots=True)
class Step:
    """`due_at`: when an appeal must be answered. `ends_at`: the new end that an answer sets."""

    type: StepType
    at: datetime
    text: str = ""
    by: NamedPerson | None = None
    due_at: datetime | None = None
    ends_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """A decision with everything that followed, oldest first."""

    decision: Decision
    steps: tuple[Step, ...] = ()

    @property
    def appeal(self) -> Step | None:
        return next((step for step in self.steps if step.type is StepType.APPEALED), None)

    @property
    def answer(self) -> Step | None:
        """To the appeal; a lift without one is a step of its own."""
        appeal = self.appeal
        later = (step for step in self.steps if appeal is not None and step.at >= appeal.at)
        return next((step for step in later if step.type in ANSWERS), None)

    @property
    def seen_at(self) -> datetime | None:
        return next((step.at for step in self.steps if step.type is StepType.SEEN), None)
