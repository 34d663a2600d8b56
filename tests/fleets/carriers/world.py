"""A whole Homeward with an account at another company, which a peer plays."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from homeward.kit.clock import ManualClock
from tests.acceptance.world import World, a_world
from tests.fleets.carriers.peers import DOORDASH_LOGIN, HOOK_SECRET, UBER_LOGIN, DoordashPeer, UberPeer
from tests.web.town import MARKET_ID

OPERATORS_NUMBER = "+18025550000"
CARRIERS = "/v1/operator/carriers"


class Switchboard(httpx.AsyncBaseTransport):
    """Sends each request to whoever plays the host."""

    def __init__(self) -> None:
        self.hosts: dict[str, httpx.AsyncBaseTransport] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.host not in self.hosts:
            raise httpx.ConnectError("nobody plays this host", request=request)
        return await self.hosts[request.url.host].handle_async_request(request)


@dataclass
class Network:
    """The first Homeward, and the companies it may hand out to."""

    world: World
    switchboard: Switchboard
    doordash: DoordashPeer
    uber: UberPeer
    accounts: dict[str, str]

    @property
    def clock(self) -> ManualClock:
        return self.world.clock

    async def operator(self, method: str, path: str, body: Any = None, **query: Any) -> dict[str, Any]:
        return await self.world.done(self.world.operator_token, method, f"{CARRIERS}{path}", body, **query)

    async def rules(self, *ranked: str, **more: Any) -> dict[str, Any]:
        body = {"ranked": [self.accounts[name] for name in ranked], **more}
        return await self.operator("PUT", f"/rules/{MARKET_ID}", body)

    async def off_duty(self) -> None:
        for token in self.world.courier_tokens.values():
            await self.world.done(token, "POST", "/v1/courier/duty", {"on": False})

    async def connected(self, kind: str, base_url: str, login: dict[str, str], **more: Any) -> str:
        body: dict[str, Any] = {
            "kind": kind,
            "name": kind,
            "base_url": base_url,
            "login": login,
            "hook_secret": HOOK_SECRET,
        }
        body |= {"settings": {"contact_phone": OPERATORS_NUMBER}, **more}
        return str((await self.operator("POST", "", body))["id"])

    async def turn(self, seconds: float = 30) -> None:
        """Time passes, and the worker's two loops come by."""
        self.clock.advance(seconds)
        await self.world.platform.deliveries.wake_due()
        await self.world.platform.carriers.hand_out_due()
        while await self.world.platform.carriers.follow_due():
            pass

    async def delivery(self, delivery_id: str) -> dict[str, Any]:
        return await self.world.done(self.world.bakery.live_key, "GET", f"/v1/deliveries/{delivery_id}")

    async def jobs(self, delivery_id: str) -> list[dict[str, Any]]:
        return list((await self.operator("GET", "/jobs", delivery_id=delivery_id))["items"])

    async def decisions(self, delivery_id: str) -> list[dict[str, Any]]:
        return list((await self.operator("GET", "/decisions", delivery_id=delivery_id))["items"])


@asynccontextmanager
async def a_network(database_url: str, folder: Path) -> AsyncIterator[Network]:
    """Nobody is on duty, and the market's list names the first company alone."""
    switchboard = Switchboard()
    http = httpx.AsyncClient(transport=switchboard)
    async with a_world(database_url, folder, carriers_http=http) as world:
        doordash, uber = DoordashPeer(world.clock), UberPeer(world.clock)
        switchboard.hosts = {"peer.example": doordash, "other.example": uber}
        network = Network(world, switchboard, doordash, uber, {})
        network.accounts["doordash"] = await network.connected("doordash_drive", "https://peer.example", DOORDASH_LOGIN)
        network.accounts["uber"] = await network.connected("uber_direct", "https://other.example", UBER_LOGIN)
        await network.off_duty()
        await network.rules("doordash")
        yield network
