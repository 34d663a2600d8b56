"""The published description of request bodies, made from the same table that they are read by."""

from typing import Any, Final

from homeward.facades.golocal.names import NAMES, FieldName

_TYPES: Final[dict[str, dict[str, Any]]] = {
    "text": {"type": "string"},
    "id": {"type": "string"},
    "integer": {"type": "integer"},
    "number": {"type": "number"},
    "moment": {"type": "string", "format": "date-time"},
    "flag": {"type": "boolean"},
    "choice": {"type": "string"},
    "texts": {"type": "array", "items": {"type": "string"}},
    "items": {"type": "array", "items": {"type": "object"}},
    "lines": {"type": "array", "items": {"type": "object"}},
    "object": {"type": "object"},
}


def request_body(operation: str) -> dict[str, Any]:
    """For a route's `openapi_extra`. Unknown members are ignored, so that nothing forbids them."""
    takes = NAMES.takes[operation]
    inner = _object()
    for name in takes.all:
        _place(inner, NAMES.fields[name], required=name in takes.required)
    whole = {**_object(), "properties": {takes.wrapper: inner}, "required": [takes.wrapper]} if takes.wrapper else inner
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": whole}}}}


def token_form() -> dict[str, Any]:
    words = {
        "grant_type": {"type": "string", "enum": ["client_credentials"]},
        "client_id": {"type": "string", "format": "uuid"},
        "client_secret": {"type": "string"},
    }
    schema = {"type": "object", "properties": words, "required": list(words)}
    return {"requestBody": {"required": True, "content": {"application/x-www-form-urlencoded": {"schema": schema}}}}


def _object() -> dict[str, Any]:
    return {"type": "object", "properties": {}}


def _place(schema: dict[str, Any], field: FieldName, *, required: bool) -> None:
    *parents, last = field.wire.split(".")
    for step in parents:
        if required:
            _require(schema, step)
        known = schema["properties"].setdefault(step, _object())
        known.setdefault("properties", {})
        schema = known
    if required:
        _require(schema, last)
    schema["properties"].setdefault(last, _schema(field))


def _require(schema: dict[str, Any], name: str) -> None:
    wanted = schema.setdefault("required", [])
    if name not in wanted:
        wanted.append(name)


def _schema(field: FieldName) -> dict[str, Any]:
    limits = {"minimum": field.least, "maximum": field.most, "exclusiveMinimum": 0 if field.above_zero else None}
    known = {name: limit for name, limit in limits.items() if limit is not None}
    choices = {"enum": list(field.values)} if field.values else {}
    return {**_TYPES[field.kind], **known, **choices, "description": f"Name: {field.mark}."}
