"""Rules of journeys. Pure."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from homeward.fleets.couriers.journeys.errors import JourneyNotAhead, JourneysOverlap
from homeward.fleets.couriers.journeys.model import FARTHEST_AHEAD, Announced, Journey, NewJourney


def journey_of(new: NewJourney, drive_s: int) -> Journey:
    return Journey(new.start, new.to, new.leaves_at, new.leaves_at + timedelta(seconds=drive_s) + new.detour)


def require_ahead(leaves_at: datetime, now: datetime) -> None:
    """Raises JourneyNotAhead."""
    if not now < leaves_at <= now + FARTHEST_AHEAD:
        raise JourneyNotAhead(latest=now + FARTHEST_AHEAD)


def require_free(journey: Journey, others: Iterable[Announced]) -> None:
    """Nobody makes two at one time. Raises JourneysOverlap."""
    for other in others:
        apart = journey.arrives_by <= other.journey.leaves_at or other.journey.arrives_by <= journey.leaves_at
        if not apart and not other.cancelled:
            raise JourneysOverlap(journey_id=other.id)
