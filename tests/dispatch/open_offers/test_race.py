"""Many couriers want the same deliveries at once: each has one winner, and all others know it soon.

`make test` runs a small one; `make drill-offers` 200 couriers on 50 offers, and prints how soon couriers were told.
"""

import asyncio
import os
from statistics import median, quantiles
from time import monotonic
from typing import Any, Final

import pytest

from homeward.dispatch.policy_values import DispatchPolicy, OpenOffers
from homeward.kit.places import LatLon
from tests.dispatch.world import MARKET, Phone, Town

COURIERS: Final = int(os.environ.get("HOMEWARD_DRILL_COURIERS", "12"))
OFFERS: Final = int(os.environ.get("HOMEWARD_DRILL_OFFERS", "4"))
CHOOSERS: Final = 4
THUMBS: Final = 12  # all in one process: what a server is asked at the same moment, not how many couriers there are

# A drill takes as long as it takes.
pytestmark = pytest.mark.timeout(300 if COURIERS <= 20 else 0)


async def test_each_offer_has_one_winner_whatever_is_wanted_at_once_and_all_are_told(town: Town) -> None:
    await town.dispatch.set_policy(MARKET, DispatchPolicy(open_offers=OpenOffers(after_noes=1)), by="operator:opr_1")
    phones = [await town.on_duty(f"Courier {n}", LatLon(47.141 + n * 0.0001, 9.52)) for n in range(COURIERS)]
    deliveries = [await town.booked() for _ in range(OFFERS)]
    await everything_opened(town, phones, deliveries)
    thumbs = asyncio.Semaphore(THUMBS)
    known = dict(await asyncio.gather(*(eager(phone, thumbs) for phone in phones)))
    told = [asyncio.create_task(news(phone, known[phone.id])) for phone in phones]
    await asyncio.sleep(0.5)
    town.clock.advance(60)
    began = monotonic()
    await asyncio.gather(*(choose(town) for _ in range(CHOOSERS)))
    chosen_s = monotonic() - began
    late_s = [at - began for at in await asyncio.gather(*told)]
    await everything_is_right(town, deliveries)
    report(chosen_s, late_s)


async def everything_opened(town: Town, phones: list[Phone], deliveries: list[str]) -> None:
    for _ in range(20 + len(deliveries)):
        await town.tick()
        rows = await town.rows("SELECT delivery_id FROM open_offer WHERE state = 'open' AND gathering")
        if len(rows) == len(deliveries):
            return
        for asked in await town.rows("SELECT id, courier_id FROM offer WHERE state = 'open'"):
            phone = next(one for one in phones if one.id == asked["courier_id"])
            assert (await phone.post(f"/offers/{asked['id']}/decline")).status_code == 204
    raise AssertionError(f"{len(rows)} of {len(deliveries)} were opened")


async def eager(phone: Phone, thumbs: asyncio.Semaphore) -> tuple[str, str]:
    """Wants everything; the version of what the courier knows then."""
    async with thumbs:
        for one in (await phone.get("/open-offers")).json()["items"]:
            answer = await phone.post(f"/open-offers/{one['id']}/interest")
            assert answer.status_code == 200, answer.text
        return phone.id, (await phone.get("/open-offers")).json()["version"]


async def news(phone: Phone, known: str) -> float:
    """When the courier was told of all results, waiting for each piece of news as the app does."""
    until = monotonic() + 600
    while monotonic() < until:
        body: dict[str, Any] = (await phone.get(f"/open-offers?known={known}&wait_s=20")).json()
        known = body["version"]
        if body["items"] and all(one["state"] != "gathering" for one in body["items"]):
            return monotonic()
    raise AssertionError(f"{phone.id} was never told")


async def choose(town: Town) -> None:
    while await town.open_offers.draw_due():
        pass


async def everything_is_right(town: Town, deliveries: list[str]) -> None:
    offers = await town.rows("SELECT id, delivery_id, state, winner_id FROM open_offer")
    assert sorted(one["delivery_id"] for one in offers) == sorted(deliveries)
    assert {one["state"] for one in offers} == {"taken"}
    for one in offers:
        legs = await town.rows("SELECT courier_id FROM leg WHERE delivery_id = %(id)s", id=one["delivery_id"])
        assert [leg["courier_id"] for leg in legs] == [one["winner_id"]]
        results = await town.rows(
            "SELECT courier_id, result FROM open_offer_invitation WHERE open_offer_id = %(id)s", id=one["id"]
        )
        assert [row["courier_id"] for row in results if row["result"] == "won"] == [one["winner_id"]]
        assert all(row["result"] in {"won", "lost", "passed_over"} for row in results)
        audit = (await town.operator.get(f"/v1/operator/open-offers/{one['id']}")).json()
        assert [choice["same_again"] for choice in audit["choices"]] == [True]


def report(chosen_s: float, late_s: list[float]) -> None:
    p95 = quantiles(late_s, n=20)[-1]
    print(f"\n{COURIERS} couriers, {OFFERS} offers: all chosen in {chosen_s:.2f} s of real time.")
    print(f"Couriers knew all results after {median(late_s):.2f} s (middle), {p95:.2f} s (95 %), {max(late_s):.2f} s.")
