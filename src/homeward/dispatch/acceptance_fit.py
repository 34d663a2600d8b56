"""Learning from couriers' answers: a small logistic regression with a prior. Pure.

Market weights are drawn towards their prior and each courier's own part towards none, so that little evidence changes
little: without any answer the prior itself comes out, and one courier's three noes do not make them a refuser.

Source: Newton's method for the maximum a posteriori of a logistic regression with Gaussian priors; the couriers' parts
are random intercepts (Gelman & Hill 2007, Data Analysis Using Regression and Multilevel Models, chapter 14).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from homeward.dispatch.acceptance import COURIER_SPREAD, PRIOR, TERMS, AcceptanceModel, Features

_STEPS: Final = 25
_SETTLED: Final = 1e-8
# Enough for any explanation, and coarse enough that no rounding of another processor shows.
_DIGITS: Final = 4

_Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Answer:
    """One offer that was answered, or ran out. Withdrawn ones tell nothing of the courier."""

    courier_id: str
    features: Features
    accepted: bool


def fit(answers: Sequence[Answer]) -> AcceptanceModel:
    """The model that the answers and the prior together make most likely.

    Parameters
    ----------
    answers
        In any order; the same answers give the same model.
    """
    if not answers:
        return PRIOR
    ordered = sorted(answers, key=lambda answer: (answer.courier_id, answer.accepted, repr(answer.features)))
    couriers = sorted({answer.courier_id for answer in ordered})
    design = _design(ordered, couriers)
    said_yes = np.array([answer.accepted for answer in ordered], dtype=np.float64)
    mean = np.array([*(term.mean for term in TERMS.values()), *(0.0 for _ in couriers)])
    spread = np.array([*(term.spread for term in TERMS.values()), *(COURIER_SPREAD for _ in couriers)])
    weights = _most_likely(design, said_yes, mean, spread)
    rounded = [round(float(weight), _DIGITS) for weight in weights]
    return AcceptanceModel(
        weights=dict(zip(TERMS, rounded, strict=False)),
        couriers=dict(zip(couriers, rounded[len(TERMS) :], strict=True)),
        answers=len(ordered),
    )


def _design(answers: Sequence[Answer], couriers: Sequence[str]) -> _Array:
    """One row per answer: 1 for what is usual, the features, then a 1 in the column of its courier."""
    column = {courier_id: len(TERMS) + number for number, courier_id in enumerate(couriers)}
    design = np.zeros((len(answers), len(TERMS) + len(couriers)))
    design[:, 0] = 1.0
    for row, answer in enumerate(answers):
        design[row, 1 : len(TERMS)] = list(answer.features.by_name().values())
        design[row, column[answer.courier_id]] = 1.0
    return design


def _most_likely(design: _Array, said_yes: _Array, mean: _Array, spread: _Array) -> _Array:
    """Newton's steps from the prior; the prior's curvature keeps every step solvable."""
    firmness = 1 / spread**2
    weights = mean.copy()
    for _ in range(_STEPS):
        expected = 1 / (1 + np.exp(-np.clip(design @ weights, -30, 30)))
        slope = design.T @ (said_yes - expected) - firmness * (weights - mean)
        curvature = (design.T * (expected * (1 - expected))) @ design + np.diag(firmness)
        step = np.linalg.solve(curvature, slope)
        # A long step may overshoot far from the optimum; the direction is right.
        weights += step / max(1.0, float(np.abs(step).max()) / 2)
        if np.abs(step).max() < _SETTLED:
            break
    return weights
