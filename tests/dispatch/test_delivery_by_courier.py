"""A courier's day over HTTP: offer, answer, stops, proof."""

from homeward.kit.places import LatLon
from homeward.kit.problems import jsonable
from tests.deliveries.world import HOME
from tests.dispatch.world import MARKET, Town


async def test_a_courier_gets_an_offer_accepts_follows_the_stops_and_delivers(town: Town) -> None:
    ana = await town.on_duty()
    delivery_id = await town.booked()
    await town.tick()

    offer = await ana.offer()
    assert offer is not None
    assert offer["delivery_ids"] == [delivery_id]
    assert offer["pay"]["minor"] == sum(term["minor"] for term in offer["pay_terms"])
    assert offer["pay"]["minor"] >= 450
    assert offer["distance_m"] > 2_000
    assert offer["decision_s"] == 60
    assert [stop["kind"] for stop in offer["stops"]] == ["pickup", "dropoff"]

    route = await ana.accept()
    assert route["pay"] == offer["pay"]
    assert await town.state(delivery_id) == "assigned"
    done = []
    while await ana.next_stop():
        town.clock.advance(60)
        done.append(await ana.do_next())
    assert done == ["head_to_pickup", "arrive_pickup", "pick_up", "head_to_dropoff", "arrive_dropoff", "hand_over"]
    assert await town.state(delivery_id) == "delivered"


async def test_the_store_is_told_when_the_courier_will_be_there_as_the_plan_has_it(town: Town) -> None:
    ana = await town.on_duty()
    delivery_id = await town.booked()
    await town.tick()
    await ana.accept()
    await town.tick()
    delivery = (await town.world.view(delivery_id)).delivery
    pickup, dropoff = (stop["eta"] for stop in (await ana.route())["stops"])
    assert jsonable(delivery.expected_at_pickup) == pickup
    assert jsonable(delivery.eta) == dropoff
    assert pickup < dropoff


async def test_before_the_answer_nobody_is_named_and_after_it_the_door_is(town: Town) -> None:
    ana = await town.on_duty()
    await town.booked()
    await town.tick()
    offer = await ana.offer()
    assert offer is not None
    assert [stop["name"] for stop in offer["stops"]] == ["Bakery Main Street", ""]
    assert "Sam" not in str(offer)
    assert "+4179" not in str(offer)

    route = await ana.accept()
    dropoff = next(stop for stop in route["stops"] if stop["kind"] == "dropoff")
    assert (dropoff["name"], dropoff["phone"]) == ("Sam Shopper", "+41791234567")
    assert dropoff["requirements"]["photo"] is True


async def test_two_deliveries_from_one_store_at_one_time_become_one_offer(town: Town) -> None:
    ana = await town.on_duty()
    first = await town.booked()
    second = await town.booked()
    await town.tick()
    offer = await ana.offer()
    assert offer is not None
    assert sorted(offer["delivery_ids"]) == sorted([first, second])
    assert [stop["kind"] for stop in offer["stops"]] == ["pickup", "pickup", "dropoff", "dropoff"]
    assert "extra_stops" in [term["code"] for term in offer["pay_terms"]]

    await ana.accept()
    legs = await town.rows("SELECT pay_minor FROM leg WHERE ended_at IS NULL")
    assert sum(leg["pay_minor"] for leg in legs) == offer["pay"]["minor"]


async def test_a_declined_offer_goes_to_the_next_courier_and_not_back(town: Town) -> None:
    near = await town.on_duty("Ana Near")
    far = await town.on_duty("Ben Far", LatLon(47.15, 9.53))
    await town.booked()
    await town.tick()
    offer = await near.offer()
    assert offer is not None
    assert await far.offer() is None
    assert (await near.post(f"/offers/{offer['id']}/decline", reason="too far")).status_code == 204
    await town.tick()
    assert await near.offer() is None
    second = await far.offer()
    assert second is not None
    assert second["delivery_ids"] == offer["delivery_ids"]


async def test_an_offer_nobody_answers_expires_and_the_next_courier_is_asked(town: Town) -> None:
    near = await town.on_duty("Ana Near")
    far = await town.on_duty("Ben Far", LatLon(47.15, 9.53))
    await town.booked()
    await town.tick()
    offer = await near.offer()
    assert offer is not None
    report = await town.tick(61)
    assert report.expired == 1
    assert await near.offer() is None
    late = await near.post(f"/offers/{offer['id']}/accept")
    assert (late.status_code, late.json()["code"]) == (409, "offer-expired")
    assert await far.offer() is not None


