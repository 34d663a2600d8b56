"""What due process refuses, and what to do then."""

from dataclasses import dataclass
from datetime import datetime

from homeward.kit.problems import Problem


@dataclass(eq=False)
class PolicyNotInForce(Problem):
    """Nobody is judged by rules that they could not read for long enough."""

    slug, status = "policy-not-in-force", 409
    title = "A decision must rest on published rules that are in force; name another version."

    version: int
    in_force_from: datetime | None


@dataclass(eq=False)
class EndNotAhead(Problem):
    slug, status = "end-not-ahead", 422
    title = "The end of a restriction must lie ahead, and an answer can only bring it nearer."

    ends_at: datetime


@dataclass(eq=False)
class AppealTooLate(Problem):
    slug, status = "appeal-too-late", 409
    title = "The time to appeal is over; ask the operator in your own words."

    appeal_by: datetime


@dataclass(eq=False)
class AppealedAlready(Problem):
    slug, status = "appealed-already", 409
    title = "There is an appeal against this decision; wait for its answer."

    decision_id: str


@dataclass(eq=False)
class NothingToAnswer(Problem):
    slug, status = "nothing-to-answer", 409
    title = "There is no appeal here that waits for an answer."

    decision_id: str


@dataclass(eq=False)
class SecondPersonNeeded(Problem):
    """Nobody judges an appeal against their own decision."""

    slug, status = "second-person-needed", 403
    title = "Somebody other than who decided must answer the appeal."

    decided_by: str


@dataclass(eq=False)
class AnswerTooLate(Problem):
    """What was not answered in time is over; silence must not cost the courier anything."""

    slug, status = "answer-too-late", 409
    title = "This appeal was not answered in time, so the decision has ended; lift it, or decide anew."

    due_at: datetime


@dataclass(eq=False)
class EndedAlready(Problem):
    slug, status = "ended-already", 409
    title = "This decision has ended; nothing is left to lift."

    decision_id: str
