"""What the review of positions refuses."""

from dataclasses import dataclass

from homeward.kit.problems import Problem


@dataclass(eq=False)
class ReviewedAlready(Problem):
    """What a person has said stays; a second look is a note in the decision that rests on it."""

    slug, status = "reviewed-already", 409
    title = "Somebody has reviewed this score already; see their verdict."

    score_id: str
