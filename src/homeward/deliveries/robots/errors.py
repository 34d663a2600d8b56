"""What the simulator refuses."""

from dataclasses import dataclass

from homeward.kit.problems import Problem


@dataclass(eq=False)
class StepNotPossible(Problem):
    """`possible` lists the steps that can happen in this state."""

    slug, status = "step-not-possible", 409
    title = "This cannot happen to the delivery now; `possible` lists what can."

    delivery_id: str
    step: str
    state: str
    possible: list[str]


@dataclass(eq=False)
class StepNeedsReason(Problem):
    slug, status = "step-needs-reason", 422
    title = "Say why with one of `reasons`."

    step: str
    reasons: list[str]
