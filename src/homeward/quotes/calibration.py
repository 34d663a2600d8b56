"""How much a promise keeps in hand: learned from how earlier ones ended. Pure.

The expected moment at the door is a sum of steps (promise.py). How far the real moments lie from it, by hour of the
day, says how much to add so that a wanted share of promises is kept. What, why and with which limits:
docs/explanation/quotes-and-promises.md.

Sources: split conformal prediction with its finite-sample correction (Lei et al. 2018, JASA 113), weights that favour
the recent (Barber et al. 2023, Annals of Statistics 51), pooling of hours as a hierarchical Dirichlet process does it
(Teh et al. 2006, JASA 101): a group begins with the weight of some observations of its parent.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from homeward.kit.units import Seconds

SHARES_PCT: Final = range(50, 100)
"""Shares that quantiles are kept for: what a market may aim at, and what a promise may be said to hold."""

LEAST_S: Final = 60
"""A learned buffer is never less: below a minute it would only pretend to know."""
MOST_S: Final = 2_700
"""Nor more: one bad morning of a young market must not end express there; the stated share then tells how bad it was.
It has to stay below an hour in any case, or what an hour leaves behind would reach beyond the next."""

MIN_SAMPLE: Final = 30
"""Before so many deliveries have ended, the market's fixed buffer stands."""
HOUR_BORROWS: Final = 20.0
"""An hour begins with the weight of so many of its market's deliveries…"""
MARKET_BORROWS: Final = 20.0
"""… and a market with so many that needed just its fixed buffer."""
HALF_LIFE: Final = timedelta(days=21)
"""A delivery counts half after three weeks: long enough to know an hour, short enough to follow a season."""
FEEDBACK_HALF_LIFE: Final = timedelta(days=7)
"""How soon promises that fail too often, or too seldom, change those that are made."""
MEMORY: Final = timedelta(days=120)
"""Older ones weigh less than two in a hundred and are not read."""

URGENT_SLACK_S: Final = 1_800
"""A promise with no more to spare than this is carried as fast as it can be; dispatch lets others wait."""

_FEEDBACK_BORROWS: Final = 5.0  # broken promises, both meant and seen: a few more or less are chance
_FEEDBACK_MOST: Final = 2.0
_NEVER_S: Final = 1_000_000.0  # beyond anything that a promise covers
_HOURS: Final = 24

_Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class HourCurve:
    """One hour of the day.

    `sample` deliveries bear the figures, borrowed ones included and older ones counting less. `quantiles` are for each
    of SHARES_PCT by how many seconds a delivery was later at the door than expected, beyond what is added for its
    drive. `windows_kept` of a thousand promises with time to spare were kept.
    """

    sample: int
    quantiles: tuple[int, ...]
    windows_sample: int
    windows_kept: int


@dataclass(frozen=True, slots=True)
class Calibration:
    """What a market has learned by some moment. Never changed: quotes name the version they were computed with.

    The seconds of the market's fixed buffer are what is learned; what it adds for each second of driving stays, as
    `drive_per_mille`: long drives vary more.
    """

    version: int
    learned_at: datetime
    drive_per_mille: int
    hours: tuple[HourCurve, ...]

    def hour(self, moment: datetime, time_zone: str) -> HourCurve:
        return self.hours[moment.astimezone(ZoneInfo(time_zone)).hour]


@dataclass(frozen=True, slots=True)
class Seen:
    """How one promise ended, as far as learning looks.

    `late_s` is from the expected to the real moment at the door, None if nobody ever came there; `kept` is whether what
    was told was kept. `aimed` is the share that what was kept in hand was learned for, None if it was the fixed buffer;
    `held` whether it was enough.
    """

    hour: int
    ended_at: datetime
    urgent: bool
    drive_s: Seconds
    late_s: int | None
    kept: bool
    aimed: float | None
    held: bool


# ── asking ──


