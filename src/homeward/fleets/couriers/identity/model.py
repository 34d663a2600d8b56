"""A check whether the account is still ridden by its owner, from the draw to the person who settles it. Pure."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from homeward.fleets.couriers.model import NamedPerson


class Answer(StrEnum):
    """How a courier answers. Who cannot or will not send a picture asks for a call or a visit, and that is as good."""

    PHOTO = "photo"
    CALL = "call"
    VISIT = "visit"


class Result(StrEnum):
    """What a named person found. None of them restricts anybody: that is a decision of its own."""

    SAME_PERSON = "same_person"
    CANNOT_TELL = "cannot_tell"
    SOMEONE_ELSE = "someone_else"


@dataclass(frozen=True, slots=True)
class Advice:
    """A vendor's opinion of a picture, for the person who looks; it settles nothing."""

    vendor: str
    likeness: int  # 0 to 100
    words: str = ""


class FaceAdvisor(Protocol):
    """The seam for a vendor that compares faces. Without one, people compare."""

    async def advice(self, courier_id: str, photo: bytes) -> Advice | None: ...


@dataclass(frozen=True, slots=True)
class Draw:
    """One throw for one hour of one courier's duty: with the day's seed anybody can throw it again."""

    courier_id: str
    duty_since: datetime
    hour: int

    @property
    def name(self) -> str:
        return f"{self.duty_since.isoformat(timespec='seconds')}/{self.hour}"


@dataclass(frozen=True, slots=True)
class Settled:
    result: Result
    note: str
    at: datetime
    by: NamedPerson


@dataclass(frozen=True, slots=True)
class Check:
    """`asked_at` is None while the courier carries something: nobody is asked in the middle of a delivery."""

    id: str
    courier_id: str
    draw: str
    doubt: int
    drawn_at: datetime
    asked_at: datetime | None = None
    answer_by: datetime | None = None
    answered_at: datetime | None = None
    way: Answer | None = None
    advice: Advice | None = None
    settled: Settled | None = None
