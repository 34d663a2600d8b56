"""JSON Schema as rows and as examples."""

from typing import Any

import pytest

from homeward.web.reference import schema

PLACE = {"type": "object", "properties": {"lat": {"type": "number"}, "lon": {"type": "number"}}, "required": ["lat"]}
COMPONENTS: dict[str, Any] = {
    "Place": PLACE,
    "Size": {"type": "string", "enum": ["small", "large"]},
    "Loop": {"type": "object", "properties": {"next": {"$ref": "#/components/schemas/Loop"}}},
}
NULLABLE_PLACE = {"anyOf": [{"$ref": "#/components/schemas/Place"}, {"type": "null"}]}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"type": "string"}, "string"),
        ({"type": "string", "format": "date-time"}, "date-time"),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, "integer or null"),
        ({"type": "array", "items": {"$ref": "#/components/schemas/Size"}}, "array of string"),
        ({"const": "photo"}, "“photo”"),
        ({}, "any"),
    ],
)
def test_a_type_is_said_in_a_few_words(given: dict[str, Any], said: str) -> None:
    assert schema.type_of(given, COMPONENTS) == said


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"minimum": -90.0, "maximum": 90.0}, "-90 to 90"),
        ({"exclusiveMinimum": 0}, "more than 0"),
        ({"maxLength": 40}, "at most 40 characters"),
        ({"minLength": 3, "maxLength": 5}, "3 to 5 characters"),
        ({"default": 4}, "default 4"),
        ({}, ""),
    ],
)
def test_limits_are_written_as_people_write_them(given: dict[str, Any], said: str) -> None:
    assert schema.limits(given) == said


def test_inner_fields_stand_below_their_object() -> None:
    whole = {"properties": {"place": NULLABLE_PLACE, "size": {"$ref": "#/components/schemas/Size"}}}
    rows = schema.rows(whole, COMPONENTS)
    assert [(row.name, row.depth, row.required) for row in rows] == [
        ("place", 0, False), ("lat", 1, True), ("lon", 1, False), ("size", 0, False),
    ]  # fmt: skip
    assert rows[-1].values == ("small", "large")


def test_a_type_that_holds_itself_ends() -> None:
    assert len(schema.rows({"$ref": "#/components/schemas/Loop"}, COMPONENTS)) == 5
    assert schema.example({"$ref": "#/components/schemas/Loop"}, COMPONENTS)


def test_a_short_example_holds_what_must_be_sent() -> None:
    assert schema.example(PLACE, COMPONENTS) == {"lat": 47.1415, "lon": 9.5215}
    assert schema.example(PLACE, COMPONENTS, short=True) == {"lat": 47.1415}


def test_given_examples_come_first() -> None:
    assert schema.example({"type": "string", "examples": ["12 Mill Lane"]}, COMPONENTS) == "12 Mill Lane"
