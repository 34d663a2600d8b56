"""JSON Schema (OpenAPI 3.1) to rows that people read, and to an example. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

Schema = Mapping[str, Any]

_DEEPEST: Final = 5
_LISTED: Final = 14
"""An enumeration of more values than this is cut."""

_EXAMPLES: Final[Mapping[str, Any]] = {
    "date-time": "2026-11-23T12:00:00Z",
    "date": "2026-11-23",
    "time": "12:00:00",
    "uri": "https://example.com/hook",
    "email": "sam@example.com",
    "password": "…",
    "binary": "(bytes)",
}
_BY_NAME: Final[Mapping[str, Any]] = {
    "lat": 47.1415,
    "lon": 9.5215,
    "minor": 745,
    "currency": "EUR",
    "phone": "+41 79 123 45 67",
    "email": "sam@example.com",
    "address": "Main Street 1, 9490 Vaduz",
    "next_cursor": None,
    "time_zone": "Europe/Zurich",
    "url": "https://example.com/hook",
}
_ID_PREFIXES: Final[Mapping[str, str]] = {
    "delivery_id": "dlv", "quote_id": "quo", "store_id": "sto", "merchant_id": "mer", "courier_id": "cou",
    "leg_id": "leg", "market_id": "mkt", "offer_id": "off", "decision_id": "dec", "proof_id": "prf", "key_id": "key",
    "user_id": "usr", "endpoint_id": "whk",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """One field; `depth` is how far it stands in."""

    name: str
    depth: int
    type: str
    required: bool
    description: str
    limits: str
    values: tuple[str, ...]


def resolved(schema: Schema, components: Mapping[str, Schema]) -> Schema:
    """The schema itself behind a reference, or behind "this or null"."""
    seen = 0
    while seen < 20:
        seen += 1
        if "$ref" in schema:
            beside = {name: value for name, value in schema.items() if name != "$ref"}
            schema = {**components.get(str(schema["$ref"]).rpartition("/")[2], {}), **beside}
            continue
        options = [one for one in schema.get("anyOf", schema.get("oneOf", ())) if one.get("type") != "null"]
        if len(options) == 1:
            beside = {name: value for name, value in schema.items() if name not in ("anyOf", "oneOf")}
            schema = {**options[0], **beside}
            continue
        return schema
    return {}


def rows(schema: Schema, components: Mapping[str, Schema], depth: int = 0) -> list[Row]:
    """The fields of an object, those of inner objects below them."""
    schema = _of_items(resolved(schema, components), components)
    if depth >= _DEEPEST:
        return []
    required = set(schema.get("required", ()))
    found = []
    for name, field in schema.get("properties", {}).items():
        inner = resolved(field, components)
        found.append(
            Row(
                name=name,
                depth=depth,
                type=type_of(field, components),
                required=name in required,
                description=str(inner.get("description", "")) if _own_words(field, inner) else "",
                limits=limits(inner),
                values=tuple(str(value) for value in inner.get("enum", ()))[:_LISTED],
            )
        )
        found += rows(field, components, depth + 1)
    return found


def type_of(schema: Schema, components: Mapping[str, Schema]) -> str:
    """In a few words: `string`, `date-time`, `array of object`, `integer or null`."""
    options = schema.get("anyOf", schema.get("oneOf"))
    if options:
        return " or ".join(dict.fromkeys(type_of(one, components) for one in options))
    real = resolved(schema, components)
    if real.get("type") == "array":
        return f"array of {type_of(real.get('items', {}), components)}"
    if "const" in real:
        return f"“{real['const']}”"
    named = real.get("format") or real.get("type") or ("one of" if "enum" in real else "any")
    return " or ".join(named) if isinstance(named, list) else str(named)


def limits(schema: Schema) -> str:
    """What JSON Schema says about sizes, as people write it."""
    parts = []
    low, high = _short(schema.get("minimum", schema.get("exclusiveMinimum"))), _short(schema.get("maximum"))
    if low is not None and high is not None:
        parts.append(f"{low} to {high}")
    elif low is not None:
        parts.append(f"more than {low}" if "exclusiveMinimum" in schema else f"at least {low}")
    elif high is not None:
        parts.append(f"at most {high}")
    if schema.get("minLength") or schema.get("maxLength"):
        shortest, longest = schema.get("minLength", 0), schema.get("maxLength")
        if shortest and longest:
            parts.append(f"{shortest} to {longest} characters")
        else:
            parts.append(f"at most {longest} characters" if longest else f"at least {shortest} characters")
    if schema.get("maxItems"):
        parts.append(f"at most {schema['maxItems']} items")
    if schema.get("pattern"):
        parts.append(f"matches {schema['pattern']}")
    default = schema.get("default")
    if default not in (None, "", [], {}):
        parts.append(f"default {default}")
    return ", ".join(parts)


def _short(number: float | None) -> float | None:
    return int(number) if isinstance(number, float) and number.is_integer() else number


def example(
    schema: Schema, components: Mapping[str, Schema], name: str = "", depth: int = 0, *, short: bool = False
) -> Any:
    """A value of this form: given examples first, else something that looks like one.

    `short`: only what must be sent (of an object where nothing must, its first field).
    """
    real = resolved(schema, components)
    if real.get("examples"):
        given: Sequence[Any] = real["examples"]
        return given[0]
    if "example" in real:
        return real["example"]
    if "const" in real:
        return real["const"]
    if "enum" in real:
        return real["enum"][0]
    options = real.get("anyOf", real.get("oneOf"))
    if options:
        return example(options[0], components, name, depth, short=short)
    if "properties" in real:
        if depth >= _DEEPEST:
            return {}
        chosen = _must(real) if short else real["properties"]
        return {key: example(real["properties"][key], components, key, depth + 1, short=short) for key in chosen}
    if real.get("type") == "array":
        return [] if depth >= _DEEPEST else [example(real.get("items", {}), components, name, depth + 1, short=short)]
    return _plain(real, name)


def _must(schema: Schema) -> list[str]:
    fields: Mapping[str, Any] = schema["properties"]
    required = schema.get("required", ())
    return [name for name in fields if name in required] or list(fields)[:1]


def _plain(schema: Schema, name: str) -> Any:
    if name in _BY_NAME:
        return _BY_NAME[name]
    if name in _ID_PREFIXES:
        return f"{_ID_PREFIXES[name]}_01JD…"
    if schema.get("default") not in (None, "", [], {}):
        return schema["default"]
    match schema.get("type"):
        case "integer":
            return max(int(schema.get("minimum", schema.get("exclusiveMinimum", 0))), 1)
        case "number":
            return float(schema.get("minimum", 1))
        case "boolean":
            return True
        case "object":
            return {}
        case "string":
            return _EXAMPLES.get(str(schema.get("format", "")), "…" if name != "id" else "…_01JD…")
        case _:
            return None


def _of_items(schema: Schema, components: Mapping[str, Schema]) -> Schema:
    while schema.get("type") == "array":
        schema = resolved(schema.get("items", {}), components)
    return schema


def _own_words(field: Schema, inner: Schema) -> bool:
    # A field without words of its own would repeat those of its type at every place where the type is used.
    return "description" in field or "properties" not in inner
