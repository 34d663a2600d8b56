"""The physics of believable positions: pure rules with named figures. No rule alone says that somebody cheats.

A web app cannot ask a phone whether its position is made up, so we look at what only made-up ones do. Honest phones do
some of it too (a receiver that always says 65 m, a lift that shows another street), hence points and a person.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

from homeward.fleets.couriers.model import Fix
from homeward.fleets.couriers.traces.model import Claim, Claimed, Finding, Rule, Trace
from homeward.kit.places import LatLon, great_circle_m

RULES_VERSION: Final = "1"
WORTH_A_LOOK: Final = 40
"""From here on a score stands in the list of those to be reviewed."""
FULL: Final = 100

MOST_MPS: Final = 55.0
FAR_M: Final = 250.0
LEVEL_FOR: Final = timedelta(seconds=60)
SAME_IN_A_ROW: Final = 20

_POINTS: Final = {
    Rule.TOO_FAST: 30,
    Rule.NO_JITTER: 45,
    # What many honest receivers do as well counts little alone.
    Rule.SAME_ACCURACY: 10,
    Rule.TIMES_TOO_EVEN: 15,
    Rule.TIMES_BACKWARDS: 15,
    Rule.ARRIVED_FAR_AWAY: 40,
    Rule.SHARED_TRACE: 60,
    Rule.NO_DWELL: 25,
    Rule.PHOTO_FAR_AWAY: 40,
}
_STRAIGHT_M: Final = 0.5
_FEWEST: Final = 6
_UNKNOWN_ACCURACY_M: Final = 30
_LAST_FIX_COUNTS_FOR: Final = timedelta(minutes=2)
_BACK_S: Final = 2.0
_EVEN_S: Final = 0.002
_AT_THE_DOOR_M: Final = 100.0
_SHORTEST_DWELL_S: Final = 15.0
_DWELL_WITHIN: Final = timedelta(minutes=10)
_BESIDE_M: Final = 25.0
_BESIDE_S: Final = 5.0
_MOVING_MPS: Final = 2.0
_SHARED_PCT: Final = 80.0


def judge(trace: Trace) -> tuple[int, tuple[Finding, ...]]:
    """The score and what it is made of, the weightiest first.

    The points of a rule grow with how often it struck, up to double; the score is their sum, at most 100.
    """
    fixes = in_time(trace)
    found = [
        *_worst(_too_fast(fixes)),
        *_worst(_no_jitter(fixes)),
        *_worst(_same_accuracy(fixes)),
        *_worst(_backwards(trace)),
        *_worst(_too_even(fixes)),
        *_worst(_arrived_far_away(fixes, trace.claims)),
        *_worst(_no_dwell(fixes, trace.claims)),
        *_worst(_photo_far_away(trace)),
        *_worst(_shared(fixes, trace)),
    ]
    findings = tuple(sorted(found, key=lambda one: (-one.points, one.rule)))
    return min(FULL, sum(one.points for one in findings)), findings


def in_time(trace: Trace) -> list[Fix]:
    """By business time, each moment once: a phone that got no answer sends a batch again."""
    by_time = {heard.fix.at: heard.fix for heard in trace.heard}
    return [by_time[at] for at in sorted(by_time)]


def _worst(found: Iterable[Finding]) -> list[Finding]:
    """All cases of one rule as one finding: the worst case, how often, and the points for it."""
    cases = list(found)
    if not cases:
        return []
    worst = min(cases, key=lambda one: one.value) if cases[0].rule is Rule.NO_DWELL else max(cases, key=_value)
    base = _POINTS[worst.rule]
    points = min(2 * base, base * (1 + len(cases)) // 2)
    return [Finding(worst.rule, worst.value, worst.allowed, worst.at, points, times=len(cases), subject=worst.subject)]


def _value(finding: Finding) -> float:
    return finding.value


def _case(rule: Rule, value: float, allowed: float, at: datetime, subject: str | None = None) -> Finding:
    return Finding(rule, round(value, 1), allowed, at, _POINTS[rule], subject=subject)


# ── the receiver ──


def _too_fast(fixes: Sequence[Fix]) -> Iterator[Finding]:
    """Both accuracies are given to the phone before its speed is believed."""
    for a, b in pairwise(fixes):
        way_m = great_circle_m(a.place, b.place) - _blur_m(a) - _blur_m(b)
        mps = way_m / max(1.0, _seconds(a, b))
        if mps > MOST_MPS:
            yield _case(Rule.TOO_FAST, mps, MOST_MPS, b.at)


def _no_jitter(fixes: Sequence[Fix]) -> Iterator[Finding]:
    """Runs in which each position lies exactly where a ruler between its neighbours says, and which move."""
    for run in _runs(fixes, [_on_a_ruler(a, b, c) for a, b, c in zip(fixes, fixes[1:], fixes[2:], strict=False)]):
        length_s = _seconds(run[0], run[-1])
        if len(run) >= _FEWEST and length_s >= LEVEL_FOR.total_seconds():
            yield _case(Rule.NO_JITTER, length_s, LEVEL_FOR.total_seconds(), run[-1].at)


def _on_a_ruler(a: Fix, b: Fix, c: Fix) -> bool:
    moved_m, length_s = great_circle_m(a.place, c.place), _seconds(a, c)
    if moved_m < _MOVING_MPS * length_s:
        return False
    share = _seconds(a, b) / length_s
    between = LatLon(
        a.place.lat + (c.place.lat - a.place.lat) * share, a.place.lon + (c.place.lon - a.place.lon) * share
    )
    return great_circle_m(b.place, between) < _STRAIGHT_M


def _runs(fixes: Sequence[Fix], level: Sequence[bool]) -> Iterator[Sequence[Fix]]:
    """Stretches whose inner positions are all level; `level[n]` is about `fixes[n + 1]`."""
    begin: int | None = None
    for number, is_level in enumerate([*level, False]):
        if is_level and begin is None:
            begin = number
        elif not is_level and begin is not None:
            yield fixes[begin : number + 2]
            begin = None


def _same_accuracy(fixes: Sequence[Fix]) -> Iterator[Finding]:
    told = [fix for fix in fixes if fix.accuracy_m is not None]
    same = [a.accuracy_m == b.accuracy_m for a, b in pairwise(told)]
    for length, at in _stretches(same, told):
        if length >= SAME_IN_A_ROW:
            yield _case(Rule.SAME_ACCURACY, length, SAME_IN_A_ROW, at)


def _too_even(fixes: Sequence[Fix]) -> Iterator[Finding]:
    gaps = [_seconds(a, b) for a, b in pairwise(fixes)]
    even = [abs(a - b) < _EVEN_S for a, b in pairwise(gaps)]
    for length, at in _stretches(even, fixes[1:]):
        if length >= SAME_IN_A_ROW:
            yield _case(Rule.TIMES_TOO_EVEN, length, SAME_IN_A_ROW, at)


def _stretches(alike: Sequence[bool], fixes: Sequence[Fix]) -> Iterator[tuple[int, datetime]]:
    """How many in a row are alike, and when the last of them was; `alike[n]` compares `fixes[n]` with the next."""
    length = 1
    for number, same in enumerate([*alike, False]):
        if same:
            length += 1
        else:
            if length > 1:
                yield length, fixes[number].at
            length = 1


def _backwards(trace: Trace) -> Iterator[Finding]:
    """A later report that tells of an earlier time. One that was sent again is no news, and one batch has no order."""
    newest: datetime | None = None
    seen: set[datetime] = set()
    for batch in _batches(trace):
        fresh = [fix.at for fix in batch if fix.at not in seen]
        seen.update(fresh)
        if not fresh:
            continue
        back_s = (newest - min(fresh)).total_seconds() if newest else 0.0
        if back_s > _BACK_S:
            yield _case(Rule.TIMES_BACKWARDS, back_s, 0, min(fresh))
        newest = max(newest, *fresh) if newest else max(fresh)


def _batches(trace: Trace) -> list[list[Fix]]:
    by_report: dict[datetime, list[Fix]] = {}
    for heard in trace.heard:
        by_report.setdefault(heard.recorded_at, []).append(heard.fix)
    return [by_report[at] for at in sorted(by_report)]


# ── what was claimed ──


def _arrived_far_away(fixes: Sequence[Fix], claims: Sequence[Claimed]) -> Iterator[Finding]:
    """By the last fix before; an old one says nothing, for there are streets without any reception."""
    for claim in claims:
        last = _last_before(fixes, claim.at)
        if claim.claim is Claim.ARRIVED and last is not None:
            away_m = great_circle_m(last.place, claim.place) - _blur_m(last)
            if away_m > FAR_M:
                yield _case(Rule.ARRIVED_FAR_AWAY, away_m, FAR_M, claim.at, claim.delivery_id)


def _last_before(fixes: Sequence[Fix], at: datetime) -> Fix | None:
    place = bisect_left(fixes, at + timedelta(seconds=1), key=_at)
    last = fixes[place - 1] if place else None
    return last if last is not None and at - last.at <= _LAST_FIX_COUNTS_FOR else None


def _no_dwell(fixes: Sequence[Fix], claims: Sequence[Claimed]) -> Iterator[Finding]:
    """The longest that somebody can have been at the door, from the last fix away before to the first away after.

    Few fixes make that long, so a phone that reports seldom is never found.
    """
    for claim in claims:
        if claim.claim is not Claim.HANDED_OVER:
            continue
        away = [fix for fix in fixes if great_circle_m(fix.place, claim.place) > _AT_THE_DOOR_M + _blur_m(fix)]
        before = [fix for fix in away if claim.at - _DWELL_WITHIN <= fix.at <= claim.at]
        after = [fix for fix in away if claim.at < fix.at <= claim.at + _DWELL_WITHIN]
        if before and after and (dwell_s := _seconds(before[-1], after[0])) < _SHORTEST_DWELL_S:
            yield _case(Rule.NO_DWELL, dwell_s, _SHORTEST_DWELL_S, claim.at, claim.delivery_id)


def _photo_far_away(trace: Trace) -> Iterator[Finding]:
    for picture in trace.pictures:
        away_m = great_circle_m(picture.place, picture.door)
        if away_m > FAR_M:
            yield _case(Rule.PHOTO_FAR_AWAY, away_m, FAR_M, picture.at, picture.delivery_id)


# ── two phones, one way ──


def _shared(fixes: Sequence[Fix], trace: Trace) -> Iterator[Finding]:
    """Only while moving: couriers wait side by side at every busy store."""
    moving = [b for a, b in pairwise(fixes) if great_circle_m(a.place, b.place) >= _MOVING_MPS * _seconds(a, b)]
    if len(moving) < SAME_IN_A_ROW:
        return
    for other_id, theirs in sorted(trace.others.items()):
        beside = [fix for fix in moving if _is_beside(fix, theirs)]
        share_pct = 100 * len(beside) / len(moving)
        if len(beside) >= SAME_IN_A_ROW and share_pct >= _SHARED_PCT:
            yield _case(Rule.SHARED_TRACE, share_pct, _BESIDE_M, beside[-1].at, other_id)


def _is_beside(fix: Fix, theirs: Sequence[Fix]) -> bool:
    """`theirs` by time."""
    place = bisect_left(theirs, fix.at, key=_at)
    near = [one for one in theirs[max(0, place - 1) : place + 1] if abs(_seconds(fix, one)) <= _BESIDE_S]
    return any(great_circle_m(fix.place, one.place) <= _BESIDE_M for one in near)


def _at(fix: Fix) -> datetime:
    return fix.at


def _seconds(a: Fix, b: Fix) -> float:
    return (b.at - a.at).total_seconds()


def _blur_m(fix: Fix) -> float:
    return fix.accuracy_m if fix.accuracy_m is not None else _UNKNOWN_ACCURACY_M
