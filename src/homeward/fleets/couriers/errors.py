"""What couriers' business refuses, and what to do then."""

from dataclasses import dataclass
from datetime import datetime

from homeward.kit.problems import Problem


@dataclass(eq=False)
class WrongCode(Problem):
    """The same for a wrong, used or ended code and for a phone we do not know: a stranger learns nothing."""

    slug, status = "wrong-code", 401
    title = "This code does not fit, or it is too old; ask for a new one."


@dataclass(eq=False)
class PhoneTaken(Problem):
    slug, status = "phone-taken", 409
    title = "Another courier has this phone number; each courier needs their own."


@dataclass(eq=False)
class BadPhone(Problem):
    slug, status = "bad-phone", 422
    title = "Write the phone number with its country code, such as +41 79 123 45 67."


@dataclass(eq=False)
class ShiftAlreadyOver(Problem):
    slug, status = "shift-already-over", 409
    title = "The end of the shift must lie ahead; choose a later one."

    shift_ends: datetime


@dataclass(eq=False)
class ShiftTooLong(Problem):
    slug, status = "shift-too-long", 422
    title = "A shift cannot last so long; choose an earlier end."

    latest: datetime


@dataclass(eq=False)
class UnknownMarket(Problem):
    slug, status = "unknown-market", 422
    title = "There is no such market; see the list of markets."

    market_id: str
