"""The types of the Python client, from the schemas of the API's description."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

Schema = Mapping[str, Any]

SIMPLE = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}
REF = "#/components/schemas/"


def named_in(part: Any) -> Iterator[str]:
    """The schemas that are named anywhere inside."""
    if isinstance(part, Mapping):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"].removeprefix(REF)
        for inner in part.values():
            yield from named_in(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from named_in(inner)


def reached(start: Any, schemas: Mapping[str, Schema]) -> list[str]:
    """Every schema that `start` needs, by name."""
    found: set[str] = set()
    waiting = list(named_in(start))
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += named_in(schemas[name])
    return sorted(found)


def class_name(schema: str) -> str:
    """`homeward__deliveries__answers__MoneyOut` is DeliveriesMoneyOut: two features have one of that name."""
    *modules, own = schema.split("__")
    dull = {"homeward", "api", "model", "answers"}
    telling = [module for module in modules if module not in dull]
    prefix = camel(telling[-1].removesuffix("_api")) if telling else ""
    return prefix + re.sub(r"[^A-Za-z0-9]", "", own)


def camel(words: str) -> str:
    return "".join(word.capitalize() for word in re.split(r"[-_]", words))


def type_of(schema: Schema) -> str:
    """The annotation of a value of this schema."""
    if "$ref" in schema:
        return class_name(schema["$ref"].removeprefix(REF))
    for choice in ("anyOf", "oneOf"):
        if choice in schema:
            return " | ".join(dict.fromkeys(type_of(option) for option in schema[choice]))
    if "const" in schema:
        return f"Literal[{schema['const']!r}]"
    if "enum" in schema:
        return f"Literal[{', '.join(repr(value) for value in schema['enum'])}]"
    match schema.get("type"):
        case "array":
            return f"list[{type_of_items(schema)}]"
        case "object":
            values = schema.get("additionalProperties")
            return f"dict[str, {type_of(values) if isinstance(values, Mapping) else 'Any'}]"
        case simple:
            return SIMPLE.get(str(simple), "Any")


def type_of_items(schema: Schema) -> str:
    """JSON has no tuples: a pair of texts is a list of texts."""
    if "prefixItems" in schema:
        return " | ".join(dict.fromkeys(type_of(item) for item in schema["prefixItems"]))
    return type_of(schema.get("items", {}))


def declaration(name: str, schema: Schema) -> str:
    """A TypedDict for an object, a name for everything else."""
    if "properties" not in schema:
        return f"{class_name(name)} = {type_of(schema)}"
    needed = set(schema.get("required", ()))
    lines = [f"class {class_name(name)}(TypedDict):", *told(schema)]
    for field, inner in schema["properties"].items():
        annotation = type_of(inner)
        lines.append(f"    {field}: {annotation if field in needed else f'NotRequired[{annotation}]'}")
        lines += told(inner)
    return "\n".join(lines)


def told(schema: Schema) -> list[str]:
    """The description as a docstring, on one line or several, indented once."""
    text = str(schema.get("description", "")).strip().replace("\\", "\\\\").replace('"""', "'''")
    lines = [f"    {line}".rstrip() for line in text.splitlines()]
    if not lines:
        return []
    lines[0] = f'    """{lines[0].strip()}'
    if len(lines) > 1:
        return [*lines, '    """']
    return [f'{lines[0]}"""']


def aliases_first(names: list[str], schemas: Mapping[str, Schema]) -> list[str]:
    """Names for simple types come first: they are values, and are looked up when the module is read."""
    return sorted(names, key=lambda name: ("properties" in schemas[name], class_name(name)))
