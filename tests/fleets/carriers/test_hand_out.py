"""A delivery in another company's hands, from the first price to the door: over HTTP on both sides."""

import asyncio
from typing import Any

import httpx
import pytest

from tests.fleets.carriers.peers import HOOK_SECRET, silence, status
from tests.fleets.carriers.world import Network

WAY = ["confirmed", "enroute_to_pickup", "arrived_at_pickup", "picked_up", "enroute_to_dropoff", "arrived_at_dropoff"]


async def handed_out(network: Network, **more: Any) -> str:
    """A delivery that the company has taken; its courier is not found yet."""
    delivery = await network.world.booked(network.world.bakery, **more)
    await network.turn()
    assert network.doordash.made() == 1
    return str(delivery["id"])


async def test_with_nobody_on_duty_a_delivery_goes_to_the_company_and_still_searches(network: Network) -> None:
    delivery_id = await handed_out(network)
    assert (await network.delivery(delivery_id))["state"] == "searching"
    (job,) = await network.jobs(delivery_id)
    assert (job["stage"], job["fee"]) == ("taken", {"minor": 650, "currency": "USD"})
    assert network.doordash.only()["body"]["external_delivery_id"] == job["id"]


async def test_the_shopper_sees_it_come_step_by_step_and_never_the_companys_name(network: Network) -> None:
    delivery_id = await handed_out(network)
    seen = []
    for theirs in [*WAY, "delivered"]:
        network.doordash.moves(theirs, tracking_url="https://doordash.example/track")
        await network.turn()
        seen.append((await network.delivery(delivery_id))["state"])
    ours = ["assigned", "to_pickup", "at_pickup", "picked_up", "to_dropoff", "at_dropoff", "delivered"]
    assert seen == ours
    delivery = await network.delivery(delivery_id)
    async with network.world.client() as http:
        page = (await http.get(httpx.URL(delivery["tracking_url"]).path)).text.lower()
    assert "doordash" not in page
    assert "doordash" not in str(delivery).lower()
    (job,) = await network.jobs(delivery_id)
    assert job["ending"] == "delivered"


async def test_their_courier_is_known_by_first_name_and_vehicle(network: Network) -> None:
    delivery_id = await handed_out(network)
    network.doordash.moves("enroute_to_pickup", dasher_vehicle_make="Toyota")
    await network.turn()
    courier = (await network.delivery(delivery_id))["courier"]
    assert (courier["first_name"], courier["vehicle"]) == ("Kim", "car")
    view = await network.world.platform.deliveries.get(None, delivery_id)
    assert view.delivery.courier_id == network.accounts["doordash"]


async def test_the_console_names_their_courier_and_links_to_no_page_that_is_not_there(network: Network) -> None:
    delivery_id = await handed_out(network)
    network.doordash.moves("picked_up")
    await network.turn()
    browser = await network.world.town.signed_in("console")
    page = await browser.get(f"/console/deliveries/{delivery_id}")
    assert page.status_code == 200
    assert "Kim" in page.text
    assert "/console/couriers/car_" not in page.text


async def test_the_photo_of_the_door_is_fetched_and_kept(network: Network) -> None:
    delivery_id = await handed_out(network)
    network.doordash.moves("delivered")
    await network.turn()
    key = network.world.bakery.live_key
    proofs = (await network.world.done(key, "GET", f"/v1/deliveries/{delivery_id}/proofs"))["items"]
    assert [(proof["kind"], proof["step"]) for proof in proofs] == [("photo", "dropoff")]


async def test_without_a_photo_their_word_stands_after_a_while_and_that_is_kept(network: Network) -> None:
    delivery_id = await handed_out(network)
    network.doordash.moves("delivered", dropoff_verification_image_url=None)
    await network.turn()
    assert (await network.delivery(delivery_id))["state"] == "picked_up"
    for _ in range(12):
        await network.turn(60)
    assert (await network.delivery(delivery_id))["state"] == "delivered"
    (job,) = await network.jobs(delivery_id)
    assert job["kept_without_proof"] == ["photo"]
    assert await proven_elsewhere(network, delivery_id) == ["photo"]


async def proven_elsewhere(network: Network, delivery_id: str) -> list[str]:
    """What the delivery's end says of it."""
    path = f"/v1/deliveries/{delivery_id}/events"
    events = (await network.world.done(network.world.bakery.live_key, "GET", path))["items"]
    (end,) = [event for event in events if event["type"] == "delivery.delivered"]
    return list(end["data"].get("proven_elsewhere", []))


