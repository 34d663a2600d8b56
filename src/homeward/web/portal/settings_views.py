"""Keys, webhooks and stores' forms in the portal. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from homeward.kit.places import LatLon
from homeward.kit.problems import FieldError, MalformedRequest
from homeward.kit.units import Seconds
from homeward.kit.windows import OpeningHours
from homeward.merchants.model import ApiKey, Store
from homeward.messages.webhooks.dialects import NATIVE, ReceiverAuth
from homeward.messages.webhooks.model import Endpoint, LoggedAttempt, LoggedMessage, NewEndpoint
from homeward.web import words
from homeward.web.format import Formats, Moment
from homeward.web.forms import Form
from homeward.web.stories import short_id
from homeward.web.words import Word

DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_SPAN: Final = re.compile(r"^([01]?\d|2[0-3]):([0-5]\d)\s*[-–]\s*([01]?\d|2[0-4]):([0-5]\d)$")

MODE: Final = {"live": Word("Live", "bolt", "accent"), "test": Word("Test", "test-pipe", "idle")}
ENDPOINT: Final = {"active": Word("Active", "circle-check", "ok"), "disabled": Word("Off", "player-pause", "warn")}


# ── keys ──


@dataclass(frozen=True, slots=True)
class KeyRow:
    id: str
    name: str
    hint: str
    mode: Word
    made: Moment
    used: str
    revoked: bool


@dataclass(frozen=True, slots=True)
class KeysPage:
    """`fresh` is a key just made, shown this once."""

    rows: tuple[KeyRow, ...]
    form: Form
    fresh: str | None = None
    fresh_label: str = ""


def keys_page(keys: Sequence[ApiKey], formats: Formats, now: datetime, form: Form, fresh: str = "") -> KeysPage:
    rows = tuple(_key_row(key, formats, now) for key in sorted(keys, key=lambda key: key.revoked_at is not None))
    label = "Live key" if fresh.startswith("sk_live") else "Test key"
    return KeysPage(rows, form, fresh or None, label)


def _key_row(key: ApiKey, formats: Formats, now: datetime) -> KeyRow:
    used = formats.ago(key.last_used_at, now) if key.last_used_at else "never"
    made = formats.moment(key.created_at, now)
    return KeyRow(key.id, key.name, key.hint, MODE[key.mode], made, used, key.revoked_at is not None)


# ── webhooks ──


@dataclass(frozen=True, slots=True)
class EndpointRow:
    href: str
    url: str
    state: Word
    reason: str
    events: str
    since: Moment


@dataclass(frozen=True, slots=True)
class EndpointsPage:
    rows: tuple[EndpointRow, ...]
    form: Form


@dataclass(frozen=True, slots=True)
class AttemptRow:
    at: Moment
    ok: bool
    status: str
    took: str
    answer: str
    headers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MessageRow:
    id: str
    type: str
    delivery_id: str
    delivery_short: str
    number: str
    state: Word
    tries: int
    last: str
    at: Moment
    next: Moment | None
    attempts: tuple[AttemptRow, ...]
    body: str


@dataclass(frozen=True, slots=True)
class EndpointPage:
    id: str
    endpoint: EndpointRow
    active: bool
    messages: tuple[MessageRow, ...]
    next_url: str | None
    fresh_secret: str | None = field(repr=False)
    form: Form


def endpoint_row(endpoint: Endpoint, formats: Formats, now: datetime) -> EndpointRow:
    return EndpointRow(
        href=f"/portal/webhooks/{endpoint.id}",
        url=endpoint.url,
        state=words.word(ENDPOINT, endpoint.status),
        reason=endpoint.disabled_reason or "",
        events=", ".join(endpoint.event_types) or "All",
        since=formats.moment(endpoint.created_at, now),
    )


def message_row(message: LoggedMessage, formats: Formats, now: datetime) -> MessageRow:
    attempts = tuple(_attempt_row(attempt, formats, now) for attempt in message.attempts)
    waiting = message.state == "pending" and message.tries > 0 and message.next_try_at
    return MessageRow(
        id=message.id,
        type=message.type,
        delivery_id=message.delivery_id,
        delivery_short=short_id(message.delivery_id),
        number="" if message.seq is None else f"no. {message.seq}",
        state=words.word(words.SENT, message.state),
        tries=message.tries,
        last=attempts[-1].status if attempts else "",
        at=formats.moment(message.created_at, now),
        next=formats.moment(message.next_try_at, now) if waiting and message.next_try_at else None,
        attempts=attempts,
        body=message.body,
    )


def _attempt_row(attempt: LoggedAttempt, formats: Formats, now: datetime) -> AttemptRow:
    return AttemptRow(
        at=formats.moment(attempt.at, now),
        ok=attempt.status is not None and 200 <= attempt.status < 300,
        status=str(attempt.status) if attempt.status is not None else "No answer",
        took=f"{attempt.took_ms} ms",
        answer=attempt.answer[:300],
        headers=tuple(f"{name}: {value}" for name, value in attempt.sent_headers.items()),
    )


RECEIVER_SECRETS: Final = ("auth_value", "signing_key")
"""Fields that are never shown again, not even in a form that was refused."""


def new_endpoint(sent: Mapping[str, str]) -> NewEndpoint:
    """From the form. Raises MalformedRequest for a pace that is no number of seconds."""
    every = sent.get("location_every_s", "")
    if every and not (every.isdecimal() and 5 <= int(every) <= 3600):
        told = "give whole seconds from 5 to 3600, or leave it empty"
        raise MalformedRequest([FieldError("/location_every_s", "bad-seconds", told)])
    value = sent.get("auth_value", "")
    auth = ReceiverAuth("Authorization" if value else "", value, sent.get("signing_key", ""))
    return NewEndpoint(
        url=sent.get("url", ""),
        event_types=tuple(event_types(sent.get("event_types", ""))),
        dialect=sent.get("dialect") or NATIVE,
        auth=auth.to_json(),
        location_every_s=int(every) if every else None,
    )


def event_types(text: str) -> list[str]:
    return [part.strip() for part in text.replace("\n", ",").split(",") if part.strip()]


# ── the form of a store ──


def store_values(store: Store) -> dict[str, str]:
    """A store as its form shows it."""
    values = {
        "name": store.name,
        "phone": store.phone or "",
        "address": store.address,
        "pickup_instructions": store.pickup_instructions,
        "preparation_min": str(store.preparation_s // 60),
        "holiday_calendar": store.holiday_calendar or "",
        "status": store.status,
    }
    return values | hour_values(store.hours)


def hour_values(hours: OpeningHours) -> dict[str, str]:
    return {
        f"day_{day}": ", ".join(
            f"{span.since:%H:%M}-{'24:00' if span.until.hour == span.until.minute == 0 else f'{span.until:%H:%M}'}"
            for span in sorted(hours.weekly.get(day, ()), key=lambda span: span.since)
        )
        for day in range(7)
    }


def asked_store(values: Mapping[str, str], time_zone: str, exceptions: Mapping[str, Any]) -> dict[str, Any]:
    """What `MerchantsService.update_store` takes, from the form. Raises MalformedRequest with every wrong field.

    `exceptions` are single days set by the API; the form does not show them and must not lose them.
    """
    wrong: list[FieldError] = []
    weekly: dict[str, list[list[str]]] = {}
    for day in range(7):
        spans = _spans(values.get(f"day_{day}", ""))
        if spans is None:
            wrong.append(FieldError(f"/day_{day}", "bad-hours", "write spans as 09:00-12:00, 13:00-18:30"))
        elif spans:
            weekly[str(day)] = spans
    minutes = values.get("preparation_min", "").strip()
    if not (minutes.isdecimal() and int(minutes) <= 1440):
        wrong.append(FieldError("/preparation_min", "out-of-range", "give minutes from 0 to 1440"))
    if not values.get("name", "").strip():
        wrong.append(FieldError("/name", "missing", "a store needs a name"))
    if not values.get("address", "").strip():
        wrong.append(FieldError("/address", "missing", "type the store's address"))
    if wrong:
        raise MalformedRequest(wrong)
    asked: dict[str, Any] = {
        "name": values["name"].strip(),
        "address": values["address"].strip(),
        "phone": values.get("phone", "").strip() or None,
        "pickup_instructions": values.get("pickup_instructions", "").strip(),
        "preparation_s": Seconds(int(minutes) * 60),
        "holiday_calendar": values.get("holiday_calendar", "").strip() or None,
        "hours": {"time_zone": time_zone, "weekly": weekly, "exceptions": dict(exceptions)},
    }
    place = _place(values)
    return asked | ({"place": place} if place else {})


def _spans(text: str) -> list[list[str]] | None:
    """`09:00-12:00, 13:00-24:00` as pairs; None if it cannot be read. 24:00 is midnight."""
    spans = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        found = _SPAN.match(part)
        if found is None or (found[3] == "24" and found[4] != "00"):
            return None
        spans.append([f"{int(found[1]):02d}:{found[2]}", f"{int(found[3]) % 24:02d}:{found[4]}"])
    return spans


def _place(values: Mapping[str, str]) -> LatLon | None:
    try:
        return LatLon(float(values["lat"]), float(values["lon"]))
    except (KeyError, ValueError):
        return None
