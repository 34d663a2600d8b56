"""Opening hours as JSON: `{"time_zone", "weekly": {"0": [["09:00", "18:00"]]}, "exceptions": {"2026-12-24": []}}`.

Weekday 0 is Monday. Local times have the form HH:MM; an `until` at or before `since` closes after midnight.
"""

from collections.abc import Sequence
from datetime import date, time
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from homeward.kit.problems import FieldError
from homeward.kit.windows import OpeningHours, OpenSpan

_MAX_SPANS: Final = 6
_MAX_EXCEPTIONS: Final = 800


def hours_to_json(hours: OpeningHours) -> dict[str, Any]:
    return {
        "time_zone": hours.time_zone,
        "weekly": {str(weekday): _spans_to_json(spans) for weekday, spans in sorted(hours.weekly.items())},
        "exceptions": {day.isoformat(): _spans_to_json(spans) for day, spans in sorted(hours.exceptions.items())},
    }


def hours_from_json(body: dict[str, Any]) -> OpeningHours:
    """Hours that we wrote ourselves; anything else goes through `check_hours` first."""
    return OpeningHours(
        time_zone=body["time_zone"],
        weekly={int(weekday): _spans(spans) for weekday, spans in body.get("weekly", {}).items()},
        exceptions={date.fromisoformat(day): _spans(spans) for day, spans in body.get("exceptions", {}).items()},
    )


def check_hours(body: dict[str, Any], pointer: str = "/hours") -> list[FieldError]:
    """What is wrong with hours that somebody sent us; empty if `hours_from_json` will read them."""
    wrong: list[FieldError] = []
    if not is_time_zone(body.get("time_zone")):
        wrong.append(FieldError(f"{pointer}/time_zone", "unknown-time-zone", "give an IANA name such as Europe/Zurich"))
    weekly, exceptions = body.get("weekly", {}), body.get("exceptions", {})
    if not isinstance(weekly, dict) or not isinstance(exceptions, dict):
        return [*wrong, FieldError(pointer, "bad-hours", "weekly and exceptions map a day to a list of [since, until]")]
    for weekday, spans in weekly.items():
        if str(weekday) not in {"0", "1", "2", "3", "4", "5", "6"}:
            wrong.append(FieldError(f"{pointer}/weekly/{weekday}", "bad-weekday", "days are 0 (Monday) to 6 (Sunday)"))
        wrong += _check_spans(spans, f"{pointer}/weekly/{weekday}")
    if len(exceptions) > _MAX_EXCEPTIONS:
        wrong.append(FieldError(f"{pointer}/exceptions", "too-many", f"at most {_MAX_EXCEPTIONS} days"))
    for day, spans in exceptions.items():
        if not _is_date(day):
            wrong.append(FieldError(f"{pointer}/exceptions/{day}", "bad-date", "give a date as YYYY-MM-DD"))
        wrong += _check_spans(spans, f"{pointer}/exceptions/{day}")
    return wrong


def is_time_zone(name: object) -> bool:
    """Whether `name` is an IANA time zone that this machine knows."""
    if not isinstance(name, str) or not name:
        return False
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _check_spans(spans: object, pointer: str) -> list[FieldError]:
    if not isinstance(spans, list) or len(spans) > _MAX_SPANS:
        return [FieldError(pointer, "bad-spans", f"give at most {_MAX_SPANS} pairs of [since, until]; [] is closed")]
    wrong = [
        FieldError(f"{pointer}/{i}", "bad-span", 'give two local times as ["09:00", "18:00"]')
        for i, span in enumerate(spans)
        if not (isinstance(span, list) and len(span) == 2 and all(_is_time(end) for end in span))
    ]
    if not wrong and _overlap(_spans(spans)):
        wrong.append(FieldError(pointer, "overlap", "the times of one day may not overlap"))
    return wrong


def _overlap(spans: Sequence[OpenSpan]) -> bool:
    ordered = sorted(spans, key=lambda span: span.since)
    ends = [span.until if span.until > span.since else time.max for span in ordered]
    return any(end > after.since for end, after in zip(ends, ordered[1:], strict=False))


def _is_time(text: object) -> bool:
    if not isinstance(text, str) or len(text) != 5:
        return False
    try:
        time.fromisoformat(text)
    except ValueError:
        return False
    return True


def _is_date(text: object) -> bool:
    try:
        date.fromisoformat(str(text))
    except ValueError:
        return False
    return True


def _spans(spans: Sequence[Sequence[str]]) -> tuple[OpenSpan, ...]:
    return tuple(OpenSpan(time.fromisoformat(since), time.fromisoformat(until)) for since, until in spans)


def _spans_to_json(spans: Sequence[OpenSpan]) -> list[list[str]]:
    return [[span.since.strftime("%H:%M"), span.until.strftime("%H:%M")] for span in spans]