async def test_an_age_that_was_checked_there_counts_at_once_and_is_told(network: Network) -> None:
    delivery_id = await handed_out(network, proof={"age": {"min_age": 18}})
    network.doordash.moves("delivered")
    await network.turn()
    assert (await network.delivery(delivery_id))["state"] == "delivered"
    assert await proven_elsewhere(network, delivery_id) == ["age_check"]
    assert (await network.jobs(delivery_id))[0]["kept_without_proof"] == []


async def test_late_and_repeated_reports_change_nothing(network: Network) -> None:
    delivery_id = await handed_out(network)
    for theirs in ("picked_up", "arrived_at_pickup", "confirmed", "picked_up"):
        network.doordash.moves(theirs)
        await network.turn()
        assert (await network.delivery(delivery_id))["state"] == "picked_up"
    network.doordash.moves("delivered")
    await network.turn()
    network.doordash.moves("enroute_to_dropoff")
    await network.turn()
    assert (await network.delivery(delivery_id))["state"] == "delivered"


async def test_a_parcel_that_nobody_took_comes_back_on_a_leg_of_its_own(network: Network) -> None:
    delivery_id = await handed_out(network)
    for theirs, ours in (
        ("arrived_at_dropoff", "at_dropoff"),
        ("enroute_to_return", "returning"),
        ("arrived_at_return", "at_return"),
        ("returned", "returned"),
    ):
        network.doordash.moves(theirs)
        await network.turn()
        assert (await network.delivery(delivery_id))["state"] == ours
    legs = await network.world.platform.deliveries.legs(None, delivery_id)
    assert [str(leg.kind) for leg in legs] == ["carry", "return"]


async def test_news_makes_us_look_at_once_and_a_repeat_does_not(network: Network) -> None:
    delivery_id = await handed_out(network)
    network.doordash.moves("picked_up")
    headers, body = network.doordash.event("dasher_picked_up")
    path = f"/hooks/carriers/{network.accounts['doordash']}"
    async with network.world.client() as http:
        for _ in range(2):
            answer = await http.post(path, content=body, headers={**headers, "content-type": "application/json"})
            assert answer.status_code == 200
        forged = await http.post(path, content=body, headers={"authorization": "guessed"})
        nowhere = await http.post("/hooks/carriers/car_nothing", content=body, headers=headers)
    assert (forged.status_code, nowhere.status_code) == (401, 401)
    assert await network.world.platform.carriers.follow_due() == 1
    assert (await network.delivery(delivery_id))["state"] == "picked_up"


# ── when it goes wrong ──


async def test_a_company_that_gives_it_back_is_not_asked_again_and_the_next_one_is(network: Network) -> None:
    await network.rules("doordash", "uber")
    delivery_id = await handed_out(network)
    network.doordash.moves("confirmed")
    await network.turn()
    assert (await network.delivery(delivery_id))["state"] == "assigned"
    network.doordash.moves("cancelled", cancellation_reason="failed_to_pickup")
    await network.turn()
    assert (await network.delivery(delivery_id))["state"] == "searching"
    await network.turn()
    assert [job["ending"] for job in await network.jobs(delivery_id)] == ["failed", None]
    assert network.uber.made() == 1
    assert network.doordash.made() == 1


async def test_their_courier_may_leave_and_another_one_come(network: Network) -> None:
    delivery_id = await handed_out(network)
    network.doordash.moves("confirmed")
    await network.turn()
    network.doordash.moves("created")
    await network.turn()
    assert (await network.delivery(delivery_id))["state"] == "searching"
    network.doordash.moves("confirmed", dasher_name="Lea M")
    await network.turn()
    assert (await network.delivery(delivery_id))["courier"]["first_name"] == "Lea"


async def test_a_refused_order_goes_to_the_next_company(network: Network) -> None:
    await network.rules("doordash", "uber")
    network.doordash.refuses = "pickup_address_not_in_coverage"
    delivery = await network.world.booked(network.world.bakery)
    await network.turn()
    assert network.uber.made() == 1
    (decision,) = await network.decisions(delivery["id"])
    told = {one["name"]: (one["refusal"], one["detail"]) for one in decision["outcome"]["candidates"]}
    assert told["doordash_drive"] == ("no_quote", "pickup_address_not_in_coverage")
    assert told["uber_direct"][0] is None


async def test_an_order_whose_answer_was_lost_is_one_order(network: Network) -> None:
    delivery = await network.world.booked(network.world.bakery)
    network.doordash.after = [httpx.ReadTimeout("lost")] * 3
    await network.turn()
    assert (await network.jobs(delivery["id"]))[0]["stage"] == "asking"
    await network.turn()
    assert network.doordash.made() == 1
    (job,) = await network.jobs(delivery["id"])
    assert job["stage"] == "taken"


