"""Made-up days of a market, to see whether promises hold: rush hours, busy days, rain, a slow drift, late stores.

No service and no planner: only how much later than expected somebody is at the door, drawn from a seed. What the market
knows each morning is what has ended before.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np

from homeward.kit.units import Seconds
from homeward.quotes.calibration import Calibration, Seen, buffer_s, learn, share_kept

FIRST_DAY = datetime(2026, 1, 5, tzinfo=UTC)
FIXED_S, FIXED_PER_MILLE = 300, 250
OPEN_HOURS = range(8, 22)
RUSH = {12: 1.5, 13: 1.4, 17: 1.7, 18: 2.0, 19: 1.6}


@dataclass(frozen=True)
class Way:
    """One delivery of a day: when it is expected, how far it is, and how late it would be with time to spare or not."""

    expected_at: datetime
    drive_s: int
    late_s: int | None


@dataclass(frozen=True)
class Kept:
    """One promise after the fact."""

    day: int
    hour: int
    kept: bool
    stated: float
    buffer_s: int
    learned: bool


@dataclass
class Town:
    """`per_hour` deliveries in every open hour (fewer on `quiet` ones)."""

    seed: int
    per_hour: float
    quiet: dict[int, float] = field(default_factory=dict)
    drift: float = 0.3
    rush: dict[int, float] = field(default_factory=lambda: dict(RUSH))

    def day(self, number: int) -> list[Way]:
        """Everything of one day, from the seed and the day's number alone."""
        rng = np.random.default_rng([self.seed, number])
        load = rng.lognormal(0.0, 0.15)
        rain = rng.random() < 0.2
        # Through the year couriers learn the town, or lose their routine.
        season = 1.0 + self.drift * np.sin(2 * np.pi * number / 365)
        ways = []
        for hour in OPEN_HOURS:
            pressure = self.rush.get(hour, 1.0) * load * season * (1.35 if rain else 1.0)
            for _ in range(rng.poisson(self.quiet.get(hour, self.per_hour))):
                at = FIRST_DAY + timedelta(days=number, hours=hour, seconds=int(rng.integers(3_600)))
                drive_s = int(rng.gamma(4.0, 130.0)) + 60
                wait_s = rng.exponential(120.0 * pressure) - 180.0
                road_s = drive_s * (pressure * rng.lognormal(-0.15, 0.3) - 1.0) * 0.5
                store_s = rng.uniform(120, 900) if rng.random() < 0.15 else 0.0
                never = rng.random() < 0.003
                ways.append(Way(at, drive_s, None if never else int(wait_s + road_s + store_s)))
        return ways


def run(
    town: Town,
    days: int,
    *,
    share_pct: int = 90,
    learn_every: int = 2,
    dispatch: Callable[[int, int], int] = lambda late_s, spare_s: late_s,
    least_s: int = 0,
) -> list[Kept]:
    """Every promise of so many days.

    `dispatch` makes the real lateness of the natural one and of the time it has. Nothing is told that is earlier than
    `least_s` after the expected moment: express promises an hour although it could be sooner.
    """
    known: Calibration | None = None
    seen: list[Seen] = []
    found = []
    for number in range(days):
        morning = FIRST_DAY + timedelta(days=number)
        if number % learn_every == 0:
            seen = [one for one in seen if morning - one.ended_at < timedelta(days=120)]
            known = (
                learn(seen, morning, version=number + 1, share_pct=share_pct, fixed_s=FIXED_S,
                      drive_per_mille=FIXED_PER_MILLE)
            )  # fmt: skip
        for way in town.day(number):
            fixed_s = FIXED_S + way.drive_s * FIXED_PER_MILLE // 1_000
            spare_s: int = fixed_s
            if known:
                spare_s = buffer_s(known, share_pct, way.expected_at, "UTC", way.drive_s)
            told_s = max(spare_s, least_s)
            late_s = None if way.late_s is None else dispatch(way.late_s, told_s)
            kept = late_s is not None and late_s <= told_s
            held = late_s is not None and late_s <= spare_s
            stated = share_kept(known, way.expected_at, "UTC", way.drive_s, told_s) if known else share_pct / 100
            found.append(Kept(number, way.expected_at.hour, kept, stated, spare_s, known is not None))
            ended = way.expected_at + timedelta(seconds=late_s or 0)
            aimed = share_pct / 100 if known else None
            seen.append(Seen(way.expected_at.hour, ended, True, Seconds(way.drive_s), late_s, kept, aimed, held))
    return found


def held_pct(promises: list[Kept]) -> float:
    return 100 * sum(one.kept for one in promises) / len(promises)
