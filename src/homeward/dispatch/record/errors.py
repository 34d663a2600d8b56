"""What the record refuses."""

from dataclasses import dataclass

from homeward.kit.problems import Problem


@dataclass(eq=False)
class PeriodNotPossible(Problem):
    slug, status = "period-not-possible", 422
    title = "Name a period that begins before it ends and is not longer than `most_days`; ask again for the rest."

    most_days: int
