"""A courier's positions of some hours, what was claimed at them, and what does not fit together. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from homeward.fleets.couriers.model import Fix, Heard, NamedPerson
from homeward.kit.places import LatLon


class Rule(StrEnum):
    """What is looked for; each finding names the one that made it."""

    TOO_FAST = "too_fast"
    NO_JITTER = "no_jitter"
    SAME_ACCURACY = "same_accuracy"
    TIMES_BACKWARDS = "times_backwards"
    TIMES_TOO_EVEN = "times_too_even"
    ARRIVED_FAR_AWAY = "arrived_far_away"
    SHARED_TRACE = "shared_trace"
    NO_DWELL = "no_dwell"
    PHOTO_FAR_AWAY = "photo_far_away"


SENTENCES: Final[Mapping[Rule, str]] = {
    Rule.TOO_FAST: "moved at {value:.0f} m/s; nothing on a road does more than {allowed:.0f}",
    Rule.NO_JITTER: "moved for {value:.0f} s along a ruler, where every receiver trembles",
    Rule.SAME_ACCURACY: "{value:.0f} positions in a row claim the very same accuracy",
    Rule.TIMES_BACKWARDS: "time ran backwards by {value:.0f} s between two reports",
    Rule.TIMES_TOO_EVEN: "{value:.0f} positions in a row came to the millisecond evenly",
    Rule.ARRIVED_FAR_AWAY: "said to have arrived {value:.0f} m from the place; more than {allowed:.0f} is too far",
    Rule.SHARED_TRACE: "{value:.0f} % of the way lies within {allowed:.0f} m of another courier's, at the same time",
    Rule.NO_DWELL: "was at most {value:.0f} s at the door to hand over",
    Rule.PHOTO_FAR_AWAY: "took the picture {value:.0f} m from the door; more than {allowed:.0f} is too far",
}
"""Each figure in words, for whoever looks and for the courier it is about."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule's worst case: its figure, what would have passed, where, how often, and the points that it gave."""

    rule: Rule
    value: float
    allowed: float
    at: datetime
    points: int
    times: int = 1
    subject: str | None = None  # the delivery it is about, or the other courier

    @property
    def sentence(self) -> str:
        return SENTENCES[self.rule].format(value=self.value, allowed=self.allowed)


class Claim(StrEnum):
    """What a courier said to have done at a place."""

    ARRIVED = "arrived"
    HANDED_OVER = "handed_over"


@dataclass(frozen=True, slots=True)
class Claimed:
    """`place` is where it should have been: the store or the door."""

    claim: Claim
    at: datetime
    place: LatLon
    delivery_id: str


@dataclass(frozen=True, slots=True)
class Picture:
    """Where the phone said it was, and the door."""

    at: datetime
    place: LatLon
    door: LatLon
    delivery_id: str


@dataclass(frozen=True, slots=True)
class Trace:
    """All that is looked at; `heard` in the order in which it reached us. `others` are couriers of the same market."""

    heard: tuple[Heard, ...]
    claims: tuple[Claimed, ...] = ()
    pictures: tuple[Picture, ...] = ()
    others: Mapping[str, tuple[Fix, ...]] = field(default_factory=dict)


class Verdict(StrEnum):
    """What a person made of a score. None of them does anything by itself."""

    BELIEVABLE = "believable"
    EXPLAINED = "explained"
    DOUBTFUL = "doubtful"


@dataclass(frozen=True, slots=True)
class Review:
    verdict: Verdict
    note: str
    at: datetime
    by: NamedPerson


@dataclass(frozen=True, slots=True)
class Score:
    """0: nothing found; 100: hardly possible. For a person to look at, and nothing else."""

    id: str
    courier_id: str
    courier_name: str
    since: datetime
    until: datetime
    fixes: int
    score: int
    findings: tuple[Finding, ...]
    rules: str
    made_at: datetime
    review: Review | None = None
