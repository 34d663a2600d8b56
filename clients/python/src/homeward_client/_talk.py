"""One call from first try to last, as a generator that sends and waits for nobody.

It yields what is to be done next and is sent what became of it. So when to repeat is written once, and the plain and
the asynchronous client only carry it out.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from homeward_client._calls import Answer, Call
from homeward_client._refusal import NoAnswer

T = TypeVar("T")

FIRST_PAUSE_S: Final = 0.5
LONGEST_PAUSE_S: Final = 20.0
LONGEST_ASKED_PAUSE_S: Final = 60.0
IN_FLIGHT: Final = "idempotency-key-in-flight"
# Nothing was done when one of these is answered: too many requests, a part that does not answer.
UNDONE: Final = (429, 503)
# Of these nobody on the way can say whether something was done.
UNSURE: Final = (502, 504)


@dataclass(frozen=True, slots=True)
class Send:
    """Ask now, and send an `Answer` or a `Lost` back."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Let so much time pass."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Lost:
    """No answer came. `reached` is false when the request cannot have arrived."""

    cause: Exception
    reached: bool


Heard = Answer | Lost | None
Talk = Generator[Send | Wait, Heard, Any]


@dataclass(frozen=True, slots=True)
class Retrying:
    """How often to repeat, and where chance comes from: `draw` gives numbers from 0 to 1."""

    times: int
    draw: Callable[[], float]


def talk(call: Call[Any], retrying: Retrying) -> Talk:
    """Returns what the call reads as. Raises HomewardError when it is refused, or fails once more than is allowed."""
    for tried in range(retrying.times + 1):
        heard = yield Send()
        if isinstance(heard, Answer) and heard.succeeded:
            return heard.read()
        again = tried < retrying.times and may_repeat(call, heard)
        if not again:
            break
        yield Wait(pause_s(tried, heard, retrying.draw()))
    if isinstance(heard, Answer):
        raise heard.refusal()
    raise NoAnswer from (heard.cause if isinstance(heard, Lost) else None)


def may_repeat(call: Call[Any], heard: Heard) -> bool:
    """Whether the same request, sent again, can succeed and cannot do anything twice."""
    if isinstance(heard, Answer):
        if heard.status == 409:
            return heard.refusal().code == IN_FLIGHT
        return heard.status in UNDONE or (heard.status in UNSURE and call.repeatable)
    return isinstance(heard, Lost) and (call.repeatable or not heard.reached)


def pause_s(tried: int, heard: Heard, draw: float) -> float:
    """Half a second, doubled each time, shortened by chance to as little as half; never less than Retry-After asks."""
    backing_off = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * (1 << tried)) * (1 - draw / 2)
    return max(backing_off, asked_pause_s(heard))


def asked_pause_s(heard: Heard) -> float:
    """Retry-After in seconds, up to a minute; the form with a date is not used by the API and counts as nothing."""
    asked = heard.headers.get("retry-after", "") if isinstance(heard, Answer) else ""
    return min(float(asked), LONGEST_ASKED_PAUSE_S) if asked.isascii() and asked.isdigit() else 0.0


@dataclass(frozen=True, slots=True)
class Pages(Generic[T]):
    """A list in pages: which call asks for the next one. `by` is the parameter that takes `next_cursor`."""

    first: Call[Any]
    by: str

    def after(self, page: dict[str, Any]) -> Call[Any] | None:
        """The call for the page behind this one, or None where the list ends.

        The event log always gives a cursor; there a page without items is the end for now.
        """
        cursor = page.get("next_cursor")
        ended = cursor is None or (self.by == "after" and not page["items"])
        return None if ended else self.first.asking(self.by, cursor)

    @staticmethod
    def items(page: dict[str, Any]) -> Iterator[T]:
        yield from page["items"]
