"""A reference fleet over its wire form, and somebody who calls it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx

from homeward.fleets.contract.facts import Place
from homeward.fleets.contract.news import Event, gap, problem_with
from homeward.fleets.contract.news import Events as Page
from homeward.fleets.contract.words import LEADS_TO, EventKind
from homeward.kit.places import METRES_PER_DEGREE
from homeward.simulator.fleets.engine import ReferenceFleet
from homeward.simulator.fleets.kinds import KINDS
from homeward.simulator.fleets.records import Habits
from homeward.simulator.fleets.serve import GREENWICH, NOON, FleetOptions, built

TOKEN = "a-token-for-tests"
LOCKING = ("road", "sidewalk")
HANDOFFS = {
    "sidewalk": ("hatch", "hatch"),
    "road": ("hatch", "hatch"),
    "drone": ("hand", "tether"),
    "carrier": ("hand", "hand"),
}


def north_of(metres: float) -> dict[str, float]:
    return {"lat": GREENWICH.lat + metres / METRES_PER_DEGREE, "lon": GREENWICH.lon}


def an_order(kind: str = "sidewalk", **changes: Any) -> dict[str, Any]:
    """500 g from the centre to a door 600 m north of it, ready now, within three hours."""
    at_pickup, at_dropoff = HANDOFFS[kind]
    door = {"place": north_of(600), "address": "Oak Lane 2", "handoff": [at_dropoff], "spot": north_of(600)}
    order = {
        "reference": "ref-1",
        "pickup": {"place": north_of(0), "address": "Mill Street 1", "handoff": [at_pickup]},
        "dropoff": door,
        "parcels": [{"id": "p1", "weight_g": 500}],
        "ready_at": NOON.isoformat(),
        "latest": (NOON + timedelta(hours=3)).isoformat(),
    }
    return order | changes


def a_fleet(kind: str = "sidewalk", seed: int = 1) -> ReferenceFleet:
    return ReferenceFleet(KINDS[kind], Place(lat=GREENWICH.lat, lon=GREENWICH.lon), NOON, Habits(seed))


class Caller:
    """Says the words of the contract. Each call has a new key unless it is given one."""

    def __init__(self, http: httpx.AsyncClient, fleet: ReferenceFleet, kind: str) -> None:
        self.http, self.fleet, self.kind, self._keys = http, fleet, kind, 0

    async def post(self, path: str, body: Any, key: str | None = None) -> httpx.Response:
        self._keys += 1
        return await self.http.post(path, json=body, headers={"Idempotency-Key": key or f"key-{self._keys}"})

    async def made(self, path: str, body: Any, key: str | None = None) -> Any:
        answer = await self.post(path, body, key)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    async def committed(self, **changes: Any) -> Any:
        quote = await self.made("/quotes", an_order(self.kind, **changes))
        reservation = await self.made("/reservations", {"quote_id": quote["id"]})
        return await self.made("/legs", {"reservation_id": reservation["id"]})

    async def leg(self, leg: Any) -> Any:
        answer = await self.http.get(f"/legs/{leg['id']}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def let_pass(self, seconds: int) -> None:
        await self.made("/sandbox/advance", {"seconds": seconds})

    async def until(self, leg: Any, *states: str, within_s: int = 7_200) -> Any:
        for _ in range(within_s // 5):
            now = await self.leg(leg)
            if now["state"] in states:
                return now
            await self.let_pass(5)
        raise AssertionError(f"{now['state']}, not {states}")

    async def act(self, leg: Any, action: str, key: str | None = None, **more: Any) -> Any:
        return await self.made(f"/legs/{leg['id']}/actions", {"action": action, **more}, key)

    async def secret(self, leg: Any, holder: str, valid_s: int = 600) -> Any:
        return await self.made(f"/legs/{leg['id']}/secrets", {"holder": holder, "valid_s": valid_s})

    async def opened(self, leg: Any, holder: str) -> None:
        """Only where it locks."""
        if self.kind in LOCKING:
            secret = await self.secret(leg, holder)
            more = {"compartment_id": secret["compartment_id"], "secret": secret["secret"]}
            assert (await self.act(leg, "open", **more))["outcome"] == "done"

    async def person(self, leg: Any, act: str) -> None:
        await self.made("/sandbox/person", {"leg_id": leg["id"], "act": act})

    async def on_the_way(self, **changes: Any) -> Any:
        leg = await self.committed(**changes)
        await self.until(leg, "at_pickup")
        await self.opened(leg, "store")
        await self.person(leg, "put_in")
        return await self.until(leg, "to_dropoff")

    async def handed_over(self, leg: Any) -> Any:
        now = await self.until(leg, "at_dropoff", "handing_over", "done")
        if self.kind != "drone" and now["state"] == "at_dropoff":
            await self.opened(leg, "shopper")
            await self.person(leg, "take_out")
        return await self.until(leg, "done")

    async def page(self, after: int = 0) -> Page:
        answer = await self.http.get("/events", params={"after": after, "limit": 500})
        return Page.model_validate(answer.json())

    async def log(self) -> list[Event]:
        return list((await self.page()).items)


@asynccontextmanager
async def calling(kind: str = "sidewalk", fault: str | None = None, **options: Any) -> AsyncIterator[Caller]:
    app, fleet = built(FleetOptions(kind=kind, token=TOKEN, fault=fault, **options))
    http = httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://fleet", headers={"Authorization": f"Bearer {TOKEN}"}
    )
    async with http:
        yield Caller(http, fleet, kind)


def wrong_in(log: list[Event]) -> list[str]:
    """What a log tells that no sound fleet tells."""
    found = [wrong for wrong in [gap(0, Page(items=log[:500], last=len(log)))] if wrong]
    found += [wrong for wrong in map(problem_with, log) if wrong]
    state: dict[str, str] = {}
    holder: dict[str, bool] = {}
    for event in log:
        if event.kind is EventKind.LEG_MOVED:
            assert event.leg_id is not None
            assert event.previous is not None
            before = state.get(event.leg_id, "committed")
            if event.previous != before or event.state not in LEADS_TO[event.previous]:
                found.append(f"{event.number}: {event.previous} to {event.state}, it was {before}")
            state[event.leg_id] = str(event.state)
        if event.kind in (EventKind.GOODS_IN, EventKind.GOODS_OUT):
            comes = event.kind is EventKind.GOODS_IN
            if holder.get(str(event.leg_id), False) is comes:
                found.append(f"{event.number}: {event.kind} twice")
            holder[str(event.leg_id)] = comes
    return found
