"""What rows add up to: vehicles and cost against the best known, and against each peer at the same core-seconds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from statistics import mean
from typing import Any, Final

Row = dict[str, Any]

OURS: Final = "homeward"
SIZE_COLUMNS: Final = (
    "class", "seconds", "solver", "instances", "vehicles", "best", "above_best", "at_best", "gap_pct", "infeasible",
)  # fmt: skip
PEER_COLUMNS: Final = ("peer", "seconds", "class", "instances", "ahead", "level", "behind", "ahead_or_level_pct")
# Two costs this close are the same plan: what is left is the rounding of published values to two decimals.
_SAME: Final = 1e-4


def by_size(rows: Iterable[Row]) -> list[Row]:
    """Totals by size class, time limit and solver.

    `gap_pct` is the mean over the instances at the best-known number of vehicles (or fewer), since a plan with a
    vehicle more drives less; what needs more vehicles is counted in `above_best` instead.
    """
    ordered = sorted(rows, key=_size_key)
    return [_total(key, list(group)) for key, group in groupby(ordered, key=_size_key)]


def _size_key(row: Row) -> tuple[Any, ...]:
    return row["size_class"], row["seconds"], row["solver"] != OURS, row["solver"]


def _total(key: tuple[Any, ...], rows: Sequence[Row]) -> Row:
    good = [row for row in rows if row["feasible"]]
    known = [row for row in good if row["best_vehicles"] is not None]
    at_best = [row for row in known if row["vehicles"] <= row["best_vehicles"]]
    gaps = [gap_pct(row) for row in at_best if row["vehicles"] == row["best_vehicles"]]
    return {
        "class": key[0],
        "seconds": key[1],
        "solver": key[3],
        "instances": len(rows),
        "vehicles": sum(row["vehicles"] for row in good),
        "best": sum(row["best_vehicles"] for row in known) if known else None,
        "above_best": sum(row["vehicles"] - row["best_vehicles"] for row in known) if known else None,
        "at_best": len(at_best) if known else None,
        "gap_pct": round(mean(gaps), 3) if gaps else None,
        "infeasible": len(rows) - len(good),
    }


def gap_pct(row: Row) -> float:
    """How far the cost lies above the best known, in percent."""
    return 100.0 * (float(row["cost"]) / float(row["best_cost"]) - 1.0)


def against_peers(rows: Iterable[Row]) -> list[Row]:
    """On how many instances we are ahead of each peer, by vehicles and then cost, at the same core-seconds."""
    cells = {(row["instance"], row["seconds"], row["solver"]): row for row in rows}
    meetings = [
        (peer, seconds, row["size_class"], compare(ours, row))
        for (instance, seconds, peer), row in cells.items()
        if peer != OURS and (ours := cells.get((instance, seconds, OURS))) is not None
    ]
    meetings += [(peer, seconds, "all", ahead) for peer, seconds, _, ahead in meetings]
    meetings.sort(key=lambda meeting: meeting[:3])
    return [_tally(key, [m[3] for m in group]) for key, group in groupby(meetings, key=lambda meeting: meeting[:3])]


def compare(ours: Row, theirs: Row) -> int:
    """1 if ours is better, -1 if theirs is, 0 if they are level; a plan that breaks a rule loses to every other."""
    mine, other = _rank(ours), _rank(theirs)
    if mine[:2] == other[:2] and abs(mine[2] - other[2]) <= _SAME * max(1.0, abs(other[2])):
        return 0
    return 1 if mine < other else -1


def _rank(row: Row) -> tuple[bool, int, float]:
    if not row["feasible"]:
        return True, 0, 0.0
    return False, int(row["vehicles"]), float(row["cost"])


def _tally(key: tuple[str, float, str], outcomes: Sequence[int]) -> Row:
    ahead, level = outcomes.count(1), outcomes.count(0)
    return {
        "peer": key[0],
        "seconds": key[1],
        "class": key[2],
        "instances": len(outcomes),
        "ahead": ahead,
        "level": level,
        "behind": outcomes.count(-1),
        "ahead_or_level_pct": round(100.0 * (ahead + level) / len(outcomes), 1),
    }
