"""Endpoints, messages and tries. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

MIN: Final = 60
HOUR: Final = 3_600


@dataclass(frozen=True, slots=True)
class RetryPlan:
    """When to try again: twelve tries over about 72 hours. Tests compress it."""

    pauses_s: tuple[float, ...] = (
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
    jitter_per_mille: int = 200
    give_up_after_s: float = 72 * HOUR

    def next_pause_s(self, tries: int, age_s: float, draw: float, asked_s: int | None = None) -> float | None:
        """Seconds until the next try, None to give the message up.

        Parameters
        ----------
        tries
            Failed so far, at least 1.
        age_s
            Since the message was written. Jitter may use up the tries hours before the 72 are over; then there is one
            more at their end, so that a receiver that was away for less gets everything without asking.
        draw
            In [0, 1); spreads retries that failed together by 20 % either way.
        asked_s
            What the receiver asked for (Retry-After). It gets it, up to the plan's longest pause.
        """
        if tries <= len(self.pauses_s):
            planned_s = self.pauses_s[tries - 1] * (1 + (2 * draw - 1) * self.jitter_per_mille / 1000)
            return max(planned_s, min(asked_s or 0, self.pauses_s[-1]))
        if age_s < self.give_up_after_s:
            # A little after: the endpoint's own 72 hours began only when the first try had failed.
            return self.give_up_after_s - age_s + self.give_up_after_s / 1000
        return None

    @property
    def worth_telling_s(self) -> float:
        """An endpoint that failed for longer and then accepts is back: what waits for it need not wait longer."""
        return self.pauses_s[min(2, len(self.pauses_s) - 1)]


ONCE: Final = RetryPlan(pauses_s=(), give_up_after_s=0)
"""For what is old news by the time of a second try."""
POSITION_STALE_S: Final = 5 * MIN
"""Database time: a message about a courier's place that could not leave within it is not sent any more."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a merchant wants its events. `event_types` empty means all.

    `dialect` says in whose words, `auth` what the receiver expects in them (`dialects.Auth`); with `location_every_s`
    it also hears where couriers are.
    """

    id: str
    merchant_id: str
    mode: str
    url: str
    event_types: tuple[str, ...]
    secrets: tuple[str, ...] = field(repr=False)
    status: str
    disabled_reason: str | None
    failing_since: datetime | None
    created_at: datetime
    dialect: str = "native"
    auth: Mapping[str, str] = field(default_factory=dict, repr=False)
    location_every_s: int | None = None


@dataclass(frozen=True, slots=True)
class NewEndpoint:
    """An endpoint as asked for."""

    url: str
    event_types: tuple[str, ...] = ()
    dialect: str = "native"
    auth: Mapping[str, str] = field(default_factory=dict, repr=False)
    location_every_s: int | None = None


@dataclass(frozen=True, slots=True)
class Leased:
    """One message that this worker, and no other, may send until the lease ends."""

    id: str
    merchant_id: str
    endpoint_id: str
    delivery_id: str
    seq: int | None
    body: str
    tries: int
    age_s: float
    lease_token: int
    url: str
    secrets: tuple[str, ...] = field(repr=False)
    failing: bool
    dialect: str = "native"
    auth: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def stale(self) -> bool:
        """Whether it tells where a courier was, and too late for that."""
        return self.seq is None and self.age_s > POSITION_STALE_S


@dataclass(frozen=True, slots=True)
class LoggedMessage:
    """A message as the endpoint's log shows it, with its tries."""

    id: str
    delivery_id: str
    seq: int | None
    type: str
    state: str
    tries: int
    created_at: datetime
    sent_at: datetime | None
    next_try_at: datetime | None
    attempts: Sequence["LoggedAttempt"]
    body: str = ""


@dataclass(frozen=True, slots=True)
class LoggedAttempt:
    at: datetime
    status: int | None
    took_ms: int
    answer: str
    sent_headers: Mapping[str, str] = field(default_factory=dict)


def thin_body(
    event_type: str, at: datetime, delivery_id: str, seq: int, external_id: str | None, data: Any
) -> dict[str, Any]:
    """What is sent: enough to act on, nothing personal. Names and addresses are read with the API key."""
    return {
        "type": event_type,
        "timestamp": at.isoformat().replace("+00:00", "Z"),
        "data": {"delivery_id": delivery_id, "external_id": external_id, "seq": seq, **data},
    }
