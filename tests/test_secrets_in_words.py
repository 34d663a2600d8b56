"""Whatever is printed, logged or quoted in a traceback, a secret is not in it."""

import importlib
import pkgutil
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

import pytest
from pydantic import BaseModel

import homeward

_SECRET = re.compile(
    r"(^|_)(secrets?|passwords?|token|signing_key|pin|login|auth)$|^(smtp_url|database_url|app_database_url|auth_value)$"
)
# Where a list goes on, how a carrier names its quote, the words in front of a code: none of them opens anything.
_NOT_SECRET = {
    ("Businesses", "continuation_token"),
    ("DriveStores", "continuation_token"),
    ("CarrierQuote", "token"),
    ("Phrases", "pin"),
}


def _modules() -> Iterator[Any]:
    for found in pkgutil.walk_packages(homeward.__path__, "homeward."):
        if "__main__" not in found.name and ".migrations" not in found.name and ".benchmarks" not in found.name:
            yield importlib.import_module(found.name)


def _holders() -> dict[type, list[str]]:
    """Every class of ours that would print a field named like a secret."""
    shown: dict[type, list[str]] = {}
    for module in _modules():
        for thing in vars(module).values():
            if not isinstance(thing, type) or not thing.__module__.startswith("homeward."):
                continue
            if is_dataclass(thing):
                names = [field.name for field in fields(thing) if field.repr and _textual(field.type)]
            elif issubclass(thing, BaseModel):
                names = [
                    name for name, field in thing.model_fields.items() if field.repr and _textual(field.annotation)
                ]
            else:
                continue
            loose = [name for name in names if _SECRET.search(name) and (thing.__name__, name) not in _NOT_SECRET]
            if loose:
                shown[thing] = loose
    return shown


def _textual(annotation: Any) -> bool:
    """Whether it may hold a text; a yes or no, or a whole view, is no secret itself."""
    return any(word in str(annotation) for word in ("str", "Any", "bytes")) and "bool" not in str(annotation)


def test_no_secret_is_in_what_an_object_says_of_itself() -> None:
    loose = [f"{holder.__module__}.{holder.__name__}: {', '.join(names)}" for holder, names in _holders().items()]
    assert not loose, "\n".join(sorted(loose))


@pytest.mark.parametrize("name", ["secret", "signing_key", "hook_secret", "app_password", "tracking_token", "secrets"])
def test_names_of_secrets_are_known_as_such(name: str) -> None:
    assert _SECRET.search(name)
