"""A day with people who act by themselves: shops that book, staff and shoppers who open, couriers who come to help."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, Final

from homeward.fleets.autonomous.errors import MachineSaysNo, NoMachineThere
from homeward.fleets.contract.legs import Holder
from homeward.fleets.contract.words import LegState
from homeward.fleets.couriers.model import Fix
from homeward.kit.places import LatLon, great_circle_m
from homeward.kit.problems import Unavailable
from homeward.simulator.fleets.records import Carried
from tests.dispatch.world import PHOTO_BODY
from tests.fleets.autonomous.world import Park, a_park
from tests.web.town import BAKERY

TURN_S: Final = 15
COURIERS: Final = 4
SHARE: Final = 0.05
"""Of all legs, that each of the ten kinds of mischief befalls."""
FLEETS: Final[Mapping[str, int]] = {"sidewalk": 10, "drone": 6, "road": 6}
_BOOKED_EVERY_S: Final = 60
_MOST_TURNS_AFTER: Final = 2_400
_PACE_M_S: Final = 6.0
_HOLDERS: Final = {
    LegState.AT_PICKUP: Holder.STORE,
    LegState.AT_RETURN: Holder.STORE,
    LegState.AT_DROPOFF: Holder.SHOPPER,
}


@dataclass
class Helper:
    """A courier: takes every offer, and is at a stop when the way to it has been driven."""

    id: str
    token: str
    place: LatLon = BAKERY
    there_at: datetime | None = None
    heads_for: str | None = None


@dataclass
class LongDay:
    """A park of machines with mischief, and everybody who lives with it."""

    park: Park
    seed: int
    helpers: list[Helper] = field(default_factory=list)
    booked: list[str] = field(default_factory=list)

    async def lives(self, deliveries: int) -> None:
        """Books so many, one a minute, and goes on until all of them have ended."""
        rng = Random(self.seed)
        while len(self.booked) < deliveries:
            self.booked.append(await self._books(rng))
            for _ in range(_BOOKED_EVERY_S // TURN_S):
                await self._turn()
        for _ in range(_MOST_TURNS_AFTER):
            if not await self._open():
                break
            await self._turn()
        for _ in range(8):  # what fleets still have to tell
            await self._turn()

    async def _books(self, rng: Random) -> str:
        number, street = rng.randrange(1, 59), rng.choice(["Elm Street", "Main Street"])
        parcel = {"weight_g": rng.choice([600, 900, 1_500, 4_000, 12_000])}
        return await self.park.booked(f"{number} {street}, Springfield", parcel=parcel)

    async def _open(self) -> int:
        rows = await self.park.world.rows("SELECT count(*) AS n FROM delivery WHERE ended_at IS NULL")
        return int(rows[0]["n"])

    async def _turn(self) -> None:
        await self.park.turn(TURN_S)
        for fleet in self.park.fleets.values():
            for leg in list(fleet.world.legs.values()):
                if not leg.ended and leg.state in _HOLDERS and leg.room.spec.locked and not leg.room.open:
                    await self._opens(leg)
        for helper in self.helpers:
            await self._helps(helper)

    async def _opens(self, leg: Carried) -> None:
        """Whoever stands there, by the door that they have. A machine without contact is tried again next time."""
        rows = await self.park.world.rows(
            "SELECT delivery_id FROM machine_leg WHERE id = %(id)s", id=leg.order.reference
        )
        machines = self.park.world.platform.machines
        if leg.planned is not None and leg.planned.kind == "nobody_came" and leg.state is LegState.AT_DROPOFF:
            return
        try:
            await machines.open_for(rows[0]["delivery_id"], _HOLDERS[leg.state], by="day")
        except (NoMachineThere, MachineSaysNo, Unavailable):
            return

    # ── couriers ──

    async def _helps(self, helper: Helper) -> None:
        platform, now = self.park.world.platform, self.park.clock.now()
        await platform.couriers.record_positions(helper.id, [Fix(now, helper.place)])
        offer = await self.park.world.ask(helper.token, "GET", "/v1/courier/offer")
        if offer.status_code == 200:
            await self.park.world.ask(helper.token, "POST", f"/v1/courier/offers/{offer.json()['id']}/accept")
        stop = await self.park.world.next_stop(helper.id)
        if stop is not None and stop["acts"]:
            await self._works(helper, stop, now)

    async def _works(self, helper: Helper, stop: dict[str, Any], now: datetime) -> None:
        goal = LatLon(stop["place"]["lat"], stop["place"]["lon"])
        if helper.heads_for != stop["id"]:
            way_s = great_circle_m(helper.place, goal) / _PACE_M_S
            helper.heads_for, helper.there_at = stop["id"], now + timedelta(seconds=way_s)
        assert helper.there_at is not None
        if now < helper.there_at:
            return
        helper.place = goal
        if stop["take_over"] and stop["acts"][0] == "pick_up":
            path = f"/v1/courier/deliveries/{stop['delivery_id']}/compartment/open"
            await self.park.world.ask(helper.token, "POST", path)
        evidence = [PHOTO_BODY] if stop["acts"][0] == "hand_over" else []
        body = {"act": stop["acts"][0], "evidence": evidence}
        await self.park.world.ask(helper.token, "POST", f"/v1/courier/legs/{stop['leg_id']}/reports", body)

    # ── what is told of it ──

    async def story(self, delivery_id: str) -> list[tuple[str, str, str]]:
        """A delivery's log without what is drawn at random: ids of events and people."""
        events = await self.park.events(delivery_id)
        courier = [(event["data"].get("courier") or {}).get("first_name", "") for event in events]
        return [(event["type"], event["at"], name) for event, name in zip(events, courier, strict=True)]

    def told(self, states: Mapping[str, int], carried: Mapping[str, int]) -> str:
        befell: dict[str, int] = {}
        for fleet in self.park.fleets.values():
            for leg in fleet.world.legs.values():
                if leg.planned is not None and leg.struck:
                    befell[leg.planned.kind] = befell.get(leg.planned.kind, 0) + 1
        lines = [f"deliveries {len(self.booked)}", f"ended {dict(states)}", f"carried by {dict(carried)}"]
        return "\n".join([*lines, f"befell {dict(sorted(befell.items()))}"])


@asynccontextmanager
async def a_long_day(database_url: str, folder: Path, seed: int) -> AsyncIterator[LongDay]:
    """Fleets with mischief, and couriers who live in the town."""
    async with a_park(database_url, folder) as park:
        day = LongDay(park, seed)
        for number, (kind, vehicles) in enumerate(FLEETS.items()):
            park.clock.advance(1)  # ids order by time, and the order of fleets and people decides ties
            await park.joins(kind, seed=seed * 10 + number, people=True, faults_share=SHARE, vehicles=vehicles)
        for number in range(COURIERS):
            park.clock.advance(1)
            courier = await park.world.town.courier(f"Helper {number}")
            token = await park.world.platform.auth.open_session("courier", courier.id)
            park.world.courier_tokens[courier.id] = token
            day.helpers.append(Helper(courier.id, token))
        yield day
