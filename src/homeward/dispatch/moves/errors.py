"""What is refused when a delivery is moved by hand, and what to do then."""

from dataclasses import dataclass

from homeward.dispatch.moves.model import Effect
from homeward.kit.problems import Problem


@dataclass(eq=False)
class PlanChanged(Problem):
    """Nothing was moved. `effect` is what the same move would do now, with the basis to confirm it by."""

    slug, status = "plan-changed", 409
    title = "The plan has changed since this effect was worked out; look at the new effect and confirm that one."

    effect: Effect
