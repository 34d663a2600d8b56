"""Endpoints, messages and tries. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

MIN: Final = 60
HOUR: Final = 3_600

RETRY_AFTER_S: Final = (
    5,
    30,
    2 * MIN,
    10 * MIN,
    30 * MIN,
    2 * HOUR,
    5 * HOUR,
    10 * HOUR,
    14 * HOUR,
    18 * HOUR,
    22 * HOUR,
)
"""Pause after each failed try: twelve tries in all, spread over about 72 hours."""

JITTER_PER_MILLE: Final = 200
GIVE_UP_AFTER: Final = timedelta(hours=72)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a merchant wants its events. `event_types` empty means all."""

    id: str
    merchant_id: str
    mode: str
    url: str
    event_types: tuple[str, ...]
    secrets: tuple[str, ...]
    status: str
    disabled_reason: str | None
    failing_since: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Leased:
    """One message that this worker, and no other, may send until the lease ends."""

    id: str
    merchant_id: str
    endpoint_id: str
    body: str
    tries: int
    lease_token: int
    url: str
    secrets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LoggedMessage:
    """A message as the endpoint's log shows it, with its tries."""

    id: str
    delivery_id: str
    seq: int
    type: str
    state: str
    tries: int
    created_at: datetime
    sent_at: datetime | None
    next_try_at: datetime | None
    attempts: Sequence["LoggedAttempt"]


@dataclass(frozen=True, slots=True)
class LoggedAttempt:
    at: datetime
    status: int | None
    took_ms: int
    answer: str


def thin_body(
    event_type: str, at: datetime, delivery_id: str, seq: int, external_id: str | None, data: Any
) -> dict[str, Any]:
    """What is sent: enough to act on, nothing personal. Names and addresses are read with the API key."""
    return {
        "type": event_type,
        "timestamp": at.isoformat().replace("+00:00", "Z"),
        "data": {"delivery_id": delivery_id, "external_id": external_id, "seq": seq, **data},
    }


def next_pause_s(tries: int, draw: float, asked_s: int | None = None) -> float | None:
    """Seconds until the next try after `tries` failed ones, None if that was the last.

    `draw` in [0, 1) spreads retries that failed together by 20 % either way. A receiver that asks for a longer pause
    (Retry-After) gets it, up to the plan's longest.
    """
    if tries > len(RETRY_AFTER_S):
        return None
    planned_s = RETRY_AFTER_S[tries - 1] * (1 + (2 * draw - 1) * JITTER_PER_MILLE / 1000)
    return max(planned_s, min(asked_s or 0, RETRY_AFTER_S[-1]))
