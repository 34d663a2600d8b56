"""Refusals around feedback. Pure."""

from dataclasses import dataclass

from homeward.kit.problems import Problem


@dataclass(eq=False)
class NotEndedYet(Problem):
    slug, status = "not-ended-yet", 409
    title = "The delivery is still under way; send this when it has ended."

    delivery_id: str
    state: str
