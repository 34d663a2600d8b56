"""How often somebody may ask: enough for people and shops, not for machines gone wild. In memory, per process."""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import ceil
from time import monotonic

from homeward.kit.problems import TooManyRequests


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left after a request: `remaining` at once, and all of it again after `full_after_s`."""

    remaining: int
    full_after_s: int


class Pace:
    """A full bucket per key that refills steadily: `per_minute` in the long run, `burst` at once (the same if None).

    The number of remembered keys is bounded; who asks with ever new keys must meet a limit of another kind.
    """

    def __init__(
        self,
        per_minute: int = 60,
        *,
        burst: int | None = None,
        remembered: int = 10_000,
        seconds: Callable[[], float] = monotonic,
    ) -> None:
        self.per_minute = per_minute
        self.burst = burst or per_minute
        self._remembered = remembered
        self._seconds = seconds
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str) -> Allowance:
        """Count one request. Raises TooManyRequests."""
        self.check(key)
        left, now = self._now(key)
        left -= 1
        self._left[key] = (left, now)
        if len(self._left) > self._remembered:
            self._left.popitem(last=False)
        return Allowance(int(left), ceil((self.burst - left) * 60 / self.per_minute))

    def check(self, key: str) -> None:
        """Raises TooManyRequests, without counting anything: for limits on what turns out wrong afterwards."""
        left, _ = self._now(key)
        if left < 1:
            raise TooManyRequests(retry_after_s=max(1, ceil((1 - left) * 60 / self.per_minute)))

    def _now(self, key: str) -> tuple[float, float]:
        now = self._seconds()
        left, since = self._left.pop(key, (float(self.burst), now))
        left = min(float(self.burst), left + (now - since) * self.per_minute / 60)
        self._left[key] = (left, now)
        return left, now


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
