"""How often one link may be asked for: enough for people, not for machines. Kept in memory by each process."""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

from homeward.kit.problems import TooManyRequests


class Pace:
    """At most `per_minute` requests per key in any minute (a full bucket that refills steadily).

    The number of remembered keys is bounded; who asks with ever new keys meets the 404 of unknown links anyway.
    """

    def __init__(
        self, per_minute: int = 60, *, remembered: int = 10_000, seconds: Callable[[], float] = monotonic
    ) -> None:
        self._per_minute = per_minute
        self._remembered = remembered
        self._seconds = seconds
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str) -> None:
        """Raises TooManyRequests."""
        now = self._seconds()
        left, since = self._left.pop(key, (float(self._per_minute), now))
        left = min(float(self._per_minute), left + (now - since) * self._per_minute / 60)
        self._left[key] = (max(0.0, left - 1), now)
        if len(self._left) > self._remembered:
            self._left.popitem(last=False)
        if left < 1:
            raise TooManyRequests(retry_after_s=max(1, round((1 - left) * 60 / self._per_minute)))


class Streams:
    """How many live streams one link may hold open at once."""

    def __init__(self, at_once: int = 12) -> None:
        self._at_once = at_once
        self._open: dict[str, int] = {}

    def check(self, key: str) -> None:
        """Raises TooManyRequests."""
        if self._open.get(key, 0) >= self._at_once:
            raise TooManyRequests(retry_after_s=30)

    @contextmanager
    def one(self, key: str) -> Iterator[None]:
        """Counted from the first byte to the last."""
        self._open[key] = self._open.get(key, 0) + 1
        try:
            yield
        finally:
            self._open[key] -= 1
            if not self._open[key]:
                del self._open[key]
