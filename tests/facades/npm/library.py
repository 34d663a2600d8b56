"""A published client library in a Node process of its own, told by JSON lines what to call.

Its host is turned by `redirect.cjs`, as the guides for merchants describe it; the library itself is as published.
"""

import asyncio
import json
import os
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parent.parent.parent
_ANSWER_S = 30


@dataclass(frozen=True)
class Thrown(Exception):
    """What the library threw, as its caller sees it."""

    name: str
    message: str
    status: int | None = None
    code: str | None = None
    metadata: Mapping[str, Any] | None = None


@dataclass
class Library:
    """Calls go one after another, as in a programme that awaits each."""

    process: asyncio.subprocess.Process

    async def call(self, name: str, *given: Any, **more: Any) -> Any:
        """What the library returned. Raises Thrown."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps({"call": name, "with": given, **more}).encode() + b"\n")
        line = await asyncio.wait_for(self.process.stdout.readline(), _ANSWER_S)
        assert line, "the library's process has ended"
        said = json.loads(line)
        if "thrown" in said:
            raise Thrown(**said["thrown"])
        return said["answer"]


def node() -> str:
    """The Node that `make test` found or fetched."""
    link = ROOT / ".venv" / "share" / "homeward" / "bin" / "node"
    found = str(link) if link.exists() else shutil.which("node")
    if not found:
        pytest.skip("no Node: `make test` finds or fetches one")
    return found


@asynccontextmanager
async def a_library(package: str, driver: str, base_url: str, **environment: str) -> AsyncIterator[Library]:
    """`driver` is a file beside this one."""
    if not (ROOT / "node_modules" / package).is_dir():
        pytest.skip(f"node_modules has no {package}: `make test` installs it")
    process = await asyncio.create_subprocess_exec(
        node(),
        "--require",
        str(ROOT / "clients" / "node" / "redirect.cjs"),
        str(HERE / driver),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        limit=2**24,
        env={"PATH": os.environ["PATH"], "PEER_BASE": base_url, **environment},
    )
    try:
        yield Library(process)
    finally:
        assert process.stdin
        process.stdin.close()
        await asyncio.wait_for(process.wait(), _ANSWER_S)
