"""Keeps one `osrm-routed` per market and profile running on loopback, and says where each answers."""

from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import Final

import httpx

from homeward.infra.children import ChildSpec, ChildStatus, Supervisor
from homeward.infra.postgres import free_port
from homeward.routing.importer import InstalledMarket
from homeward.routing.model import Profile, RoadServer
from homeward.routing.osrm_binaries import OsrmBinaries

MAX_TABLE_SIZE: Final = 1_000
"""Places in one table. Our client asks for at most 400 from and 400 to; OSRM's own default is 100."""
_KEEPALIVE_S: Final = 60

Announce = Callable[[str, Profile, RoadServer], Awaitable[None]]
"""Told market id, profile and server whenever one is ready, so that other processes can find it."""


class RoadServerHouse:
    """All road servers of this installation.

    A server that dies is started again on the same port, so its address stays true; a client only has to be patient.
    """

    def __init__(self, binaries: OsrmBinaries, log_dir: Path, announce: Announce, *, threads: int = 2) -> None:
        self._binaries = binaries
        self._log_dir = log_dir
        self._announce = announce
        self._threads = threads
        self._supervisor = Supervisor()
        self._serving: dict[tuple[str, Profile], tuple[str, RoadServer]] = {}

    async def serve(
        self, market_id: str, market: InstalledMarket, profiles: Iterable[Profile] = tuple(Profile)
    ) -> None:
        """Serve the market's version in use. A server of an older version is stopped once the new one is announced.

        Raises
        ------
        homeward.infra.children.ChildFailed
            If a server does not come up; the text holds the end of its log.
        """
        for profile in profiles:
            before = self._serving.get((market_id, profile))
            if before is not None and before[1].graph_version == market.version:
                continue
            name = f"roads {market.slug} {profile} {market.version}"
            url = await self._start(name, market, profile)
            server = RoadServer(url, market.version)
            self._serving[market_id, profile] = (name, server)
            await self._announce(market_id, profile, server)
            if before is not None:
                await self._supervisor.remove(before[0])

    async def _start(self, name: str, market: InstalledMarket, profile: Profile) -> str:
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        command = [
            str(self._binaries.routed), "--algorithm", "mld", "--ip", "127.0.0.1", "--port", str(port),
            "--threads", str(self._threads), "--keepalive-timeout", str(_KEEPALIVE_S),
            "--max-table-size", str(MAX_TABLE_SIZE), "--verbosity", "WARNING", str(market.graph(profile)),
        ]  # fmt: skip
        log_file = self._log_dir / f"roads-{market.slug}-{profile}.log"
        await self._supervisor.start(ChildSpec(name, command, log_file, ready=lambda: answers(url), stop_within_s=3.0))
        return url

    def server(self, market_id: str, profile: Profile) -> RoadServer | None:
        found = self._serving.get((market_id, profile))
        return found[1] if found else None

    def statuses(self) -> list[ChildStatus]:
        return self._supervisor.statuses()

    async def stop(self) -> None:
        """Stop all."""
        await self._supervisor.stop()
        self._serving.clear()


async def answers(url: str) -> bool:
    """Whether a road server has loaded its graph: until then nobody listens."""
    try:
        async with httpx.AsyncClient(timeout=2.0, trust_env=False) as http:
            reply = await http.get(f"{url}/nearest/v1/driving/0,0")
    except httpx.TransportError:
        return False
    return reply.status_code == httpx.codes.OK
