"""`homeward up` as a family of processes: parts that die come back, and leaving leaves nothing."""

import asyncio
import json
import os
import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import psycopg
import pytest

from homeward.infra.children import ChildFailed, ChildStatus
from homeward.infra.db import Database
from homeward.infra.settings import Settings
from homeward.launcher import RunFile, launched, running_database
from homeward.routing.osrm_binaries import OsrmMissing, osrm_binaries
from tests.web.town import a_free_port

pytestmark = pytest.mark.slow


@pytest.fixture
def roads_installed() -> None:
    """`homeward up` refuses to start without the road engine."""
    try:
        osrm_binaries()
    except OsrmMissing as missing:
        pytest.skip(str(missing))


async def test_where_nothing_runs_a_command_has_a_database_of_its_own_for_a_while(tmp_path: Path) -> None:
    async with running_database(Settings(data_dir=tmp_path)) as url:
        db = Database(url, min_size=1, max_size=1)
        await db.open()
        async with db.operator() as tx:
            assert await tx.value("SELECT count(*) FROM market") == 0
        await db.close()
    with pytest.raises(psycopg.OperationalError):
        await psycopg.AsyncConnection.connect(url, connect_timeout=2)


@pytest.mark.usefixtures("roads_installed")
async def test_parts_that_are_killed_come_back_and_leaving_leaves_nothing(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data", port=a_free_port())
    parts: list[str] = []
    async with launched(settings, parts.append) as platform:
        assert parts == ["database", "roads", "serve", "work", "plan"]
        running = RunFile.read(settings.data_dir)
        assert running is not None
        assert running.pid == os.getpid()
        before = {status.name: status for status in platform.statuses()}
        assert set(before) == {"postgres", "serve", "work", "plan"}
        for name in ("work", "postgres", "serve"):
            await _comes_back(platform.statuses, before[name])
        await _answers(f"http://127.0.0.1:{settings.port}/readyz")
        pids = [status.pid for status in platform.statuses() if status.pid]
    assert RunFile.read(settings.data_dir) is None
    assert [pid for pid in pids if Path(f"/proc/{pid}").exists()] == []


@pytest.mark.usefixtures("roads_installed")
async def test_a_part_that_cannot_start_stops_the_others_and_says_why(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as somebody_elses:
        settings = Settings(data_dir=tmp_path / "data", port=somebody_elses.getsockname()[1])
        with pytest.raises(ChildFailed, match="serve ended") as failure:
            async with launched(settings, lambda part: None):
                raise AssertionError("it started")
    assert "in use" in failure.value.log_tail
    assert RunFile.read(settings.data_dir) is None
    assert list((settings.data_dir / "postgres").rglob("postmaster.pid")) == []


async def _comes_back(statuses: Callable[[], list[ChildStatus]], victim: ChildStatus) -> None:
    """Killed without warning, it is another process soon, and ready."""
    assert victim.pid
    os.kill(victim.pid, signal.SIGKILL)
    give_up_at = time.monotonic() + 60
    while True:
        now = next(status for status in statuses() if status.name == victim.name)
        if now.pid and now.pid != victim.pid and now.ready:
            assert now.restarts == victim.restarts + 1
            return
        assert time.monotonic() < give_up_at, json.dumps([str(status) for status in statuses()], indent=1)
        await asyncio.sleep(0.1)


async def _answers(url: str) -> None:
    give_up_at = time.monotonic() + 30
    async with httpx.AsyncClient(trust_env=False) as http:
        while True:
            try:
                if (await http.get(url)).status_code == 200:
                    return
            except httpx.HTTPError:
                assert time.monotonic() < give_up_at, f"{url} does not answer"
            await asyncio.sleep(0.2)
