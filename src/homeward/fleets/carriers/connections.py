"""Live connections to companies: one client for the process, one adapter for each account as it stands now."""

import httpx

from homeward.fleets.carriers import repository
from homeward.fleets.carriers.contract import Access, Carrier
from homeward.fleets.carriers.registry import ADAPTERS
from homeward.infra.db import Database
from homeward.kit.clock import Clock
from homeward.kit.problems import NotFound


class Connections:
    """Adapters remember what costs to get, such as a token; a changed account gets a new one."""

    def __init__(self, db: Database, clock: Clock, http: httpx.AsyncClient) -> None:
        self._db = db
        self._clock = clock
        self._http = http
        self._open: dict[str, tuple[int, Carrier]] = {}

    async def to(self, account_id: str) -> Carrier:
        """Raises NotFound."""
        async with self._db.operator() as tx:
            found = await repository.access(tx, account_id)
        if found is None:
            raise NotFound("carrier account", account_id)
        access, kind, revision = found
        known = self._open.get(account_id)
        if known is None or known[0] != revision:
            known = (revision, self.made(kind, access))
            self._open[account_id] = known
        return known[1]

    def made(self, kind: str, access: Access) -> Carrier:
        _, connect = ADAPTERS[kind]
        return connect(access, self._http, self._clock)

    async def close(self) -> None:
        await self._http.aclose()
