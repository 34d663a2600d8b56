"""Many at once on a real Postgres: no second delivery, no gap, nobody's answer lost."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx

from homeward.deliveries.model import State
from homeward.kit.units import Grams
from homeward.quotes.model import AddressAsked, Parcel, QuoteRequest
from tests.deliveries.world import World, a_booking_body, a_key, an_actor


async def raced(world: World, bodies: list[dict[str, Any]], keys: list[dict[str, str]]) -> list[httpx.Response]:
    async with world.client() as client:
        return list(
            await asyncio.gather(
                *(client.post("/v1/deliveries", json=body, headers=key) for body, key in zip(bodies, keys, strict=True))
            )
        )


async def count(world: World, table: str) -> int:
    async with world.db.operator() as tx:
        return int(await tx.value(f"SELECT count(*) FROM {table}"))


async def test_one_key_raced_makes_one_delivery_and_one_answer(world: World) -> None:
    for _ in range(5):
        key = a_key()
        answers = await raced(world, [a_booking_body()] * 8, [key] * 8)
        assert {answer.status_code for answer in answers} == {201}
        assert len({answer.json()["id"] for answer in answers}) == 1
        assert sum(answer.headers.get("Idempotency-Replayed") == "true" for answer in answers) == 7
    assert await count(world, "delivery") == 5
    assert await count(world, "delivery_event") == 10


async def test_one_external_id_raced_under_many_keys_makes_one_delivery(world: World) -> None:
    for n in range(5):
        body = a_booking_body(external_id=f"order-{n}")
        answers = await raced(world, [body] * 8, [a_key() for _ in range(8)])
        assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201]
        assert len({answer.json()["id"] for answer in answers}) == 1
    assert await count(world, "delivery") == 5


async def test_one_external_id_raced_with_two_contents_lets_one_win(world: World) -> None:
    bodies = [a_booking_body(external_id="order", parcel={"weight_g": 100 + n % 2}) for n in range(8)]
    answers = await raced(world, bodies, [a_key() for _ in range(8)])
    codes = sorted(answer.status_code for answer in answers)
    assert codes == [200] * 3 + [201] + [409] * 4
    assert await count(world, "delivery") == 1


async def test_one_quote_raced_is_booked_once(world: World) -> None:
    quote = await world.quotes.quote(an_actor(), QuoteRequest("sto_a", Parcel(Grams(1)), AddressAsked(text="x")))
    body = {"quote_id": quote.id, "option_id": "opt_1"}
    answers = await raced(world, [body] * 8, [a_key() for _ in range(8)])
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7
    assert await count(world, "delivery") == 1


async def test_one_quote_raced_by_twins_with_an_external_id_gives_all_the_same_delivery(world: World) -> None:
    quote = await world.quotes.quote(an_actor(), QuoteRequest("sto_a", Parcel(Grams(1)), AddressAsked(text="x")))
    body = {"quote_id": quote.id, "option_id": "opt_1", "external_id": "order"}
    answers = await raced(world, [body] * 8, [a_key() for _ in range(8)])
    assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201]
    assert len({answer.json()["id"] for answer in answers}) == 1


async def test_a_key_used_again_for_something_else_is_refused(world: World) -> None:
    key = a_key()
    first, other = await raced(world, [a_booking_body()], [key]), a_booking_body(parcel={"weight_g": 1})
    (again,) = await raced(world, [other], [key])
    assert first[0].status_code == 201
    assert (again.status_code, again.json()["code"]) == (422, "idempotency-key-reused")


async def test_the_same_key_of_another_merchant_is_another_key(world: World) -> None:
    key = a_key()
    async with world.client() as mine, world.client("mer_b") as other:
        first = await mine.post("/v1/deliveries", json=a_booking_body(), headers=key)
        second = await other.post("/v1/deliveries", json=a_booking_body(store_id="sto_b"), headers=key)
    assert first.json()["id"] != second.json()["id"]


async def test_everything_at_once_to_one_delivery_keeps_its_log_gapless(world: World) -> None:
    delivery_id, _ = await world.brought_to(State.ASSIGNED)
    now = world.clock.now()

    async def flag(n: int) -> None:
        async with world.db.operator() as tx:
            await world.service.flag(tx, delivery_id, f"reason_{n}", now)

    async with world.client() as client:
        path = f"/v1/deliveries/{delivery_id}"
        changes = [client.patch(path, json={"instructions": f"n {n}"}) for n in range(10)]
        cancels = [client.post(f"{path}/cancel", json={}, headers=a_key()) for _ in range(4)]
        answers = await asyncio.gather(*changes, *cancels, *(flag(n) for n in range(10)))
    assert sum(answer.status_code == 200 for answer in answers[10:14] if answer) == 1
    events = await world.events(delivery_id)
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert (await world.view(delivery_id)).delivery.seq == len(events)
    assert [event.type for event in events].count("delivery.cancelled") == 1


async def test_two_clocks_wake_each_delivery_once(world: World) -> None:

    world.quotes.search_in = timedelta(hours=1)
    ids = [await world.booked() for _ in range(6)]
    world.clock.advance(3600)
    woken = await asyncio.gather(*(world.service.wake_due() for _ in range(4)))
    assert sum(woken) == 6
    for delivery_id in ids:
        assert (await world.event_types(delivery_id)).count("delivery.searching") == 1