async def test_an_offer_for_a_cancelled_delivery_is_withdrawn(town: Town) -> None:
    ana = await town.on_duty()
    delivery_id = await town.booked()
    await town.tick()
    offer = await ana.offer()
    assert offer is not None
    async with town.world.client() as merchant:
        answer = await merchant.post(
            f"/v1/deliveries/{delivery_id}/cancel", json={"reason": "changed mind"}, headers={"Idempotency-Key": "c1"}
        )
        assert answer.status_code == 200, answer.text
    refused = await ana.post(f"/offers/{offer['id']}/accept")
    assert (refused.status_code, refused.json()["code"]) == (409, "offer-gone")
    await town.tick()
    assert await ana.offer() is None


async def test_a_delivery_that_is_ready_later_is_not_offered_too_early(town: Town) -> None:
    ana = await town.on_duty()
    await town.booked(ready_in_s=1_500)
    await town.tick()
    assert await ana.offer() is None
    # The bakery is a minute away; asked is a decision's time and a little before the courier must leave.
    await town.tick(1_500 - 300)
    assert await ana.offer() is not None


async def test_a_courier_who_works_gets_a_second_delivery_on_the_way(town: Town) -> None:
    ana = await town.on_duty()
    await town.booked()
    await town.tick()
    await ana.accept()
    assert await ana.do_next() == "head_to_pickup"
    second = await town.booked()
    await town.tick()
    offer = await ana.offer()
    assert offer is not None
    assert offer["delivery_ids"] == [second]
    before = await ana.next_stop()
    await ana.accept()
    assert await ana.next_stop() == {**(before or {}), "eta": (await ana.next_stop() or {})["eta"]}
    kinds = [stop["kind"] for stop in (await ana.route())["stops"]]
    assert kinds == ["pickup", "pickup", "dropoff", "dropoff"]


async def test_a_parcel_that_nobody_takes_goes_back_to_the_store(town: Town) -> None:
    ana = await town.on_duty()
    delivery_id = await town.booked()
    await town.tick()
    await ana.accept()
    for _ in range(5):
        town.clock.advance(30)
        await ana.do_next()
    stop = await ana.next_stop()
    assert stop is not None
    assert stop["kind"] == "dropoff"
    town.clock.advance(30)
    answer = await ana.report(stop, "problem", reason="refused")
    assert answer.status_code == 200, answer.text
    back = await ana.next_stop()
    assert back is not None
    assert (back["kind"], back["name"]) == ("return", "Bakery Main Street")
    await town.tick()
    for _ in range(2):
        town.clock.advance(30)
        await ana.do_next()
    assert await town.state(delivery_id) == "returned"


async def test_estimates_follow_the_courier_and_a_late_one_is_flagged(town: Town) -> None:
    ana = await town.on_duty()
    delivery_id = await town.booked()
    await town.tick()
    await ana.accept()
    await town.tick()
    view = await town.world.view(delivery_id)
    assert view.delivery.eta is not None
    assert view.delivery.eta <= view.delivery.promised_by
    assert view.delivery.attention is None

    town.clock.advance(3_500)
    await town.heard(ana, HOME)
    await town.tick()
    late = (await town.world.view(delivery_id)).delivery
    assert late.eta is not None
    assert late.eta > late.promised_by
    assert late.attention == "late"
    assert late.promised_by == view.delivery.promised_by


async def test_a_delivery_that_nobody_can_take_asks_for_a_person(town: Town) -> None:
    delivery_id = await town.booked()
    await town.tick()
    assert (await town.world.view(delivery_id)).delivery.attention is None
    await town.tick(901)
    assert (await town.world.view(delivery_id)).delivery.attention == "no_courier"
    supply = await town.rows("SELECT * FROM market_supply WHERE market_id = %(id)s", id=MARKET)
    assert (supply[0]["couriers_on_duty"], supply[0]["expected_wait_s"]) == (0, 2_700)


async def test_test_deliveries_are_never_offered(town: Town) -> None:
    ana = await town.on_duty()
    await town.booked(mode="test")
    await town.tick()
    assert await ana.offer() is None


async def test_a_strangers_offer_and_leg_do_not_exist_for_another_courier(town: Town) -> None:
    ana = await town.on_duty("Ana")
    ben = await town.on_duty("Ben", LatLon(47.15, 9.53))
    await town.booked()
    await town.tick()
    offer = await ana.offer()
    assert offer is not None
    assert (await ben.post(f"/offers/{offer['id']}/accept")).status_code == 404
    route = await ana.accept()
    leg_id = route["stops"][0]["leg_id"]
    assert (await ben.post(f"/legs/{leg_id}/reports", act="pick_up")).status_code == 404
