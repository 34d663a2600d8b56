"""A whole Homeward with fleets of machines, spoken to over HTTP; fleet and platform share one clock."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx

from homeward.fleets.contract.facts import Place
from homeward.fleets.contract.sandbox import ActOfPerson, Mishap, PersonAct
from homeward.fleets.contract.server import Refused, fleet_app
from homeward.fleets.contract.words import IncidentKind, LegState
from homeward.kit.clock import ManualClock
from homeward.simulator.fleets.engine import ReferenceFleet
from homeward.simulator.fleets.faults import FAULTS
from homeward.simulator.fleets.kinds import KINDS
from homeward.simulator.fleets.records import Habits
from tests.acceptance.world import Shop, World, a_world
from tests.fleets.carriers.world import Switchboard
from tests.web.town import BAKERY, MARKET_ID

TOKEN = "a-token-of-the-fleet"
CENTRE = Place(lat=BAKERY.lat, lon=BAKERY.lon)


@dataclass
class Park:
    """Fleets around the bakery, and whoever works there."""

    world: World
    switchboard: Switchboard
    fleets: dict[str, ReferenceFleet] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)

    @property
    def clock(self) -> ManualClock:
        return self.world.clock

    @property
    def shop(self) -> Shop:
        return self.world.bakery

    async def joins(
        self,
        kind: str,
        *,
        fault: str | None = None,
        seed: int = 1,
        people: bool = False,
        faults_share: float = 0.0,
        vehicles: int | None = None,
    ) -> str:
        """A reference fleet comes into the market; its id here."""
        made = replace(KINDS[kind], vehicles=vehicles) if vehicles else KINDS[kind]
        habits = Habits(seed, people, faults_share)
        fleet = ReferenceFleet(made, CENTRE, self.clock.now(), habits, "America/New_York", "USD")
        front = FAULTS[fault](fleet) if fault else fleet
        host = f"{kind}.example"
        self.switchboard.hosts[host] = httpx.ASGITransport(fleet_app(front, TOKEN, fleet))
        self.fleets[kind] = fleet
        body = {"market_id": MARKET_ID, "base_url": f"https://{host}", "token": TOKEN, "name": kind}
        self.ids[kind] = str((await self.operator("POST", "", body))["id"])
        await self.world.platform.machines.read_due()
        return self.ids[kind]

    async def operator(self, method: str, path: str, body: Any = None, **query: Any) -> dict[str, Any]:
        return await self.world.done(self.world.operator_token, method, f"/v1/operator/fleets{path}", body, **query)

    async def off_duty(self) -> None:
        for token in self.world.courier_tokens.values():
            await self.world.done(token, "POST", "/v1/courier/duty", {"on": False})

    async def booked(self, address: str = "12 Elm Street, Springfield", **more: Any) -> str:
        """The first option of a fresh quote; machines may come."""
        parcel = more.pop("parcel", {"weight_g": 2_000})
        quote = await self.world.quoted(self.shop, address, parcel=parcel)
        body = {"quote_id": quote["id"], "option_id": quote["options"][0]["id"], "machines": "allowed", **more}
        return str((await self.world.done(self.shop.live_key, "POST", "/v1/deliveries", body))["id"])

    async def delivery(self, delivery_id: str) -> dict[str, Any]:
        return await self.world.done(self.shop.live_key, "GET", f"/v1/deliveries/{delivery_id}")

    async def events(self, delivery_id: str) -> list[dict[str, Any]]:
        return list((await self.world.done(self.shop.live_key, "GET", f"/v1/deliveries/{delivery_id}/events"))["items"])

    async def legs(self, delivery_id: str) -> dict[str, Any]:
        return await self.operator("GET", "/legs", delivery_id=delivery_id)

    async def turn(self, seconds: int = 10) -> None:
        """Time passes for everybody; then each loop comes by once."""
        for fleet in self.fleets.values():
            fleet.let_pass(seconds)
        self.clock.advance(seconds)
        await self.loops()

    async def loops(self) -> None:
        platform = self.world.platform
        await self._due_again()
        await platform.machines.read_due()
        await platform.deliveries.wake_due()
        await platform.machines.ask_due()
        await self.world.town.plan(0)
        await platform.machines.carry_due()
        await self._due_again()
        await platform.machines.read_due()

    async def _due_again(self) -> None:
        """Logs are read by database time, which nobody advances here."""
        async with self.world.platform.db.operator() as tx:
            await tx.run("UPDATE fleet_account SET due_at = now()")

    async def until(self, delivery_id: str, *states: str, most: int = 400) -> dict[str, Any]:
        """Turns pass, and people at the stops do their part, until the delivery is in one of these states."""
        for _ in range(most):
            found = await self.delivery(delivery_id)
            if found["state"] in states:
                return found
            await self.people()
            await self.turn()
        raise AssertionError(f"still {found['state']}: {await self.legs(delivery_id)}")

    async def people(self) -> None:
        """Whoever should act at a stop: the staff opens by the API, loads; the shopper opens, takes out."""
        for fleet in self.fleets.values():
            for leg in list(fleet.world.legs.values()):
                await self._person_at(fleet, leg)

    async def _person_at(self, fleet: ReferenceFleet, leg: Any) -> None:
        act = {
            LegState.AT_PICKUP: PersonAct.PUT_IN,
            LegState.LOADING: PersonAct.PUT_IN,
            LegState.AT_DROPOFF: PersonAct.TAKE_OUT,
            LegState.HANDING_OVER: PersonAct.TAKE_OUT,
            LegState.AT_RETURN: PersonAct.TAKE_OUT,
        }.get(leg.state)
        if act is None:
            return
        if leg.room.spec.locked and not leg.room.open:
            await self._opens(leg)
        try:
            await fleet.person(ActOfPerson(leg_id=leg.id, act=act))
        except Refused:
            return  # it is in, or out, already

    async def _opens(self, leg: Any) -> None:
        rows = await self.world.rows("SELECT delivery_id FROM machine_leg WHERE id = %(id)s", id=leg.order.reference)
        delivery_id = rows[0]["delivery_id"]
        if leg.state in (LegState.AT_PICKUP, LegState.AT_RETURN):
            await self.world.ask(self.shop.live_key, "POST", f"/v1/deliveries/{delivery_id}/compartment/open")
        elif leg.state is LegState.AT_DROPOFF:
            await self.shopper_opens(delivery_id)

    async def shopper_opens(self, delivery_id: str) -> httpx.Response:
        return await self.shopper(delivery_id, "open")

    async def shopper(self, delivery_id: str, act: str, **said: str) -> httpx.Response:
        """A form of the tracking page."""
        path = (await self.delivery(delivery_id))["tracking_url"].replace(self.world.town.base_url, "")
        async with self.world.client() as browser:
            return await browser.post(f"{path}/{act}", data=said, headers={"Origin": self.world.town.base_url})

    async def page(self, delivery_id: str) -> str:
        """The tracking page as the shopper sees it."""
        path = (await self.delivery(delivery_id))["tracking_url"].replace(self.world.town.base_url, "")
        async with self.world.client() as browser:
            return (await browser.get(path)).text

    async def explained(self, delivery_id: str) -> str:
        """Why it went to whom it went, in words."""
        path = f"/v1/operator/deliveries/{delivery_id}/explanation"
        answer = await self.world.ask(self.world.operator_token, "GET", path, format="text")
        return answer.json()["text"] if answer.headers["content-type"] == "application/json" else answer.text

    async def on_duty(self) -> None:
        for token in self.world.courier_tokens.values():
            place = {"lat": BAKERY.lat, "lon": BAKERY.lon}
            await self.world.done(token, "POST", "/v1/courier/duty", {"on": True, "place": place})

    async def offer_accepted(self) -> str:
        """Turns pass until a courier is asked, who says yes; who."""
        for _ in range(60):
            await self.turn(5)
            for courier_id, token in self.world.courier_tokens.items():
                answer = await self.world.ask(token, "GET", "/v1/courier/offer")
                if answer.status_code == 200:
                    offer_id = answer.json()["id"]
                    await self.world.done(token, "POST", f"/v1/courier/offers/{offer_id}/accept")
                    return courier_id
        raise AssertionError("nobody is asked")

    async def courier_reports(self, courier_id: str, act: str, **more: Any) -> None:
        """About the next stop of their route."""
        stop = await self.world.next_stop(courier_id)
        assert stop is not None
        token = self.world.courier_tokens[courier_id]
        await self.world.done(token, "POST", f"/v1/courier/legs/{stop['leg_id']}/reports", {"act": act, **more})

    async def until_attention(self, delivery_id: str, most: int = 60) -> None:
        for _ in range(most):
            if (await self.delivery(delivery_id))["attention"] == "rescue_needed":
                return
            await self.turn()
        raise AssertionError("nobody is called")

    async def mishap(self, kind: str, incident: IncidentKind, ends_after_s: int | None = None) -> None:
        """To the vehicle that is under way."""
        fleet = self.fleets[kind]
        leg = next(leg for leg in fleet.world.legs.values() if not leg.ended)
        await fleet.mishap(Mishap(vehicle_id=leg.car.id, kind=incident, ends_after_s=ends_after_s))


@asynccontextmanager
async def a_park(database_url: str, folder: Path) -> AsyncIterator[Park]:
    """Nobody is on duty and no fleet has joined."""
    switchboard = Switchboard()
    async with a_world(database_url, folder, fleets_http=httpx.AsyncClient(transport=switchboard)) as world:
        park = Park(world, switchboard)
        await park.off_duty()
        park.clock.advance(timedelta(seconds=1).total_seconds())
        yield park