async def test_a_company_that_never_answers_is_called_off_before_another_is_asked(network: Network) -> None:
    await network.rules("doordash", "uber")
    delivery = await network.world.booked(network.world.bakery)

    def answered_once(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"fee": 650, "currency": "USD", "delivery_status": "quote"})

    network.doordash.faults = [answered_once, *[silence] * 60]
    for _ in range(8):
        await network.turn(20)
    network.doordash.faults = []
    for _ in range(6):
        await network.turn(60)
    endings = [job["ending"] for job in await network.jobs(delivery["id"])]
    assert endings[0] == "unreached"
    assert (network.doordash.made(), network.uber.made()) == (0, 1)


async def test_a_login_that_has_ended_stops_the_account_until_it_is_reconnected(network: Network) -> None:
    network.doordash.login_known = False
    await network.world.booked(network.world.bakery)
    await network.turn()
    accounts = {account["kind"]: account for account in (await network.operator("GET", ""))["items"]}
    account = accounts["doordash_drive"]
    assert (account["status"], accounts["uber_direct"]["status"]) == ("login_invalid", "active")
    network.doordash.login_known = True
    told = await network.operator("POST", f"/{account['id']}/test", {})
    assert (told["status"], told["trouble"]) == ("active", None)


# ── who else decides ──


async def test_a_cancelled_delivery_is_called_off_there(network: Network) -> None:
    delivery_id = await handed_out(network)
    network.doordash.moves("confirmed")
    await network.turn()
    await network.world.done(network.world.bakery.live_key, "POST", f"/v1/deliveries/{delivery_id}/cancel", {})
    await network.turn()
    assert network.doordash.only()["body"]["delivery_status"] == "cancelled"
    (job,) = await network.jobs(delivery_id)
    assert job["ending"] == "withdrawn"


async def test_a_cancel_that_comes_too_late_there_is_followed_to_its_end(network: Network) -> None:
    delivery_id = await handed_out(network)
    network.doordash.too_late_to_cancel = True
    await network.world.done(network.world.bakery.live_key, "POST", f"/v1/deliveries/{delivery_id}/cancel", {})
    await network.turn()
    assert (await network.jobs(delivery_id))[0]["ending"] is None
    network.doordash.moves("delivered")
    await network.turn(90)
    assert (await network.jobs(delivery_id))[0]["ending"] == "delivered"
    assert (await network.delivery(delivery_id))["state"] == "cancelled"


async def test_another_door_is_another_order(network: Network) -> None:
    delivery_id = await handed_out(network)
    body = {"address": "30 Elm Street, Springfield"}
    key = network.world.bakery.live_key
    await network.world.done(key, "PATCH", f"/v1/deliveries/{delivery_id}", body)
    await network.turn()
    await network.turn()
    first, second = await network.jobs(delivery_id)
    assert (first["ending"], second["stage"]) == ("withdrawn", "taken")


async def test_the_planner_leaves_alone_what_a_company_has(network: Network) -> None:
    delivery_id = await handed_out(network)
    ana = network.world.couriers[0]
    await network.world.done(network.world.courier_tokens[ana], "POST", "/v1/courier/duty", {"on": True})
    for theirs in ("created", "confirmed"):
        network.doordash.moves(theirs)
        await network.turn()
        await network.world.town.plan(60)
        assert await network.world.rows("SELECT 1 FROM offer") == []
    assert (await network.delivery(delivery_id))["state"] == "assigned"


async def test_what_a_courier_is_being_asked_about_is_not_handed_out(network: Network) -> None:
    world = network.world
    for token in world.courier_tokens.values():
        await world.done(token, "POST", "/v1/courier/duty", {"on": True})
    await network.rules("doordash", after_s=0)
    delivery = await world.booked(world.bakery)
    courier, offer = await world.offered()
    await network.world.platform.carriers.hand_out_due()
    assert network.doordash.made() == 0
    await world.done(world.courier_tokens[courier], "POST", f"/v1/courier/offers/{offer['id']}/accept")
    await network.turn()
    assert network.doordash.made() == 0
    assert (await network.delivery(delivery["id"]))["state"] == "assigned"


async def test_two_workers_hand_a_delivery_out_once(network: Network) -> None:
    await network.rules("doordash", "uber")
    deliveries = [await network.world.booked(network.world.bakery) for _ in range(3)]
    network.clock.advance(30)
    await asyncio.gather(*(network.world.platform.carriers.hand_out_due() for _ in range(4)))
    await network.turn()
    assert network.doordash.made() + network.uber.made() == len(deliveries)


