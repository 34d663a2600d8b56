"""The benchmark's figures from what really happened, and how they compare with a reference, pair by pair."""

import csv
import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, median
from typing import Any

from homeward.benchmarks.inputs import UnreadableInput
from homeward.benchmarks.mdrp.checker import Verdict
from homeward.benchmarks.mdrp.instance import Instance

COLUMNS = (
    "instance",
    "orders",
    "undelivered_pct",
    "ctd_mean",
    "ctd_p90",
    "ctd_max",
    "ctd_floor_mean",
    "overage_mean",
    "rtp_mean",
    "rtp_p90",
    "cost_per_order",
    "utilisation_mean",
    "decision_s_max",
)
# Our column and the reference's columns that say the same.
PAIRS = {
    "ctd_mean": ("meas_rolling_ctd_mean", "meas_foodmatch_ctd_mean", "pub_rolling_ctd", "pub_exact_ctd"),
    "undelivered_pct": ("meas_rolling_undel_pct", "meas_foodmatch_undel_pct"),
    "ctd_p90": ("meas_rolling_ctd_p90", "meas_foodmatch_ctd_p90"),
    "overage_mean": ("meas_rolling_over40_mean", "meas_foodmatch_over40_mean"),
    "rtp_mean": ("meas_rolling_rtp_mean", "meas_foodmatch_rtp_mean", "pub_rolling_rtp", "pub_exact_rtp"),
    "rtp_p90": ("meas_rolling_rtp_p90", "meas_foodmatch_rtp_p90"),
    "cost_per_order": ("meas_rolling_cost_per_order", "meas_foodmatch_cost_per_order"),
    "utilisation_mean": ("meas_rolling_util_mean", "meas_foodmatch_util_mean"),
}
_DRAWS = 2_000


@dataclass(frozen=True, slots=True)
class Difference:
    """Ours less theirs, mean over the instances both have, with the middle 95 % of resampled means."""

    ours: str
    theirs: str
    instances: int
    mean: float
    low: float
    high: float


def figures(instance: Instance, verdict: Verdict, decision_s: Sequence[float]) -> dict[str, Any]:
    """One row. Order metrics are over delivered orders only, so the undelivered share stands beside them."""
    rules = instance.setting.rules
    served = {one.order: one for one in verdict.served}
    delivered = [order for order in instance.orders if order.id in served]
    click_to_door = [served[order.id].dropoff - order.placed for order in delivered]
    ready_to_pickup = [served[order.id].pickup - order.ready for order in delivered]
    overage = [max(0, minutes - rules.target_min) for minutes in click_to_door]
    count, used = len(instance.orders), _utilisation(instance, verdict)
    lost = count - len(delivered)
    return {
        "instance": instance.name,
        "orders": count,
        "undelivered_pct": 100 * lost / count if count else 0.0,
        "ctd_mean": _mean(click_to_door),
        "ctd_p90": percentile(click_to_door, 90),
        "ctd_max": max(click_to_door, default=0),
        "ctd_floor_mean": _mean(floors(instance)),
        "overage_mean": _mean(overage),
        "rtp_mean": _mean(ready_to_pickup),
        "rtp_p90": percentile(ready_to_pickup, 90),
        "cost_per_order": sum(_pay(instance, verdict)) / max(1, len(delivered)),
        "utilisation_mean": _mean(used),
        "decision_s_max": max(decision_s, default=0.0),
        "utilisation_p10": percentile(used, 10),
        "decision_s_median": median(decision_s) if decision_s else 0.0,
        "decision_s_total": sum(decision_s),
        "decisions": len(decision_s),
        "orders_per_bundle": len(delivered) / max(1, verdict.pickups),
        "on_guarantee_pct": 100 * _mean([pay > earned for pay, earned in _pay_and_earned(instance, verdict)]),
        # One figure to rank by: an undelivered order counts as one at the stated maximum.
        "ctd_lost_at_max": (sum(click_to_door) + lost * rules.maximum_min) / max(1, count),
    }


