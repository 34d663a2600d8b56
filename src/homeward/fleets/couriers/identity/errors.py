"""What identity checks refuse."""

from dataclasses import dataclass

from homeward.kit.problems import Problem


@dataclass(eq=False)
class CheckNotOpen(Problem):
    """It was settled, or nobody has been asked yet."""

    slug, status = "check-not-open", 409
    title = "There is nothing to answer or to settle here; look at the check again."

    check_id: str
