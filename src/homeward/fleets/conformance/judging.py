"""What a clause is, and the ways in which its check ends: nothing raised, Broken, NotReached or NotOffered."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from homeward.fleets.conformance.trial import Trial

Check = Callable[["Trial"], Awaitable[None]]


class Broken(Exception):
    """The fleet did something else than the clause demands."""

    def __init__(self, expected: str, came: str) -> None:
        super().__init__(f"expected {expected}; came {came}")
        self.expected = expected
        self.came = came


class NotReached(Broken):
    """The scenario did not get to where the clause could be tried; what stopped it is the fault of another clause."""


class NotOffered(Exception):
    """The fact sheet does not list what the clause is about."""


class Section(StrEnum):
    """Headings of the published contract."""

    CALLS = "Calls"
    FACTS = "Facts"
    PROMISE = "The promise"
    LIFE = "The life of a leg"
    ACTIONS = "Actions"
    SECRETS = "Secrets"
    LOG = "The log"
    MISHAPS = "Mishaps"


@dataclass(frozen=True, slots=True)
class Clause:
    """One demand. `weight` says how much of the score hangs on it: 3 where goods or people would come to harm."""

    id: str
    says: str
    section: Section
    weight: int
    check: Check


CLAUSES: Final[dict[str, Clause]] = {}


def clause(name: str, says: str, section: Section, weight: int = 1) -> Callable[[Check], Check]:
    """Enter a check into the list."""

    def enter(check: Check) -> Check:
        assert name not in CLAUSES, f"two clauses are called {name}"
        CLAUSES[name] = Clause(name, says, section, weight, check)
        return check

    return enter


def must(holds: bool, expected: str, came: object) -> None:
    """Raises Broken."""
    if not holds:
        raise Broken(expected, str(came))


def offered(holds: bool, what: str) -> None:
    """Raises NotOffered."""
    if not holds:
        raise NotOffered(what)
