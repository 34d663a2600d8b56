"""Published client libraries at work: our server on a port of its own, and Node with the library turned to it."""

import asyncio
import json
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI

ROOT = Path(__file__).resolve().parents[3]
REDIRECT = ROOT / "clients" / "node" / "redirect.cjs"
OUR_NODE = ROOT / ".venv" / "share" / "homeward" / "bin"


def node_for(package: str) -> str:
    """Where Node is. Skips if it or the library is not installed; `make test` installs both."""
    if not (ROOT / "node_modules" / package).is_dir():
        pytest.skip(f"{package} is not installed: run `make setup` first")
    found = shutil.which("node", path=f"{OUR_NODE}{os.pathsep}{os.environ.get('PATH', '')}")
    if found is None:
        pytest.skip("there is no Node: run `make setup` first")
    return found


@asynccontextmanager
async def served(app: FastAPI, port: int) -> AsyncIterator[str]:
    """The application over real HTTP."""
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="warning", timeout_graceful_shutdown=1))
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]  # signals are pytest's
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110  # uvicorn offers a flag and no event
        await asyncio.sleep(0.02)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    await serving


class Programme:
    """A running programme of the merchant's: a line of JSON in, a line out."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def call(self, **asked: Any) -> dict[str, Any]:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(asked).encode() + b"\n")
        await self._process.stdin.drain()
        line = await asyncio.wait_for(self._process.stdout.readline(), 60)
        assert line, "the programme ended"
        return dict(json.loads(line))


@asynccontextmanager
async def programme(script: Path, package: str, base_url: str) -> AsyncIterator[Programme]:
    """The script under Node, with nothing of it changed but where its calls go."""
    environment = {**os.environ, "PEER_BASE": base_url, "NODE_OPTIONS": f"--require {REDIRECT}"}
    process = await asyncio.create_subprocess_exec(
        node_for(package),
        str(script),
        cwd=ROOT,
        env=environment,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        yield Programme(process)
    finally:
        assert process.stdin
        process.stdin.close()
        await asyncio.wait_for(process.wait(), 10)
