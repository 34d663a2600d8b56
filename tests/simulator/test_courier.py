"""A courier of the town does what the app allows, in its order, and what fate wants at the door."""

import asyncio
import json
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time
from typing import Any

import httpx

from homeward.kit.clock import ManualClock
from homeward.simulator.cast import Phones
from homeward.simulator.courier import Courier
from homeward.simulator.day import Person, couriers_of, fate_of
from homeward.simulator.doors import Doors
from tests.simulator.doors_and_homes import HOMES

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
SHOP, HOME = {"lat": 44.0, "lon": -73.0}, {"lat": 44.004, "lon": -73.0}
SEED = 1


class _Hurried(ManualClock):
    """Sleeping moves it."""

    async def sleep(self, seconds: float) -> None:
        self.advance(seconds)
        await asyncio.sleep(0)


class EnoughSeen(BaseException):
    """The platform has seen what the test wants to see."""


def one_who_takes_all() -> Person:
    """On shift all day, never declines."""
    return replace(couriers_of(SEED, 18, HOMES)[0], shift_starts=time(6), shift_h=16, decline_rate=0.0)


@dataclass
class OneDelivery:
    """A platform with a single delivery: it is offered, and carried through as the courier reports."""

    external_id: str
    pin: str | None = None
    acts: list[str] = field(default_factory=lambda: ["arrive_pickup", "pick_up", "arrive_dropoff", "hand_over"])
    offered: bool = False
    reports: list[dict[str, Any]] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    fixes: list[dict[str, Any]] = field(default_factory=list)
    codes_asked: int = 0

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content) if request.content else {}
        match request.url.path.removeprefix("/v1/courier").split("/")[1:]:
            case ["login-codes"]:
                self.codes_asked += 1
                return httpx.Response(202, json={})
            case ["sessions"]:
                assert body["code"] == "123456"
                return httpx.Response(201, json={"token": "t"})
            case ["me"] | ["duty"]:
                return httpx.Response(200, json={"place": None})
            case ["positions"]:
                self.fixes += body["fixes"]
                return httpx.Response(200, json={"accepted": 1})
            case ["offer"] if self.answers:
                return httpx.Response(204)
            case ["offer"]:
                return httpx.Response(200, json={"id": "ofr_1", "delivery_ids": ["dlv_1"]})
            case ["open-offers"]:
                return httpx.Response(200, json={"items": []})
            case ["offers", _, answer]:
                self.answers.append(answer)
                if answer == "decline":
                    raise EnoughSeen
                return httpx.Response(200, json={})
            case ["legs", _, "reports"]:
                self.reports.append(body)
                if body["act"] in ("hand_over", "problem"):
                    raise EnoughSeen
                self.acts.pop(0)
        return httpx.Response(200, json=self._route())

    def _route(self) -> dict[str, Any]:
        going = bool(self.acts) and "accept" in self.answers
        at_shop = "pick_up" in self.acts
        stop = {
            "delivery_id": "dlv_1",
            "leg_id": "leg_1",
            "state": "next",
            "acts": self.acts[:1],
            "take_over": False,
            "place": SHOP if at_shop else HOME,
            "ready_at": "2026-03-10T12:20:00Z",
            "requirements": {"photo": True},
        }
        line = [[44.0, -73.0], [44.002, -73.0], [44.004, -73.0]]
        return {"stops": [stop] if going else [], "geometry": line, "distance_m": 500, "duration_s": 100}


async def ride(platform: OneDelivery, person: Person, phones: Phones | None = None) -> None:
    """Until the platform has seen enough."""

    async def knows(delivery_id: str) -> dict[str, Any]:
        return {"external_id": platform.external_id, "pin": platform.pin, "label": "L-1"}

    async def code(phone: str) -> str:
        return "123456"

    async with httpx.AsyncClient(transport=httpx.MockTransport(platform), base_url="http://test") as http:
        courier = Courier(person, SEED, "UTC", Doors(http), _Hurried(NOON), code, knows, phones or Phones())
        with suppress(EnoughSeen):
            await asyncio.wait_for(courier.live(), 20)


def an_order_where(nobody_home: bool) -> str:
    numbers = (f"T1-{number}" for number in range(10_000))
    return next(name for name in numbers if fate_of(SEED, name).nobody_home is nobody_home)


async def test_a_delivery_is_carried_step_by_step_with_scan_photo_and_pin() -> None:
    platform = OneDelivery(an_order_where(nobody_home=False), pin="4711")
    await ride(platform, one_who_takes_all())
    assert [report["act"] for report in platform.reports] == [
        "arrive_pickup",
        "pick_up",
        "arrive_dropoff",
        "hand_over",
    ]
    assert platform.reports[1]["evidence"] == [{"kind": "scan", "text": "L-1"}]
    assert [piece["kind"] for piece in platform.reports[3]["evidence"]] == ["photo", "pin"]


async def test_nobody_takes_the_parcel_before_it_is_ready() -> None:
    platform = OneDelivery(an_order_where(nobody_home=False))
    await ride(platform, one_who_takes_all())
    assert platform.reports[1]["at"] > "2026-03-10T12:20:00"


async def test_where_nobody_is_at_home_the_courier_says_so() -> None:
    platform = OneDelivery(an_order_where(nobody_home=True))
    await ride(platform, one_who_takes_all())
    assert platform.reports[-1]["act"] == "problem"
    assert platform.reports[-1]["reason"] == "nobody_there"


async def test_positions_are_told_along_the_way_in_order_of_time() -> None:
    platform = OneDelivery(an_order_where(nobody_home=False))
    await ride(platform, one_who_takes_all())
    times = [fix["at"] for fix in platform.fixes]
    assert len(times) > 5
    assert times == sorted(times)


async def test_one_who_never_wants_declines() -> None:
    platform = OneDelivery("T1-1")
    await ride(platform, replace(one_who_takes_all(), decline_rate=1.0))
    assert platform.answers == ["decline"]


async def test_a_phone_that_remembers_its_session_asks_for_no_code() -> None:
    phones, person = Phones(), one_who_takes_all()
    phones.remember(person.phone, "t")
    platform = OneDelivery(an_order_where(nobody_home=False))
    await ride(platform, person, phones)
    assert platform.codes_asked == 0
