"""Which hours may be read, and what was asked for. Pure."""

import re
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

SETTLES: Final = timedelta(minutes=15)
"""How long after its end an hour is told: by then a machine without contact is known to be one."""
RECENT: Final = timedelta(days=14)
"""How far back recent events may be asked for. Source: MDS 2.0, Provider, events."""
LOOK_BACK: Final = timedelta(days=1)
"""How far before an hour its story begins: longer than any leg lasts."""
LISTED_FOR: Final = timedelta(days=30)
"""How long a machine is listed after its fleet stopped listing it."""
AHEAD: Final = timedelta(minutes=5)
"""A vehicle's clock may run ahead of ours."""
PAGE: Final = 500

_HOUR: Final = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}", re.ASCII)


class Readiness(StrEnum):
    NOT_YET = "not_yet"  # it is not over, or nobody moved here before it ended
    SETTLING = "settling"  # it is over, and news of it may still come in
    READY = "ready"


def hour_named(text: str) -> datetime | None:
    """`YYYY-MM-DDTHH`, in UTC; None for anything else."""
    if not _HOUR.fullmatch(text):
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H").replace(tzinfo=UTC)
    except ValueError:
        return None


def readiness(hour: datetime, first: datetime | None, now: datetime) -> Readiness:
    """`first` is when the first fleet joined the market."""
    ends = hour + timedelta(hours=1)
    if ends > now or first is None or ends <= first:
        return Readiness.NOT_YET
    return Readiness.SETTLING if now < ends + SETTLES else Readiness.READY


def moment_of(milliseconds: int) -> datetime | None:
    """None for what lies outside the calendar."""
    try:
        return datetime.fromtimestamp(milliseconds / 1_000, UTC)
    except (OverflowError, OSError, ValueError):
        return None
