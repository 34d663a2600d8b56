"""What the generated resources ask of a client."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any, Protocol, TypeVar

from homeward_client._calls import Call
from homeward_client._talk import Pages

T = TypeVar("T")


class Runner(Protocol):
    def run(self, call: Call[T]) -> T: ...

    def walk(self, pages: Pages[T]) -> Iterator[T]: ...

    def poll(self, pages: Pages[Any], every_s: float) -> Iterator[Any]: ...


class AsyncRunner(Protocol):
    async def run(self, call: Call[T]) -> T: ...

    def walk(self, pages: Pages[T]) -> AsyncIterator[T]: ...

    def poll(self, pages: Pages[Any], every_s: float) -> AsyncIterator[Any]: ...
