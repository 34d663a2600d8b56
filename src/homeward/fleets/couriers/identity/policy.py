"""When to ask: at random, more often the more doubt there is, and never as a verdict. Pure."""

import hashlib
import hmac
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Final

from homeward.fleets.couriers.identity.model import Check, Draw, Result

UNANSWERED: Final = "identity_unanswered"
"""The limit that the explanation of a dispatch decision names."""

GRACE: Final = timedelta(minutes=30)
"""How long new offers go on coming while a check waits for its answer."""
PHOTOS_KEPT: Final = timedelta(days=30)
"""After the check is settled: as long as somebody may appeal against what rests on it."""

# Without doubt about once in sixty hours of work, with all of it about once in three.
_LEAST_PER_HOUR: Final = 1 / 60
_MOST_PER_HOUR: Final = 1 / 3
_UNCLEAR_DOUBT: Final = 50
_FOREIGN_DOUBT: Final = 90


def chance_per_hour(doubt: int) -> float:
    """Grows with every point of doubt. A fixed rhythm would be known by the second week."""
    share = min(100, max(0, doubt)) / 100
    return _LEAST_PER_HOUR + (_MOST_PER_HOUR - _LEAST_PER_HOUR) * share


def is_chosen(seed: bytes, draw: Draw, doubt: int) -> bool:
    """The throw for one hour worked. Without the seed nobody can foresee it, with it anybody can repeat it."""
    thrown = hmac.new(seed, f"{draw.courier_id}/{draw.name}".encode(), hashlib.sha256).digest()
    return int.from_bytes(thrown[:8]) / 2**64 < chance_per_hour(doubt)


def draws(courier_id: str, duty_since: datetime, now: datetime, *, at_most: int = 24) -> Iterator[Draw]:
    """One for each full hour of this duty, the last ones if there are many."""
    worked = int((now - duty_since).total_seconds() // 3600)
    for hour in range(max(1, worked - at_most + 1), worked + 1):
        yield Draw(courier_id, duty_since, hour)


def doubt_of(position_scores: Iterable[int], last: Check | None) -> int:
    """The highest score of positions that nobody has explained, or what the last check left open."""
    left_open = 0
    if last is not None and last.settled is not None:
        result = last.settled.result
        unclear = {Result.CANNOT_TELL: _UNCLEAR_DOUBT, Result.SOMEONE_ELSE: _FOREIGN_DOUBT}
        left_open = unclear.get(result, 0)
    return max([0, left_open, *position_scores])


def pauses_offers(check: Check, now: datetime) -> bool:
    """Only silence does, and only after the grace; any answer ends it, and what people find is another matter."""
    waiting = check.answered_at is None and check.settled is None
    return waiting and check.answer_by is not None and check.answer_by <= now
