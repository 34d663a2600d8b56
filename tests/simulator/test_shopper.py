"""Shops in the town use the API as a shop system should: one wish, one key, whatever the line does."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx

from homeward.kit.clock import ManualClock
from homeward.simulator.cast import Cast, CastShop
from homeward.simulator.day import Fate, Order, orders_of_hour
from homeward.simulator.doors import Doors
from homeward.simulator.shopper import Ledger, Shops
from tests.simulator.doors_and_homes import SHOPS, TUESDAY, a_demand

Answer = tuple[int, dict[str, Any]]


def a_cast() -> Cast:
    """Three shops of three merchants."""
    shops = tuple(
        CastShop(f"mer_{i}", f"shop-{i}", f"Shop {i}", "bakery", f"sto_{i}", f"sk_live_{i}", place, "x@y.example")
        for i, place in enumerate(SHOPS)
    )
    return Cast(1, "mkt_1", "America/New_York", 330.0, "addresses.gz", shops, ())


def an_order(cancels_after_s: int | None = None) -> Order:
    """The first after noon."""
    order = orders_of_hour(a_demand(), TUESDAY.replace(hour=17))[0]
    return replace(order, service_class="express", fate=Fate(0, 60, False, cancels_after_s))


class Counter:
    """A platform that answers by path, and remembers what it was asked."""

    def __init__(self, **answers: Callable[[int], Answer]) -> None:
        self.asked: list[tuple[str, str, dict[str, Any], str]] = []
        self._answers = {"quotes": _a_quote, "deliveries": _a_delivery, "cancel": _a_delivery, **answers}

    def __call__(self, request: httpx.Request) -> httpx.Response:
        name = request.url.path.rpartition("/")[2]
        key = request.headers["idempotency-key"]
        self.asked.append((name, request.headers["authorization"], json.loads(request.content), key))
        status, body = self._answers[name](sum(asked[0] == name for asked in self.asked))
        return httpx.Response(status, json=body)

    def bodies(self, name: str) -> list[dict[str, Any]]:
        return [body for asked, _, body, _ in self.asked if asked == name]


def _a_quote(number: int, attention: tuple[str, ...] = ()) -> Answer:
    options = [{"id": "opt_1", "service_class": "same_day"}, {"id": "opt_2", "service_class": "express"}]
    return 201, {"id": f"quo_{number}", "attention": list(attention), "options": options}


def _a_delivery(number: int) -> Answer:
    return 201, {"id": "dlv_1", "service_class": "express", "tracking_url": "http://shop.localhost/t/x"}


async def placed(platform: Counter, order: Order) -> Ledger:
    ledger = Ledger()
    async with httpx.AsyncClient(transport=httpx.MockTransport(platform), base_url="http://test") as http:
        await Shops(a_cast(), Doors(http), _Hurried(TUESDAY), ledger).place(order)
    return ledger


class _Hurried(ManualClock):
    """Sleeping moves it."""

    async def sleep(self, seconds: float) -> None:
        self.advance(seconds)


async def test_an_order_becomes_a_quote_and_a_booking_of_the_class_that_the_shopper_likes() -> None:
    platform, order = Counter(), an_order()
    ledger = await placed(platform, order)
    assert [asked[0] for asked in platform.asked] == ["quotes", "deliveries"]
    assert platform.asked[0][1] == f"Bearer sk_live_{order.shop}"
    booking = platform.bodies("deliveries")[0]
    assert (booking["quote_id"], booking["option_id"]) == ("quo_1", "opt_2")
    assert booking["external_id"] == order.external_id
    assert ledger.booked == {"dlv_1": order.external_id}


async def test_an_uncertain_address_is_asked_for_again_with_a_pin() -> None:
    platform = Counter(quotes=lambda number: _a_quote(number, ("confirm_address",) if number == 1 else ()))
    order = an_order()
    await placed(platform, order)
    first, second = platform.bodies("quotes")
    assert "place" not in first["dropoff"]
    assert second["dropoff"]["place"] == {"lat": order.home.place.lat, "lon": order.home.place.lon}
    assert platform.bodies("deliveries")[0]["quote_id"] == "quo_2"


async def test_a_refusal_is_taken_for_an_answer_and_counted() -> None:
    platform = Counter(quotes=lambda number: (409, {"code": "too-far", "retryable": False}))
    ledger = await placed(platform, an_order())
    assert ledger.refused == {"too-far": 1}
    assert ledger.booked == {}


async def test_every_try_of_one_wish_has_the_same_key() -> None:
    busy = {"code": "unavailable", "retryable": True}
    platform = Counter(deliveries=lambda number: (503, busy) if number == 1 else _a_delivery(number))
    ledger = await placed(platform, an_order())
    keys = [key for name, _, _, key in platform.asked if name == "deliveries"]
    assert len(keys) == 2
    assert len(set(keys)) == 1
    assert len(ledger.booked) == 1


async def test_a_shopper_may_change_their_mind_and_live_with_the_answer() -> None:
    too_late = {"code": "picked-up-already", "retryable": False}
    platform = Counter(cancel=lambda number: (409, too_late))
    ledger = await placed(platform, an_order(cancels_after_s=120))
    assert [asked[0] for asked in platform.asked] == ["quotes", "deliveries", "cancel"]
    assert ledger.refused == {}
