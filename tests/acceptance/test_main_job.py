"""From a merchant's request to a proven delivery, through every public door in turn."""

from typing import Any
from urllib.parse import urlsplit

from homeward.deliveries.states import Act
from tests.acceptance.world import World


async def test_a_request_becomes_a_proven_delivery(world: World) -> None:
    shop = world.bakery
    await world.done(shop.live_key, "POST", "/v1/webhook-endpoints", {"url": "https://8.8.8.8/hooks"})
    delivery = await world.booked(
        shop,
        external_id="order-1",
        dropoff={"contact": {"name": "Nora Hasler", "phone": "+18025550199"}, "instructions": "Ring twice."},
    )
    assert delivery["state"] == "searching"

    courier, route = await _offer_taken(world, delivery["id"])
    assert [stop["kind"] for stop in route["stops"]] == ["pickup", "dropoff"]
    await world.carried(courier)

    ended = await world.done(shop.live_key, "GET", f"/v1/deliveries/{delivery['id']}")
    assert (ended["state"], ended["promised_by"]) == ("delivered", delivery["promised_by"])
    assert ended["ended_at"] <= ended["promised_by"]
    await _story_is_whole(world, delivery["id"])
    await _proof_can_be_seen(world, delivery["id"])
    await _told_to_everybody(world, delivery["id"], delivery["tracking_url"])


async def _offer_taken(world: World, delivery_id: str) -> tuple[str, dict[str, Any]]:
    """One courier is asked at a time; the first says no. The offer says all before the answer, the route pays it."""
    first, offer = await world.offered()
    answers = [await world.ask(token, "GET", "/v1/courier/offer") for token in world.courier_tokens.values()]
    assert [answer.status_code for answer in answers].count(200) == 1
    decline = f"/v1/courier/offers/{offer['id']}/decline"
    await world.done(world.courier_tokens[first], "POST", decline, {"reason": "lunch"})

    courier, offer = await world.offered()
    assert courier != first
    assert offer["delivery_ids"] == [delivery_id]
    assert [stop["kind"] for stop in offer["stops"]] == ["pickup", "dropoff"]
    assert offer["pay"]["minor"] > 0
    assert offer["distance_m"] > 0
    route = await world.done(world.courier_tokens[courier], "POST", f"/v1/courier/offers/{offer['id']}/accept")
    assert route["pay"] == offer["pay"]
    return courier, route


async def _story_is_whole(world: World, delivery_id: str) -> None:
    key = world.bakery.live_key
    events = (await world.done(key, "GET", f"/v1/deliveries/{delivery_id}/events"))["items"]
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    states = [event["data"]["state"] for event in events if event["data"].get("previous") != event["data"].get("state")]
    assert states[-1] == "delivered"
    feed = (await world.done(key, "GET", "/v1/events"))["items"]
    assert [event["id"] for event in feed] == [event["id"] for event in events]
    legs = (await world.done(key, "GET", f"/v1/deliveries/{delivery_id}/legs"))["items"]
    assert [leg["kind"] for leg in legs] == ["carry"]
    why = await world.done(world.operator_token, "GET", f"/v1/operator/deliveries/{delivery_id}/explanation")
    assert why["rounds"]
    assert why["rounds"][0]["candidates"]
    assert "Ana Meier" in why["text"]


async def _proof_can_be_seen(world: World, delivery_id: str) -> None:
    key = world.bakery.live_key
    proofs = (await world.done(key, "GET", f"/v1/deliveries/{delivery_id}/proofs"))["items"]
    photo = next(proof for proof in proofs if proof["kind"] == "photo")
    picture = await world.ask(key, "GET", f"/v1/proofs/{photo['id']}/content")
    assert picture.headers["content-type"].startswith("image/")
    assert picture.headers["x-content-type-options"] == "nosniff"


async def _told_to_everybody(world: World, delivery_id: str, tracking_url: str) -> None:
    """Webhooks are queued, texts to the shopper written, and the tracking page tells the end in the merchant's name."""
    await world.background()
    queued = await world.rows("SELECT body FROM webhook_message WHERE delivery_id = %(id)s ORDER BY id", id=delivery_id)
    events = await world.rows("SELECT seq FROM delivery_event WHERE delivery_id = %(id)s", id=delivery_id)
    assert len(queued) == len(events)
    texts = await world.rows("SELECT * FROM message WHERE delivery_id = %(id)s", id=delivery_id)
    assert {text["recipient"] for text in texts} == {"+18025550199"}
    assert all("homeward" not in str(text).lower() for text in texts)
    async with world.client() as http:
        page = await http.get(urlsplit(tracking_url).path)
    assert page.status_code == 200
    assert "Corner Bakery" in page.text
    assert "homeward" not in page.text.lower()


async def test_the_same_key_books_once_and_says_so(world: World) -> None:
    quote = await world.quoted(world.bakery)
    body = {"quote_id": quote["id"], "option_id": quote["options"][0]["id"]}
    first = await world.ask(world.bakery.live_key, "POST", "/v1/deliveries", body, key="one-wish-0001")
    again = await world.ask(world.bakery.live_key, "POST", "/v1/deliveries", body, key="one-wish-0001")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert again.headers["idempotency-replayed"] == "true"
    assert len(await world.rows("SELECT id FROM delivery")) == 1


async def test_a_parcel_nobody_takes_comes_back_to_the_store(world: World) -> None:
    delivery = await world.booked(world.bakery)
    courier = await world.accepted()
    await world.carried(courier, until=Act.ARRIVE_DROPOFF)
    stop = await world.next_stop(courier)
    assert stop is not None
    body = {"act": "problem", "reason": "nobody_there"}
    await world.done(world.courier_tokens[courier], "POST", f"/v1/courier/legs/{stop['leg_id']}/reports", body)
    await world.carried(courier)
    ended = await world.done(world.bakery.live_key, "GET", f"/v1/deliveries/{delivery['id']}")
    assert ended["state"] == "returned"