def floors(instance: Instance) -> list[int]:
    """What no dispatcher can beat, by order: cooking, the direct way, half a service at each end."""
    rules = instance.setting.rules
    places = {restaurant.id: restaurant.at for restaurant in instance.setting.restaurants}
    halves = rules.pickup_min // 2 + rules.dropoff_min // 2
    return [
        order.ready - order.placed + halves + rules.travel_min(places[order.restaurant], order.at)
        for order in instance.orders
    ]


def percentile(values: Sequence[float], share: float) -> float:
    """Linear between the two nearest ranks."""
    if not values:
        return 0.0
    ranked = sorted(values)
    rank = (len(ranked) - 1) * share / 100
    below = math.floor(rank)
    above = min(below + 1, len(ranked) - 1)
    return ranked[below] + (ranked[above] - ranked[below]) * (rank - below)


def means(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Plain means over instances: each counts once. Largest decision, sum of decision time."""
    summary: dict[str, Any] = {"instance": f"mean of {len(rows)}"}
    for name in rows[0]:
        if name != "instance":
            summary[name] = fmean(row[name] for row in rows)
    summary["decision_s_max"] = max(row["decision_s_max"] for row in rows)
    return summary


def read_reference(path: Path) -> dict[str, dict[str, float]]:
    """The reference CSV by instance; empty cells are left out."""
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
            return {row["instance"]: _numbers(row) for row in rows}
    except (OSError, KeyError, UnicodeDecodeError, csv.Error) as damage:
        raise UnreadableInput(str(path), f"{damage}.", "a CSV with a column `instance`") from damage


def differences(rows: Sequence[Mapping[str, Any]], reference: Mapping[str, Mapping[str, float]]) -> list[Difference]:
    """Ours less theirs for every column that both have, instance by instance."""
    found = []
    for ours, columns in PAIRS.items():
        for theirs in columns:
            pairs = [
                row[ours] - known[theirs] for row in rows if theirs in (known := reference.get(row["instance"], {}))
            ]
            if pairs:
                low, high = bootstrap(pairs)
                found.append(Difference(ours, theirs, len(pairs), fmean(pairs), low, high))
    return found


def bootstrap(pairs: Sequence[float]) -> tuple[float, float]:
    """The middle 95 % of means of resampled differences; the same every time (Efron 1979)."""
    rng = random.Random(0)
    drawn = sorted(fmean(rng.choices(pairs, k=len(pairs))) for _ in range(_DRAWS))
    return percentile(drawn, 2.5), percentile(drawn, 97.5)


def _numbers(row: Mapping[str, str]) -> dict[str, float]:
    numbers = {}
    for name, cell in row.items():
        try:
            numbers[name] = float(cell)
        except (TypeError, ValueError):
            continue
    return numbers


def _mean(values: Sequence[float]) -> float:
    return fmean(values) if values else 0.0


def _utilisation(instance: Instance, verdict: Verdict) -> list[float]:
    shifts = ((c.id, c.off - c.on) for c in instance.setting.couriers)
    return [verdict.work_min[name] / minutes for name, minutes in shifts if minutes > 0]


def _pay(instance: Instance, verdict: Verdict) -> list[float]:
    return [pay for pay, _ in _pay_and_earned(instance, verdict)]


def _pay_and_earned(instance: Instance, verdict: Verdict) -> list[tuple[float, float]]:
    """By courier: what is paid, and what the orders alone would pay."""
    rules = instance.setting.rules
    delivered = dict.fromkeys((c.id for c in instance.setting.couriers), 0)
    for one in verdict.served:
        delivered[one.courier] += 1
    earned = {name: rules.pay_per_order * count for name, count in delivered.items()}
    return [
        (max(earned[c.id], rules.pay_per_hour * (c.off - c.on) / 60), earned[c.id]) for c in instance.setting.couriers
    ]
