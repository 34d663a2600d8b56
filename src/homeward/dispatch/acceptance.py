"""How likely a courier says yes to an offer, and why. Pure; the rule is published in docs/explanation/dispatch.md.

The log-odds of a yes are a sum of terms, one for each feature of the offer and one for the courier. So every answer can
be taken apart term by term, and the same features always give the same answer. What is not known yet is as the prior
says (`PRIOR`); `acceptance_fit` learns the rest from the answers that couriers gave.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from homeward.fleets.couriers.model import VehicleKind

# A floor's pay is thought of as a quarter of an hour's work.
_FLOOR_WORK_S: Final = 900


@dataclass(frozen=True, slots=True)
class Term:
    """One feature: how it is told, what we believe of its weight before any answer, and how firmly.

    `mean` and `spread` are of a Gaussian on the log-odds: one unit of the feature moves a chance of 50 % by about
    `25 x mean` points.
    """

    says: str
    mean: float
    spread: float


TERMS: Final[Mapping[str, Term]] = {
    "usual": Term("couriers here in general", 2.2, 0.7),
    "pay": Term("pay per minute, in doublings of what the floor pays for a quarter of an hour", 0.8, 0.5),
    "approach": Term("way to the first store, per ten minutes", -0.5, 0.4),
    "length": Term("work, per half hour", -0.2, 0.3),
    "further": Term("each further delivery", -0.15, 0.3),
    "busy": Term("already has stops to make", 0.1, 0.4),
    "muscle": Term("each kilometre on foot or by bicycle", -0.12, 0.1),
    "noes": Term("each no, or no answer, within the last hour", -0.5, 0.3),
    "rest": Term("since the last question, per ten minutes", 0.1, 0.15),
}
FEATURES: Final = frozenset(TERMS) - {"usual"}
# How far couriers differ from each other, all else equal.
COURIER_SPREAD: Final = 0.8

_LEAST, _MOST = 0.02, 0.99


@dataclass(frozen=True, slots=True)
class Features:
    """What the chance rests on, in the units of `TERMS`.

    Each is a number, or, for one delivery and many couriers at once, an array of numbers.
    """

    pay: Any
    approach: Any
    length: Any
    further: Any
    busy: Any
    muscle: Any
    noes: Any
    rest: Any

    def by_name(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in TERMS if name != "usual"}


@dataclass(frozen=True, slots=True)
class AcceptanceModel:
    """Weights by term and by courier; `answers` is how many it learned from. Rounded, so that a replay agrees."""

    weights: Mapping[str, float] = field(default_factory=lambda: {name: term.mean for name, term in TERMS.items()})
    couriers: Mapping[str, float] = field(default_factory=dict)
    answers: int = 0


PRIOR: Final = AcceptanceModel()


@dataclass(frozen=True, slots=True)
class Chance:
    """Of 1,000 such questions so many are answered with yes; `terms` are log-odds and add up to its log-odds."""

    per_mille: int
    terms: Mapping[str, float]


def log_odds(model: AcceptanceModel, features: Features, own: Any) -> dict[str, Any]:
    """The terms of a yes. `own`: the courier's part, or an array of the couriers' parts."""
    terms = {name: np.round(model.weights[name] * np.asarray(value), 3) for name, value in features.by_name().items()}
    return {"usual": model.weights["usual"], **terms, "courier": own}


def per_mille(terms: Mapping[str, Any]) -> Any:
    """The chance that terms make, in whole thousandths. Never quite 0 or 1: nobody is that sure."""
    odds = sum(terms.values())
    return np.rint(1_000 * np.clip(1 / (1 + np.exp(-odds)), _LEAST, _MOST)).astype(np.int64)


def chance(model: AcceptanceModel, courier_id: str, features: Features) -> Chance:
    """The chance of a yes, taken apart. `courier` is this courier's own part, beyond what they are asked."""
    terms = log_odds(model, features, model.couriers.get(courier_id, 0.0))
    return Chance(int(per_mille(terms)), {name: float(term) for name, term in terms.items() if term})


def features(
    *,
    pay_minor: Any,
    floor_minor: int,
    work_s: Any,
    distance_m: Any,
    approach_s: Any,
    deliveries: int,
    busy: Any,
    muscle: Any,
    noes: Any,
    asked_s_ago: Any,
) -> Features:
    """Of one offer to one courier, or to many: every argument is a number or an array over couriers.

    Each is cut to where it still means something. Without a floor pay has no measure and counts for nothing.
    """
    level = np.maximum(1, pay_minor) * _FLOOR_WORK_S / (np.maximum(60, work_s) * max(1, floor_minor))
    return Features(
        pay=_cut(np.log2(level), -2, 2) if floor_minor > 0 else 0.0,
        approach=_cut(np.asarray(approach_s) / 600, 0, 6),
        length=_cut(np.asarray(work_s) / 1_800, 0, 4),
        further=_cut(deliveries - 1, 0, 5),
        busy=_cut(busy, 0, 1),
        muscle=_cut(np.asarray(muscle) * np.asarray(distance_m) / 1_000, 0, 15),
        noes=_cut(noes, 0, 3),
        rest=_cut(np.asarray(asked_s_ago) / 600, 0, 3),
    )


def _cut(value: Any, least: float, most: float) -> Any:
    cut = np.round(np.clip(np.asarray(value, dtype=np.float64), least, most), 3)
    return float(cut) if cut.ndim == 0 else cut


def by_muscle(vehicle: VehicleKind) -> bool:
    return vehicle in (VehicleKind.FOOT, VehicleKind.BICYCLE)
