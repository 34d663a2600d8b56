"""The plain client, over real HTTP against the running application."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from homeward_client import Homeward, NoAnswer, errors
from tests.acceptance.world import World
from tests.web.town import a_free_port, served


def a_day_of_a_shop(base_url: str, key: str, store_id: str) -> list[str]:
    """Runs in a thread, as a shop that waits for each answer; the states that it saw."""
    with Homeward(base_url, key) as client:
        quote = client.quotes.create(
            {
                "store_id": store_id,
                "dropoff": {"address": "12 Elm Street, Springfield"},
                "parcel": {"weight_g": 1_200},
            }
        )
        booking_key = "order-1001"
        booked = [
            client.deliveries.book(
                {"quote_id": quote["id"], "option_id": quote["options"][0]["id"], "external_id": "1001"},
                idempotency_key=booking_key,
            )
            for _ in range(2)
        ]
        assert booked[0]["id"] == booked[1]["id"]
        listed = [delivery["id"] for delivery in client.deliveries.each(limit=1)]
        assert listed == [booked[0]["id"]]
        with pytest.raises(errors.QuoteAlreadyBooked):
            client.deliveries.book({"quote_id": quote["id"], "option_id": quote["options"][0]["id"]})
        ended = client.deliveries.cancel(booked[0]["id"])
        page = next(client.events.follow())
        assert page["items"][0]["delivery_id"] == booked[0]["id"]
        return [booked[0]["state"], ended["state"]]


async def test_a_delivery_is_quoted_booked_once_followed_and_cancelled(world: World) -> None:
    async with served(world.town) as base_url:
        states = await asyncio.to_thread(a_day_of_a_shop, base_url, world.bakery.live_key, world.bakery.store_id)
    assert states[-1] == "cancelled"


def test_where_nobody_listens_it_tries_three_times_more() -> None:
    pauses: list[float] = []
    client = Homeward(f"http://127.0.0.1:{a_free_port()}", "sk_live_x", sleep=pauses.append)
    with client, pytest.raises(NoAnswer) as failed:
        client.stores.list()
    assert isinstance(failed.value.__cause__, httpx.ConnectError)
    assert len(pauses) == 3
