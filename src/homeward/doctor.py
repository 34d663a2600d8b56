"""`homeward doctor`: looks at what most often goes wrong, and says how to mend it."""

import shutil
import socket
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Final

from homeward.bootstrap import Platform, opened
from homeward.infra.postgres import EmbeddedPostgresError
from homeward.infra.settings import Settings
from homeward.kit.problems import Problem
from homeward.launcher import RunFile, running_database
from homeward.routing.importer import installed_markets
from homeward.routing.model import Profile
from homeward.routing.osrm import answers
from homeward.routing.osrm_binaries import OsrmMissing, osrm_binaries
from homeward.web.assets_manifest import PagesNotBuilt, load_manifest

_ROOM_BYTES: Final = 2_000_000_000


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `mend` says what to do if it is not `ok`."""

    ok: bool
    what: str
    mend: str = ""


async def findings(settings: Settings) -> list[Finding]:
    """From the ground up: disk, programs, pages, port, database, markets, roads."""
    found = [*_ground(settings), _port(settings)]
    try:
        async with running_database(settings) as url, opened(settings, url) as platform:
            found.append(Finding(True, "the database answers and has this release's schema"))
            found += [finding async for finding in _markets(platform)]
    except (EmbeddedPostgresError, Problem, OSError) as failure:
        found.append(Finding(False, f"the database does not answer: {failure}", "read the end of postgres.log"))
    return found


def _ground(settings: Settings) -> Iterator[Finding]:
    place = settings.data_dir if settings.data_dir.exists() else settings.data_dir.absolute().parent
    free = shutil.disk_usage(place).free
    yield Finding(
        free > _ROOM_BYTES, f"{free / 1e9:.0f} GB are free for {settings.data_dir}", "make room: 2 GB at least"
    )
    try:
        osrm_binaries()
        yield Finding(True, "the road engine is installed")
    except OsrmMissing as missing:
        yield Finding(False, "the road engine is not installed", str(missing))
    try:
        load_manifest()
        yield Finding(True, "the pages' scripts and styles are built")
    except PagesNotBuilt as missing:
        yield Finding(False, "the pages' scripts and styles are not built", str(missing))


def _port(settings: Settings) -> Finding:
    running = RunFile.read(settings.data_dir)
    if running:
        return Finding(True, f"the platform runs (process {running.pid}) at {running.base_url}")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError:
            return Finding(False, f"port {settings.port} is taken by another program", "choose one with --port")
    return Finding(True, f"port {settings.port} is free; nothing runs on {settings.data_dir}")


async def _markets(platform: Platform) -> AsyncIterator[Finding]:
    installed = {market.slug for market in installed_markets(platform.settings.data_dir)}
    markets = await platform.coverage.markets()
    if not markets:
        yield Finding(False, "there is no market yet", "homeward market import NAME --osm FILE")
    for market in markets:
        yield Finding(market.slug in installed, f"the map of {market.name} is here", f"import it again: {market.slug}")
        if RunFile.read(platform.settings.data_dir) is None:
            continue
        for profile in Profile:
            yield await _road_server(platform, market.id, market.name, profile)


async def _road_server(platform: Platform, market_id: str, name: str, profile: Profile) -> Finding:
    try:
        server = await platform.roads.server(market_id, profile)
        answered = await answers(server.url)
    except Problem:
        answered = False
    return Finding(answered, f"roads of {name} for {profile} answer", "see the roads log in the run folder")
