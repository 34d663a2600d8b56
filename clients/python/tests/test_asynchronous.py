"""The asynchronous client against the real application."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from homeward_client import AsyncHomeward, HomewardError, NoAnswer, answers, errors
from tests.acceptance.world import World


def a_wish(world: World, weight_g: int = 1_200) -> answers.QuoteBody:
    return {
        "store_id": world.bakery.store_id,
        "dropoff": {"address": "12 Elm Street, Springfield"},
        "parcel": {"weight_g": weight_g},
    }


async def booked(client: AsyncHomeward, world: World, external_id: str) -> str:
    quote = await client.quotes.create(a_wish(world))
    wish: answers.Booking = {
        "quote_id": quote["id"],
        "option_id": quote["options"][0]["id"],
        "external_id": external_id,
    }
    return (await client.deliveries.book(wish))["id"]


class Unreliable(httpx.AsyncBaseTransport):
    """The way to the application; `happens` may lose a request or its answer, or answer in its place."""

    def __init__(
        self, world: World, happens: Callable[[int, httpx.Request], httpx.Response | Exception | None]
    ) -> None:
        self._way = httpx.ASGITransport(world.app)
        self._happens = happens
        self.seen: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.seen.append(request)
        met = self._happens(len(self.seen), request)
        if isinstance(met, httpx.Response):
            return met
        if isinstance(met, httpx.ConnectError):
            raise met
        answer = await self._way.handle_async_request(request)
        if met is not None:
            await answer.aread()
            raise met
        return answer


def over(way: Unreliable, world: World) -> tuple[AsyncHomeward, list[float]]:
    """A client on that way, and the pauses that it makes instead of waiting."""
    pauses: list[float] = []

    async def noted(seconds: float) -> None:
        pauses.append(seconds)

    http = httpx.AsyncClient(transport=way)
    return AsyncHomeward(world.town.base_url, world.bakery.live_key, http=http, sleep=noted), pauses


async def test_a_delivery_is_quoted_booked_followed_and_cancelled(client: AsyncHomeward, world: World) -> None:
    quote = await client.quotes.create(a_wish(world))
    delivery = await client.deliveries.book(
        {
            "quote_id": quote["id"],
            "option_id": quote["options"][0]["id"],
            "external_id": "1001",
            "dropoff": {"contact": {"name": "Ada Keller", "phone": "+18025550123"}},
        }
    )
    assert delivery["external_id"] == "1001"
    assert (await client.deliveries.get(delivery["id"]))["promised_by"] == delivery["promised_by"]
    ended = await client.deliveries.cancel(delivery["id"], {"reason": "sold out"})
    assert ended["state"] == "cancelled"
    told = [event["type"] async for event in client.events.each()]
    assert "delivery.cancelled" in told


async def test_a_booking_whose_answer_is_lost_is_repeated_and_books_once(world: World) -> None:
    def lost(number: int, request: httpx.Request) -> Exception | None:
        return httpx.ReadError("gone") if request.url.path == "/v1/deliveries" and number == 2 else None

    way = Unreliable(world, lost)
    client, pauses = over(way, world)
    delivery_id = await booked(client, world, "1002")
    first, second = (request for request in way.seen if request.url.path == "/v1/deliveries")
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"]
    assert len(pauses) == 1
    assert [row["id"] for row in await world.rows("SELECT id FROM delivery")] == [delivery_id]


async def test_what_would_be_made_twice_is_not_repeated_when_its_answer_is_lost(world: World) -> None:
    way = Unreliable(world, lambda number, _: httpx.ReadError("gone"))
    client, pauses = over(way, world)
    with pytest.raises(NoAnswer) as failed:
        await client.api_keys.create({"mode": "test", "name": "shop"})
    assert isinstance(failed.value.__cause__, httpx.ReadError)
    assert (len(way.seen), pauses) == (1, [])


async def test_what_never_arrived_is_repeated_whatever_it_was(world: World) -> None:
    way = Unreliable(world, lambda number, _: httpx.ConnectError("refused") if number < 3 else None)
    client, _ = over(way, world)
    assert (await client.api_keys.create({"mode": "test", "name": "shop"}))["secret"].startswith("sk_test_")
    assert len(way.seen) == 3


async def test_a_pause_is_as_long_as_the_answer_asks(world: World) -> None:
    busy = httpx.Response(429, headers={"retry-after": "7"})
    way = Unreliable(world, lambda number, _: busy if number == 1 else None)
    client, pauses = over(way, world)
    assert (await client.stores.list())["items"]
    assert pauses == [7.0]


async def test_it_gives_up_after_three_repeats_and_says_what_came_last(world: World) -> None:
    way = Unreliable(world, lambda *_: httpx.Response(503, text="<h1>down</h1>", headers={"x-request-id": "r1"}))
    client, pauses = over(way, world)
    with pytest.raises(HomewardError, match="503") as refused:
        await client.stores.list()
    assert (len(way.seen), refused.value.request_id) == (4, "r1")
    assert all(1 << tried >= 2 * pause >= (1 << tried) / 2 for tried, pause in enumerate(pauses))


async def test_a_refusal_comes_as_the_class_of_its_code_and_is_not_repeated(
    client: AsyncHomeward, world: World
) -> None:
    with pytest.raises(errors.NotFound) as missing:
        await client.deliveries.get("dlv_01kkbswhg0d13hd7332w279xpd")
    assert (missing.value.status, missing.value.members["kind"]) == (404, "delivery")
    assert missing.value.request_id
    with pytest.raises(errors.TooHeavy):
        await client.quotes.create(a_wish(world, weight_g=900_000))


async def test_a_key_that_opens_nothing_is_refused(world: World) -> None:
    http = httpx.AsyncClient(transport=httpx.ASGITransport(world.app))
    with pytest.raises(errors.Unauthenticated):
        await AsyncHomeward(world.town.base_url, "sk_live_wrong", http=http).stores.list()


@pytest.mark.parametrize("foreign", ["", "..", "a/b", "dlv_1?x=1", "dlv 1"])
async def test_what_is_not_an_id_never_becomes_another_path(client: AsyncHomeward, foreign: str) -> None:
    with pytest.raises(ValueError, match="not an id"):
        await client.deliveries.get(foreign)


async def test_a_list_is_walked_to_its_end(client: AsyncHomeward, world: World) -> None:
    made = [await booked(client, world, str(number)) for number in range(3)]
    assert [one["id"] async for one in client.deliveries.each(limit=2)] == sorted(made, reverse=True)
    assert [one["id"] async for one in client.deliveries.each(state=["delivered"])] == []


async def test_the_event_log_is_followed_without_a_gap(world: World) -> None:
    client, pauses = over(Unreliable(world, lambda *_: None), world)
    first = await booked(client, world, "1")
    feed = client.events.follow(limit=1)
    page = await anext(feed)
    assert [event["delivery_id"] for event in page["items"]] == [first]
    second = await booked(client, world, "2")
    seen = {event["delivery_id"] async for event in client.events.each(after=page["next_cursor"], limit=1)}
    assert seen == {first, second} or seen == {second}
    assert pauses == []