def buffer_s(calibration: Calibration, share_pct: int, expected_at: datetime, time_zone: str, drive_s: int) -> Seconds:
    """What to add to the expected moment so that `share_pct` of a hundred are there in time.

    Never makes a later expected moment an earlier promise: after an hour with a larger buffer, what that hour's last
    second would have been promised still stands.
    """
    local = expected_at.astimezone(ZoneInfo(time_zone))
    into_hour_s = local.minute * 60 + local.second
    before = expected_at - timedelta(seconds=into_hour_s + 1)
    own = _buffer_of(calibration.hours[local.hour], calibration, share_pct, drive_s)
    earlier = _buffer_of(calibration.hour(before, time_zone), calibration, share_pct, drive_s)
    return Seconds(max(own, earlier - into_hour_s))


def greatest_buffer_s(
    calibration: Calibration, share_pct: int, since: datetime, until: datetime, time_zone: str, drive_s: int
) -> Seconds:
    """The largest buffer of any hour from `since` to `until`."""
    greatest = buffer_s(calibration, share_pct, since, time_zone, drive_s)
    for step in range(1, _HOURS + 1):
        moment = min(since + timedelta(hours=step), until)
        own = _buffer_of(calibration.hour(moment, time_zone), calibration, share_pct, drive_s)
        greatest = Seconds(max(greatest, own))
        if moment >= until:
            break
    return greatest


def share_kept(calibration: Calibration, expected_at: datetime, time_zone: str, drive_s: int, spare_s: int) -> float:
    """The share of deliveries that come at most `spare_s` after they are expected; at most 0.99, at least 0.49."""
    curve = calibration.hour(expected_at, time_zone)
    reach = spare_s - _for_drive_s(calibration.drive_per_mille, drive_s)
    place = bisect_right(curve.quantiles, reach)
    if place == 0:
        return (SHARES_PCT[0] - 1) / 100
    if place == len(SHARES_PCT):
        return SHARES_PCT[-1] / 100
    below, above = curve.quantiles[place - 1], curve.quantiles[place]
    return (SHARES_PCT[place - 1] + (reach - below) / (above - below)) / 100


def hourly_buffers_s(calibration: Calibration, share_pct: int, drive_s: int = 600) -> list[int]:
    """Every hour's own buffer, for a drive of ten minutes: to show what was learned."""
    return [_buffer_of(curve, calibration, share_pct, drive_s) for curve in calibration.hours]


def _buffer_of(curve: HourCurve, calibration: Calibration, share_pct: int, drive_s: int) -> int:
    learned_s = curve.quantiles[share_pct - SHARES_PCT[0]]
    return min(MOST_S, max(LEAST_S, learned_s + _for_drive_s(calibration.drive_per_mille, drive_s)))


def _for_drive_s(drive_per_mille: int, drive_s: int) -> int:
    return drive_s * drive_per_mille // 1_000


# ── learning ──


def learn(
    seen: Sequence[Seen], now: datetime, *, version: int, share_pct: int, fixed_s: int, drive_per_mille: int
) -> Calibration | None:
    """Every hour's quantiles; None while there is too little to learn from.

    Parameters
    ----------
    seen
        In any order; the answer does not depend on it.
    now
        Deliveries that ended longer ago count less.
    version
        The number that quotes will name.
    share_pct
        What the market aims at: what it believes of windows before it has seen any.
    fixed_s, drive_per_mille
        The market's fixed buffer: so many seconds, and so much for each second of driving.
    """
    seen = [one for one in seen if now - one.ended_at <= MEMORY]
    weights = _weights(seen, now, HALF_LIFE)
    hours = np.array([one.hour for one in seen], dtype=np.int64)
    urgent = np.array([one.urgent for one in seen], dtype=np.bool_)
    if weights[urgent].sum() < MIN_SAMPLE:
        return None
    late = np.array([_beyond_drive_s(one, drive_per_mille) for one in seen], dtype=np.float64)
    kept = np.array([one.kept for one in seen], dtype=np.bool_)
    # The last one is the fixed buffer itself: what a market believes before it has seen anything.
    believed = np.append(late[urgent], float(fixed_s))
    quantiles = _quantiles(believed, weights[urgent], hours[urgent], _stretch(seen, now))
    windows = _windows(kept[~urgent], weights[~urgent], hours[~urgent], share_pct)
    curves = tuple(
        HourCurve(sample, row, windows_sample, windows_kept)
        for (sample, row), (windows_sample, windows_kept) in zip(quantiles, windows, strict=True)
    )
    return Calibration(version, now, drive_per_mille, curves)


