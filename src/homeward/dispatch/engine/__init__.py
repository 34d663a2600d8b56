"""The optimiser: a problem in, a plan out. No clock, no I/O, no hidden randomness; imports nothing but `kit`."""

from homeward.dispatch.engine.plan import (
    Candidate,
    CostTerms,
    Insertion,
    Limit,
    Plan,
    PlannedRoute,
    PlannedStop,
    Refusal,
    Unassigned,
)
from homeward.dispatch.engine.planner import Routes, candidates, candidates_of_each, evaluate, plan
from homeward.dispatch.engine.problem import (
    NO_CURVE,
    UNREACHABLE,
    LatenessCurve,
    PayModel,
    Problem,
    Request,
    Stop,
    StopKey,
    StopKind,
    Vehicle,
)
from homeward.dispatch.engine.search import Deadline

__all__ = [
    "NO_CURVE",
    "UNREACHABLE",
    "Candidate",
    "CostTerms",
    "Deadline",
    "Insertion",
    "LatenessCurve",
    "Limit",
    "PayModel",
    "Plan",
    "PlannedRoute",
    "PlannedStop",
    "Problem",
    "Refusal",
    "Request",
    "Routes",
    "Stop",
    "StopKey",
    "StopKind",
    "Unassigned",
    "Vehicle",
    "candidates",
    "candidates_of_each",
    "evaluate",
    "plan",
]
