"""What a request says, read by the table of names.toml: leniently, and with everything that is wrong in one answer."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from homeward.facades.golocal.errors import Refused, Wrong
from homeward.facades.golocal.names import NAMES, FieldName

Said = dict[str, Any]
"""What was said, by our names; what was not said is not in it."""

_LONGEST_ID: Final = 255
_LONGEST_TEXT: Final = 500
_LONGEST_NAME: Final = 120
_MOST_TEXTS: Final = 200
_MOST_PIECES: Final = 1000
_TRUE: Final = frozenset({"true", "yes", "y", "1"})
_FALSE: Final = frozenset({"false", "no", "n", "0"})
_WHOLE: Final = re.compile(r"-?\d{1,9}\Z")
_DECIMAL: Final = re.compile(r"-?\d{1,9}(\.\d{1,9})?\Z")


class _Unreadable(Exception):
    """What is wrong with a value; the name of a code, if it has one of its own."""

    def __init__(self, hint: str, *, above: bool = False) -> None:
        super().__init__(hint)
        self.above = above


def read(body: Any, operation: str) -> Said:
    """Raises Refused with every missing and every unreadable field."""
    takes = NAMES.takes[operation]
    said, wrongs = read_part(unwrapped(body, takes.wrapper), operation)
    if wrongs:
        raise Refused(wrongs)
    return said


def unwrapped(body: Any, wrapper: str) -> Mapping[str, Any]:
    """The object inside the wrapper. A list of one is taken too: the wrapper's name invites it."""
    inner = body.get(wrapper) if wrapper and isinstance(body, Mapping) else body
    if isinstance(inner, list) and len(inner) == 1:
        inner = inner[0]
    if isinstance(inner, Mapping):
        return inner
    where = wrapper or "body"
    raise Refused([Wrong("missing" if inner is None else "invalid", where, f"{where} must be an object")])


def read_part(part: Mapping[str, Any], operation: str) -> tuple[Said, list[Wrong]]:
    """What is said, and all that is wrong with it."""
    takes = NAMES.takes[operation]
    said: Said = {}
    wrongs: list[Wrong] = []
    for name in takes.all:
        field = NAMES.fields[name]
        path, value = _found(part, field)
        if value is None or (value == "" and (name in takes.required or field.kind != "text")):
            if name in takes.required and not _inside_missing(name, part):
                wrongs.append(Wrong(field.missing, field.wire, f"{field.wire} is missing", "Send this field."))
            continue
        try:
            said[name] = _value(field, value)
        except _Unreadable as why:
            code = field.above if why.above else field.invalid
            wrongs.append(Wrong(code, path, f"{path} is not valid", str(why)))
    return said, wrongs


def _inside_missing(name: str, part: Mapping[str, Any]) -> bool:
    """Without the object itself, its absence is told once and not again for each of its members."""
    if not name.startswith("customer_"):
        return False
    return not isinstance(_found(part, NAMES.fields["customer"])[1], Mapping)


def _found(part: Mapping[str, Any], field: FieldName) -> tuple[str, Any]:
    """The first of the paths that leads to something, and what is there."""
    for path in field.paths:
        value: Any = part
        for step in path.split("."):
            value = value.get(step) if isinstance(value, Mapping) else None
        if value is not None:
            return path, value
    return "", None


def _value(field: FieldName, value: Any) -> Any:
    return _READERS[field.kind](field, value)


def _text(field: FieldName, value: Any, longest: int = _LONGEST_TEXT) -> str:
    # Numbers are taken for texts: a client id or a postcode loses its quotes easily.
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise _Unreadable("Send a text.")
    text = str(value).strip()
    if "\x00" in text:
        raise _Unreadable("The NUL character cannot be kept.")
    if len(text) > longest:
        raise _Unreadable(f"At most {longest} characters are kept.")
    return text


def _id(field: FieldName, value: Any) -> str:
    return _text(field, value, _LONGEST_ID)


def _integer(field: FieldName, value: Any) -> int:
    if isinstance(value, bool) or not _WHOLE.match(str(value)):
        raise _Unreadable("Send a whole number.")
    return int(_within(field, int(value)))


def _number(field: FieldName, value: Any) -> float:
    if isinstance(value, bool) or not _DECIMAL.match(str(value)):
        raise _Unreadable("Send a number.")
    return _within(field, float(value))


def _within(field: FieldName, number: float) -> float:
    if field.above_zero and number <= 0:
        raise _Unreadable("Send a number above 0.")
    if field.least is not None and number < field.least:
        raise _Unreadable(f"The least is {field.least:g}.")
    if field.most is not None and number > field.most:
        raise _Unreadable(f"The most is {field.most:g}.", above=True)
    return number


def _moment(field: FieldName, value: Any) -> datetime:
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        raise _Unreadable("Send a moment such as 2024-09-07T19:00:00.000Z.") from None
    if moment.tzinfo is None:
        raise _Unreadable("Say the time zone; Z is UTC.")
    return moment


def _flag(field: FieldName, value: Any) -> bool:
    word = str(value).strip().lower()
    if word not in _TRUE | _FALSE:
        raise _Unreadable("Send true or false.")
    return word in _TRUE


def _choice(field: FieldName, value: Any) -> str:
    ours = field.values.get(str(value).strip().upper())
    if ours is None:
        raise _Unreadable(f"Send one of {', '.join(field.values)}.")
    return ours


def _texts(field: FieldName, value: Any) -> tuple[str, ...]:
    values = value if isinstance(value, list) else [value]
    if len(values) > _MOST_TEXTS:
        raise _Unreadable(f"At most {_MOST_TEXTS} are taken.")
    return tuple(_id(field, each) for each in values)


def _items(field: FieldName, value: Any) -> Sequence[Mapping[str, Any]]:
    values = value if isinstance(value, list) else [value]
    if len(values) > _MOST_TEXTS or not all(isinstance(each, Mapping) for each in values):
        raise _Unreadable(f"Send a list of at most {_MOST_TEXTS} objects.")
    return values


def _lines(field: FieldName, value: Any) -> list[dict[str, Any]]:
    """An order's lines: only what is kept of them, by our names."""
    return [_line(line) for line in _items(field, value)]


def _line(line: Mapping[str, Any]) -> dict[str, Any]:
    said = {ours: next((line[name] for name in names if line.get(name)), "") for ours, names in NAMES.items.items()}
    quantity = str(said["quantity"])
    count = int(quantity) if quantity.isascii() and quantity.isdigit() and len(quantity) < 5 else 1
    return {
        "name": _short(said["name"]) or "item",
        "quantity": min(max(count, 1), _MOST_PIECES),
        "external_id": _short(said["external_id"]),
    }


def _short(value: object) -> str:
    return str(value).replace("\x00", "").strip()[:_LONGEST_NAME]


def _object(field: FieldName, value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise _Unreadable("Send an object.")
    return value


_READERS: Final = {
    "text": _text,
    "id": _id,
    "integer": _integer,
    "number": _number,
    "moment": _moment,
    "flag": _flag,
    "choice": _choice,
    "texts": _texts,
    "items": _items,
    "lines": _lines,
    "object": _object,
}