def _weights(seen: Sequence[Seen], now: datetime, half_life: timedelta) -> _Floats:
    ended = np.array([one.ended_at.timestamp() for one in seen], dtype=np.float64)
    weights: _Floats = 0.5 ** (np.maximum(0.0, now.timestamp() - ended) / half_life.total_seconds())
    return weights


def _stretch(seen: Sequence[Seen], now: datetime) -> float:
    """By how much to aim at more broken promises, because fewer broke lately than were meant to; below 1: at fewer.

    Quantiles of the past fit the past. A town that gets slower, or a dispatch that uses the time it is given, shows in
    the promises that were made, and this answers to that whatever the cause.

    Source: the idea of adaptive conformal inference, Gibbs and Candès (2021), NeurIPS 34.
    """
    measured = [one for one in seen if one.urgent and one.aimed is not None]
    weights = _weights(measured, now, FEEDBACK_HALF_LIFE)
    meant = float(weights @ np.array([1.0 - (one.aimed or 0.0) for one in measured], dtype=np.float64))
    broken = float(weights @ np.array([not one.held for one in measured], dtype=np.float64))
    ratio = (meant + _FEEDBACK_BORROWS) / (broken + _FEEDBACK_BORROWS)
    return min(_FEEDBACK_MOST, max(1.0 / _FEEDBACK_MOST, ratio))


def _beyond_drive_s(one: Seen, drive_per_mille: int) -> float:
    """How late, but for what is added for the drive."""
    return _NEVER_S if one.late_s is None else float(one.late_s - _for_drive_s(drive_per_mille, one.drive_s))


def _quantiles(
    values: _Floats, weights: _Floats, hours: npt.NDArray[np.int64], stretch: float
) -> list[tuple[int, tuple[int, ...]]]:
    """Of each hour: its sample and its quantiles. The last value is the market's belief and has no hour or weight."""
    order = np.argsort(values, kind="stable")
    parent = np.append(weights, MARKET_BORROWS)
    borrowed = parent * (HOUR_BORROWS / parent.sum())
    shares = 1.0 - stretch * (1.0 - np.array(SHARES_PCT, dtype=np.float64) / 100)
    found = []
    for hour in range(_HOURS):
        own = np.append(np.where(hours == hour, weights, 0.0), 0.0)
        below = np.cumsum((borrowed + own)[order])
        # The next delivery is one more, and may be later than all: with little data that asks for a higher quantile.
        place = np.searchsorted(below, shares * (below[-1] + 1.0) - 1e-9)
        row = values[order][np.minimum(place, len(values) - 1)]
        found.append((round(own.sum() + HOUR_BORROWS), tuple(int(value) for value in np.ceil(row))))
    return found


def _windows(
    kept: npt.NDArray[np.bool_], weights: _Floats, hours: npt.NDArray[np.int64], share_pct: int
) -> list[tuple[int, int]]:
    """Of each hour: the sample of promises with time to spare, and how many of a thousand were kept."""
    total = float(weights.sum())
    market = (float(weights[kept].sum()) + MARKET_BORROWS * share_pct / 100) / (total + MARKET_BORROWS)
    borrowed = min(HOUR_BORROWS, total)
    found = []
    for hour in range(_HOURS):
        own = hours == hour
        sample = float(weights[own].sum())
        share = (float(weights[own & kept].sum()) + HOUR_BORROWS * market) / (sample + HOUR_BORROWS)
        found.append((round(sample + borrowed), int(share * 1_000)))
    return found
