"""Live connections to fleets: one client for the process, one address and token for each fleet as it stands now."""

import httpx

from homeward.fleets.autonomous import repository
from homeward.fleets.contract.client import HttpFleet
from homeward.infra.db import Database
from homeward.kit.clock import Clock
from homeward.kit.problems import NotFound


class FleetConnections:
    """A changed fleet gets a new connection."""

    def __init__(self, db: Database, clock: Clock, http: httpx.AsyncClient, pause_s: float = 1.0) -> None:
        self._db = db
        self._clock = clock
        self._http = http
        self._pause_s = pause_s
        self._open: dict[str, tuple[int, HttpFleet]] = {}

    async def to(self, fleet_id: str) -> HttpFleet:
        """Raises NotFound."""
        async with self._db.operator() as tx:
            found = await repository.access(tx, fleet_id)
        if found is None:
            raise NotFound("fleet", fleet_id)
        base_url, token, revision = found
        known = self._open.get(fleet_id)
        if known is None or known[0] != revision:
            known = (revision, self.made(base_url, token))
            self._open[fleet_id] = known
        return known[1]

    def made(self, base_url: str, token: str) -> HttpFleet:
        return HttpFleet(self._http, base_url, token, self._pause_s, self._clock)

    async def close(self) -> None:
        await self._http.aclose()
