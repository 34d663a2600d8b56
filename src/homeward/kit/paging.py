"""Cursor pages. A cursor is opaque, but not secret: it holds only a position in the asker's own list."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from homeward.kit.problems import FieldError, MalformedRequest

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Items in order; `next_cursor` is None on the last page."""

    items: Sequence[T]
    next_cursor: str | None


def encode_cursor(*parts: str | int) -> str:
    text = "|".join(str(part) for part in parts)
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode_cursor(cursor: str, parts: int) -> list[str]:
    """The parts of a cursor of ours. Raises MalformedRequest for anything else."""
    try:
        text = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
    except ValueError as cause:
        raise _not_ours() from cause
    found = text.split("|")
    if len(found) != parts:
        raise _not_ours()
    return found


def _not_ours() -> MalformedRequest:
    return MalformedRequest([FieldError("/cursor", "bad-cursor", "use a cursor from an earlier answer, unchanged")])
