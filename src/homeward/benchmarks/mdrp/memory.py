"""What a dispatcher learns from the orders revealed so far: where they come from, and how long beforehand."""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from homeward.benchmarks.mdrp.instance import Order, Setting

_MINUTE = 60
# Enough of the latest orders to know the usual notice.
_NOTICES = 300
_FEW = 5


class Memory:
    """Fading counts by restaurant: an order counts 1 when placed, and 1/e after `memory_min` minutes."""

    def __init__(self, setting: Setting, memory_min: int, spread: float) -> None:
        self._numbers = {restaurant.id: number for number, restaurant in enumerate(setting.restaurants)}
        self._memory_min = memory_min
        self._spread = spread
        self._weights = np.zeros(len(self._numbers))
        self._seen: set[str] = set()
        self._notice_s: list[int] = []
        self._at = 0

    def learn(self, now: int, waiting: Sequence[Order]) -> bool:
        """Take note of orders not seen before; whether there were any."""
        self._weights *= math.exp(-(now - self._at) / self._memory_min)
        self._at = now
        new = [order for order in waiting if order.id not in self._seen]
        for order in new:
            self._seen.add(order.id)
            self._weights[self._numbers[order.restaurant]] += 1
            self._notice_s.append((order.ready - order.placed) * _MINUTE)
        return bool(new)

    def expected(self, look_ahead_s: int) -> npt.NDArray[np.float64]:
        """Orders expected by restaurant: mostly where they came from, a share of them anywhere."""
        evenly = self._weights.sum() / max(1, len(self._weights))
        weights = (1 - self._spread) * self._weights + self._spread * evenly
        return np.asarray(weights * look_ahead_s / (_MINUTE * self._memory_min))

    @property
    def notice_s(self) -> Sequence[int]:
        """How long before it is ready an order was placed, of the latest ones; empty as long as too few are known."""
        return self._notice_s[-_NOTICES:] if len(self._notice_s) >= _FEW else ()
