"""What cannot be announced, and what to do then."""

from dataclasses import dataclass
from datetime import datetime

from homeward.kit.problems import Problem


@dataclass(eq=False)
class JourneyNotAhead(Problem):
    slug, status = "journey-not-ahead", 422
    title = "A journey is announced before it begins, and at most two months ahead; choose another time."

    latest: datetime


@dataclass(eq=False)
class JourneysOverlap(Problem):
    slug, status = "journeys-overlap", 409
    title = "You have announced another journey for this time; cancel it first, or choose another time."

    journey_id: str
