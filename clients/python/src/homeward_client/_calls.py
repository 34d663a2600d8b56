"""What is asked and how its answer is read, as values: nothing here touches the network, so both clients share it."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Generic, TypeVar

from homeward_client._errors import BY_CODE
from homeward_client._refusal import HomewardError

T_co = TypeVar("T_co", covariant=True)

JSON_TYPES: Final = ("application/json", "application/problem+json")


@dataclass(frozen=True, slots=True)
class Call(Generic[T_co]):
    """One wish to the API. `T_co` is what its answer reads as; the generated methods fill it in."""

    method: str
    path: str
    query: Mapping[str, Any] = field(default_factory=dict)
    body: Any = None
    idempotency_key: str | None = None
    repeatable: bool = True
    """Whether asking again does nothing twice, so that an answer that got lost may be asked for again."""

    def asking(self, name: str, value: Any) -> Call[T_co]:
        """The same wish with one parameter of the query changed."""
        return replace(self, query={**self.query, name: value})

    def params(self) -> dict[str, Any]:
        """The query without what was left out."""
        return {name: value for name, value in self.query.items() if value is not None}

    def headers(self) -> dict[str, str]:
        return {"Idempotency-Key": self.idempotency_key} if self.idempotency_key else {}


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `headers` must find names in any case of letters, as those of httpx do."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def succeeded(self) -> bool:
        return 200 <= self.status < 300

    def read(self) -> Any:
        """The content: JSON as Python values, anything else as bytes, nothing as None."""
        if not self.body:
            return None
        kind = self.headers.get("content-type", "").partition(";")[0].strip()
        return json.loads(self.body) if kind in JSON_TYPES else self.body

    def refusal(self) -> HomewardError:
        """The refusal in this answer, also where something on the way (a proxy) wrote it and not the API."""
        try:
            told = self.read()
        except ValueError:
            told = None
        problem: dict[str, Any] = told if isinstance(told, dict) else {}
        code = str(problem.get("code", ""))
        return BY_CODE.get(code, HomewardError)(
            status=self.status,
            code=code,
            title=str(problem.get("title") or f"The answer was {self.status} and nothing more."),
            detail=problem.get("detail"),
            request_id=problem.get("request_id") or self.headers.get("x-request-id"),
            retryable=bool(problem.get("retryable", False)),
            members={name: value for name, value in problem.items() if name not in STANDARD_MEMBERS},
        )


STANDARD_MEMBERS: Final = {"type", "title", "status", "detail", "instance", "code", "retryable", "request_id"}


def path_part(value: str) -> str:
    """An id as one part of a path. An id holds letters, digits, `_` and `-`; with anything else it is not one.

    Raises ValueError, so that an empty or foreign value never asks for another path than was meant.
    """
    if not value or not value.replace("_", "").replace("-", "").isalnum() or not value.isascii():
        raise ValueError(f"not an id: {value!r}")
    return value


def a_key() -> str:
    """A new Idempotency-Key, for a wish that brings none of its own."""
    return secrets.token_urlsafe(24)