async def test_a_delivery_given_to_our_own_courier_is_called_off_there(network: Network) -> None:
    delivery_id = await handed_out(network)
    world, ana = network.world, network.world.couriers[0]
    await world.done(world.courier_tokens[ana], "POST", "/v1/courier/duty", {"on": True})
    path = f"/v1/operator/deliveries/{delivery_id}/reassign"
    await world.done(world.operator_token, "POST", path, {"courier_id": ana, "reason": "she stands beside it"})
    await network.turn()
    assert network.doordash.only()["body"]["delivery_status"] == "cancelled"
    view = await world.platform.deliveries.get(None, delivery_id)
    assert view.delivery.courier_id == ana


# ── the operator ──


async def test_a_dry_run_asks_for_prices_and_orders_nothing(network: Network) -> None:
    delivery = await network.world.booked(network.world.bakery)
    network.clock.advance(30)
    for body in ({"delivery_id": delivery["id"]}, {"market_id": delivery["market_id"]}):
        (told,) = (await network.operator("POST", "/dry-run", body))["items"]
        assert (told["choice"], told["why"]) == ("hand_out", "nobody_on_duty")
        assert told["candidates"][0]["fee"] == {"minor": 650, "currency": "USD"}
    assert network.doordash.made() == 0
    assert await network.decisions(delivery["id"]) == []


async def test_a_decision_is_kept_without_the_shopper_and_can_be_made_again(network: Network) -> None:
    delivery_id = await handed_out(network)
    (decision,) = await network.decisions(delivery_id)
    told = await network.operator("GET", f"/decisions/{decision['id']}/replay")
    assert told["again"] == told["stored"]
    assert "+1802555" not in str(decision["inputs"]["situation"])


async def test_a_login_is_never_shown_again(network: Network) -> None:
    shown = str(await network.operator("GET", ""))
    assert HOOK_SECRET not in shown
    assert "signing_secret': '" not in shown
    assert "…" in shown


async def test_a_company_that_is_paused_gets_nothing_new(network: Network) -> None:
    await network.operator("PATCH", f"/{network.accounts['doordash']}", {"status": "paused"})
    delivery = await network.world.booked(network.world.bakery)
    await network.turn()
    assert network.doordash.asked == []
    (decision,) = await network.decisions(delivery["id"])
    assert decision["outcome"]["candidates"][0]["refusal"] == "paused"


async def test_too_dear_is_kept(network: Network) -> None:
    await network.rules("doordash", most_minor=649)
    delivery = await network.world.booked(network.world.bakery)
    await network.turn()
    assert network.doordash.made() == 0
    (decision,) = await network.decisions(delivery["id"])
    assert decision["outcome"]["candidates"][0]["refusal"] == "too_dear"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"kind": "swift", "login": {}}, "unknown-carrier-kind"),
        ({"kind": "uber_direct", "login": {"client_id": "a"}}, "carrier-login-incomplete"),
        ({"kind": "uber_direct", "login": "UBER", "base_url": "http://peer.example"}, "carrier-address-refused"),
    ],
)
async def test_an_account_that_cannot_work_is_not_connected(network: Network, body: dict[str, Any], code: str) -> None:
    if body["login"] == "UBER":
        body = {**body, "login": {"customer_id": "a", "client_id": "b", "client_secret": "c"}}
    answer = await network.world.ask(network.world.operator_token, "POST", "/v1/operator/carriers", body)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


async def test_a_list_names_accounts_that_exist_and_a_dry_run_what_still_searches(network: Network) -> None:
    token, world = network.world.operator_token, network.world
    delivery_id = await handed_out(network)
    path = f"/v1/operator/carriers/rules/{(await network.delivery(delivery_id))['market_id']}"
    answer = await world.ask(token, "PUT", path, {"ranked": ["car_nobody"]})
    assert answer.json()["code"] == "unknown-carrier-account"
    network.doordash.moves("confirmed")
    await network.turn()
    answer = await world.ask(token, "POST", "/v1/operator/carriers/dry-run", {"delivery_id": delivery_id})
    assert (answer.status_code, answer.json()["code"]) == (409, "not-searching")


async def test_a_strange_answer_harms_no_other_hand_out(network: Network) -> None:
    delivery_id = await handed_out(network)
    network.doordash.faults = [status(200, {"delivery_status": "confirmed"})]
    await network.turn()
    network.doordash.moves("confirmed")
    await network.turn(90)
    assert (await network.delivery(delivery_id))["state"] == "assigned"
