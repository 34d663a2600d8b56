"""How many deliveries each store is likely to send within the hour, from what was booked. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from homeward.deliveries.model import BookedAt
from homeward.dispatch.model import StoreDemand
from homeward.kit.windows import Window

DAYS: Final = 14
_HOUR: Final = timedelta(hours=1)
# The hour that has just passed tells of this very day; of the days before, the same weekday tells most.
_LAST_HOUR_WEIGHT: Final = 3
_SAME_WEEKDAY_WEIGHT: Final = 3


def windows(now: datetime) -> tuple[Window, ...]:
    """What to count bookings in: the last hour, then the coming hour as it was on each of the last two weeks' days."""
    before = (now - timedelta(days=days) for days in range(1, DAYS + 1))
    return (Window(now - _HOUR, now), *(Window(at, at + _HOUR) for at in before))


def expected(booked: Sequence[Sequence[BookedAt]]) -> tuple[StoreDemand, ...]:
    """Stores with what they are likely to send within the hour, the busiest first.

    Parameters
    ----------
    booked
        What each of `windows` holds, in their order. Days before the first with any booking do not count: a market
        that opened yesterday had no quiet fortnight before.
    """
    open_days = max((day for day, stores in enumerate(booked) if stores), default=0)
    weights = [_weight(day) for day in range(open_days + 1)]
    sums: dict[str, int] = {}
    latest = {}
    for weight, stores in reversed(list(zip(weights, booked, strict=False))):
        for store in stores:
            sums[store.store_id] = sums.get(store.store_id, 0) + weight * store.count
            latest[store.store_id] = store
    total = sum(weights)
    found = [
        StoreDemand(store_id, latest[store_id].place, round(count / total, 2), *_known(latest[store_id]))
        for store_id, count in sums.items()
    ]
    return tuple(sorted(found, key=lambda store: (-store.per_h, store.store_id)))


def _known(store: BookedAt) -> tuple[str, int]:
    return store.name, store.notice_s


def _weight(day: int) -> int:
    if day == 0:
        return _LAST_HOUR_WEIGHT
    return _SAME_WEEKDAY_WEIGHT if day % 7 == 0 else 1
