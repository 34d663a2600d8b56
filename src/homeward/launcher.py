"""`homeward up`: the whole platform on one machine, as a family of child processes.

    Postgres ── road servers ── serve (API and pages) · work (webhooks, messages, timers) · plan (dispatch)

Each may die at any moment and is started again; none holds anything that the database does not.
"""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final, Self

import httpx
import structlog

from homeward.infra.children import ChildSpec, ChildStatus, Supervisor, always_ready
from homeward.infra.db import Database
from homeward.infra.files import write_private
from homeward.infra.migrate import app_url, migrate
from homeward.infra.postgres import EmbeddedPostgres
from homeward.infra.settings import Secrets, Settings
from homeward.routing.importer import installed_markets
from homeward.routing.model import Profile, RoadServer
from homeward.routing.osrm import RoadServerHouse
from homeward.routing.osrm_binaries import osrm_binaries
from homeward.routing.repository import announce_road_server

log = structlog.get_logger()

PROCESSES: Final = ("serve", "work", "plan")
# A market imported while we run is found this soon.
_LOOK_FOR_MARKETS_EVERY_S: Final = 2.0

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class RunFile:
    """Tells other commands of the same data folder where the running platform is. Readable for its owner only."""

    pid: int
    app_database_url: str = field(repr=False)
    base_url: str

    @classmethod
    def read(cls, data_dir: Path) -> Self | None:
        """None if nothing runs: no file, or the process that wrote it is gone."""
        try:
            found = cls(**json.loads(_run_file(data_dir).read_text()))
            os.kill(found.pid, 0)
        except (FileNotFoundError, ProcessLookupError, json.JSONDecodeError):
            return None
        except PermissionError:
            return found  # alive, and another user's
        return found

    def write(self, data_dir: Path) -> None:
        path = _run_file(data_dir)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_private(path, json.dumps(asdict(self)))


def _run_file(data_dir: Path) -> Path:
    return data_dir / "run" / "platform.json"


@asynccontextmanager
async def running_database(settings: Settings) -> AsyncIterator[str]:
    """The application's URL of a migrated database: the one named, the running platform's, or our own for a while."""
    if settings.app_database_url:
        yield settings.app_database_url
        return
    running = RunFile.read(settings.data_dir)
    if running:
        yield running.app_database_url
        return
    secrets = Secrets.load(settings.data_dir)
    async with AsyncExitStack() as stack:
        yield await _migrated(settings, secrets, stack, supervisor=None)


@dataclass(slots=True)
class Family:
    """The processes of a running platform, as their launcher sees them."""

    settings: Settings
    app_database_url: str = field(repr=False)
    db: Database
    roads: RoadServerHouse
    children: Supervisor

    def statuses(self) -> list[ChildStatus]:
        return [*self.roads.statuses(), *self.children.statuses()]


@asynccontextmanager
async def launched(settings: Settings, progress: Progress) -> AsyncIterator[Family]:
    """Everything up and ready; on leaving, everything down again, the last started first.

    `progress` is told each part that begins to start.
    Raises EmbeddedPostgresError, OsrmMissing or ChildFailed with what to do about it; nothing is left running then.
    """
    secrets = Secrets.load(settings.data_dir)
    async with AsyncExitStack() as stack:
        children = Supervisor()
        progress("database")
        url = await _migrated(settings, secrets, stack, supervisor=children)
        db = Database(url, min_size=1, max_size=2)
        await db.open()
        stack.push_async_callback(db.close)

        async def announce(market_id: str, profile: Profile, server: RoadServer) -> None:
            async with db.operator() as tx:
                await announce_road_server(tx, market_id, profile, server)

        progress("roads")
        roads = RoadServerHouse(osrm_binaries(), settings.data_dir / "run", announce)
        stack.push_async_callback(roads.stop)
        await serve_installed_markets(settings.data_dir, db, roads)
        family = Family(settings, url, db, roads, children)
        stack.push_async_callback(_stop_processes, children)
        for name in PROCESSES:
            progress(name)
            await children.start(_process(name, settings, url))
        RunFile(os.getpid(), url, settings.base_url).write(settings.data_dir)
        stack.callback(lambda: _run_file(settings.data_dir).unlink(missing_ok=True))
        watcher = asyncio.create_task(_watch_markets(family), name="watch markets")
        stack.callback(watcher.cancel)
        yield family


async def serve_installed_markets(data_dir: Path, db: Database, roads: RoadServerHouse) -> None:
    """Road servers for every market whose map lies in the data folder and which the database knows."""
    async with db.operator() as tx:
        ids = {row["slug"]: row["id"] for row in await tx.all("SELECT slug, id FROM market")}
    for market in installed_markets(data_dir):
        if market.slug in ids:
            await roads.serve(ids[market.slug], market)


async def _migrated(settings: Settings, secrets: Secrets, stack: AsyncExitStack, supervisor: Supervisor | None) -> str:
    """A database with this release's schema; its URL for the application."""
    if settings.database_url:
        owner_url = settings.database_url
    else:
        postgres = EmbeddedPostgres(settings.data_dir / "postgres")
        await postgres.start()
        stack.push_async_callback(postgres.stop)
        if supervisor is not None and postgres.child is not None:
            supervisor.watch(postgres.child)
            stack.push_async_callback(supervisor.remove, postgres.child.spec.name)
        owner_url = postgres.owner_url
    await asyncio.to_thread(migrate, owner_url, secrets.app_password)
    return app_url(owner_url, secrets.app_password)


def _process(name: str, settings: Settings, url: str) -> ChildSpec:
    async def healthy() -> bool:
        try:
            async with httpx.AsyncClient(timeout=1.0, trust_env=False) as http:
                return (await http.get(f"http://127.0.0.1:{settings.port}/readyz")).is_success
        except httpx.HTTPError:
            return False

    own = settings.model_copy(update={"app_database_url": url, "database_url": None})
    return ChildSpec(
        name,
        [sys.executable, "-m", "homeward", name],
        settings.data_dir / "run" / f"{name}.log",
        ready=healthy if name == "serve" else always_ready,
        env=own.environment(),
        ready_within_s=120.0,  # a small machine that starts everything at once is slow
        stop_within_s=10.0,
    )


async def _stop_processes(children: Supervisor) -> None:
    for status in reversed(children.statuses()):
        if status.name != "postgres":  # the database goes last, with its own stop
            await children.remove(status.name)


async def _watch_markets(family: Family) -> None:
    while True:
        await asyncio.sleep(_LOOK_FOR_MARKETS_EVERY_S)
        try:
            await serve_installed_markets(family.settings.data_dir, family.db, family.roads)
        except Exception:
            log.exception("looking for new markets failed; trying again")
