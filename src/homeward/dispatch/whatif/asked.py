"""What was asked for on the command line: a range of time, a policy, a tariff; and where a file is wrong. Pure."""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from homeward.dispatch.errors import BadPolicy
from homeward.dispatch.policy_values import DispatchPolicy
from homeward.dispatch.whatif.errors import FileNotUsable, RangeNotUnderstood
from homeward.kit.problems import FieldError
from homeward.kit.windows import Window
from homeward.quotes.tariff import TariffRules
from homeward.quotes.tariff_json import check_rules, rules_from_json

_LONGEST: Final = timedelta(days=400)


# ── the range ──


def range_of(since: str, until: str, time_zone: str) -> Window:
    """From the beginning of `since` to the end of `until`: days of the market, or moments. A day ends at midnight.

    A moment without an offset is local to the market.
    """
    zone = ZoneInfo(time_zone)
    begins, ends = _moment(since, zone, is_end=False), _moment(until, zone, is_end=True)
    if ends <= begins:
        raise RangeNotUnderstood(f"{since} to {until}: the end is not after the beginning.")
    if ends - begins > _LONGEST:
        raise RangeNotUnderstood(f"{since} to {until}: at most {_LONGEST.days} days at once.")
    return Window(begins, ends)


def _moment(text: str, zone: ZoneInfo, *, is_end: bool) -> datetime:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        try:
            moment = datetime.fromisoformat(text)
        except ValueError as cause:
            raise RangeNotUnderstood(f"'{text}' is neither a day nor a moment.") from cause
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
    if is_end:
        day += timedelta(days=1)
    return datetime.combine(day, time(0), zone).astimezone(UTC)


def local_days(whole: Window, time_zone: str) -> Iterator[Window]:
    """The range cut at the market's midnights: what is gathered at once never grows with the range."""
    zone = ZoneInfo(time_zone)
    begins = whole.earliest
    while begins < whole.latest:
        tomorrow = begins.astimezone(zone).date() + timedelta(days=1)
        ends = min(whole.latest, datetime.combine(tomorrow, time(0), zone).astimezone(UTC))
        yield Window(begins, ends)
        begins = ends


# ── files ──


@dataclass(frozen=True, slots=True)
class TextFile:
    """A file that somebody named, and what is in it."""

    path: str
    text: str


def policy_from(file: TextFile) -> DispatchPolicy:
    """Raises FileNotUsable with the line of everything that is wrong."""
    try:
        return DispatchPolicy.from_toml(file.text)
    except BadPolicy as bad:
        raise FileNotUsable(file.path, [_with_line(file, error) for error in bad.errors]) from bad


def tariff_from(file: TextFile, currency: str) -> TariffRules:
    """Rules as the API takes them, bare or as {"rules": …}. Raises FileNotUsable."""
    try:
        body = json.loads(file.text)
    except json.JSONDecodeError as cause:
        wrong = FieldError(f"{file.path}:{cause.lineno}", "not-json", f"this is not JSON: {cause.msg}")
        raise FileNotUsable(file.path, [wrong]) from cause
    rules: Any = body.get("rules", body) if isinstance(body, Mapping) else body
    if not isinstance(rules, Mapping):
        raise FileNotUsable(file.path, [FieldError(file.path, "not-an-object", "give the rules as a JSON object")])
    errors = check_rules(rules, currency)
    if errors:
        raise FileNotUsable(file.path, [_with_pointer(file, error) for error in errors])
    return rules_from_json(rules)


def _with_pointer(file: TextFile, error: FieldError) -> FieldError:
    return FieldError(f"{file.path}{error.pointer}", error.code, error.message)


def _with_line(file: TextFile, error: FieldError) -> FieldError:
    line = line_of(file.text, error.pointer) if error.pointer else None
    name = error.pointer.strip("/").replace("/", ".")
    said = f"{name}: {error.message}" if name else error.message
    return FieldError(f"{file.path}:{line}" if line else file.path, error.code, said)


def line_of(toml: str, pointer: str) -> int | None:
    """The line on which a TOML text gives the value of a pointer such as /waiting/late_per_s.

    TOML's own reader tells no lines of values, so this asks it after every line whether the name is there yet.
    """
    path = pointer.strip("/").split("/")
    lines = toml.splitlines()
    for number in range(1, len(lines) + 1):
        try:
            found: Any = tomllib.loads("\n".join(lines[:number]))
        except tomllib.TOMLDecodeError:
            continue  # in the middle of a value of several lines
        for name in path:
            found = found.get(name) if isinstance(found, Mapping) else None
        if found is not None:
            return number if not isinstance(found, Mapping) else _header_at(lines, path) or number
    return None


def _header_at(lines: list[str], path: list[str]) -> int | None:
    header = re.compile(rf"\s*\[\s*{re.escape('.'.join(path))}\s*\]")
    return next((number for number, line in enumerate(lines, start=1) if header.match(line)), None)
