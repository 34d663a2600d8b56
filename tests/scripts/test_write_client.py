"""The Python client follows from the API's description, and what is committed follows from today's."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import pytest

from homeward_client import Homeward, __version__
from scripts.client_page import page
from scripts.client_types import class_name, type_of
from scripts.write_client import PACKAGE, client_files, method_name, methods
from scripts.write_reference import all_problems, api_description


@pytest.fixture(scope="module")
def api() -> dict[str, Any]:
    return api_description()


def test_the_generated_files_are_up_to_date(api: dict[str, Any]) -> None:
    old = [name for name, text in client_files(api, all_problems()).items() if (PACKAGE / name).read_text() != text]
    assert old == [], "run `make docs`"


def test_every_route_of_a_merchant_has_one_method_and_no_other_route_has(api: dict[str, Any]) -> None:
    listed = methods(api)
    assert len({method.function for method in listed}) == len(listed)
    assert {method.path for method in listed} == {
        path for path in api["paths"] if path.startswith("/v1/") and path.split("/")[2] not in {"operator", "courier"}
    }


def test_the_page_lists_what_the_client_has_and_nothing_else(api: dict[str, Any]) -> None:
    listed = re.findall(r"`api\.(\w+)\.(\w+)\(", page(api, ""))
    with Homeward("http://localhost", "sk_test_none") as client:
        resources = {method.resource: getattr(client, method.resource) for method in methods(api)}
    has = [(name, call) for name, calls in resources.items() for call in dir(calls) if not call.startswith("_")]
    assert sorted(listed) == sorted(has)


@pytest.mark.parametrize(
    ("resource", "path", "operation", "name"),
    [
        ("deliveries", "/v1/deliveries", "book_delivery_v1_deliveries_post", "book"),
        ("api_keys", "/v1/api-keys", "list_keys_v1_api_keys_get", "list"),
        ("deliveries", "/v1/deliveries/{id}/legs", "list_legs_v1_deliveries__id__legs_get", "list_legs"),
        ("deliveries", "/v1/deliveries/{id}/return", "return_delivery_v1_deliveries__id__return_post", "return_"),
    ],
)
def test_a_method_does_not_repeat_its_resource(resource: str, path: str, operation: str, name: str) -> None:
    assert method_name(resource, path, operation) == name


@pytest.mark.parametrize(
    ("schema", "annotation"),
    [
        ({"type": "integer"}, "int"),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, "str | None"),
        ({"type": "array", "items": {"$ref": "#/components/schemas/DeliveryOut"}}, "list[DeliveryOut]"),
        ({"type": "array", "prefixItems": [{"type": "string"}, {"type": "string"}]}, "list[str]"),
        ({"enum": ["live", "test"], "type": "string"}, "Literal['live', 'test']"),
        ({"type": "object", "additionalProperties": {"type": "string"}}, "dict[str, str]"),
        ({"type": "object", "additionalProperties": True}, "dict[str, Any]"),
        ({}, "Any"),
    ],
)
def test_a_schema_becomes_an_annotation(schema: dict[str, Any], annotation: str) -> None:
    assert type_of(schema) == annotation


def test_two_features_may_have_a_schema_of_one_name() -> None:
    assert class_name("homeward__quotes__api__MoneyOut") == "QuotesMoneyOut"
    assert class_name("homeward__routing__addresses_api__PlaceBody") == "AddressesPlaceBody"
    assert class_name("Step-Input") == "StepInput"


def test_the_client_says_the_version_of_its_package() -> None:
    project = tomllib.loads((PACKAGE.parent.parent / "pyproject.toml").read_text())["project"]
    assert project["version"] == __version__
