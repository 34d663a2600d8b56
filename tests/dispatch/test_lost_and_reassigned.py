"""Couriers who vanish, people who step in, shifts that end."""

from datetime import timedelta

import pytest

from homeward.kit.places import LatLon
from tests.dispatch.world import Phone, Town

FAR = LatLon(47.15, 9.53)


async def vanish(town: Town, phone: Phone) -> None:
    """No word from this courier for longer than the market waits; everybody else is heard of."""
    del town.phones[next(name for name, other in town.phones.items() if other is phone)]
    town.clock.advance(301)
    for other in town.phones.values():
        await town.heard(other)
    assert await town.couriers.sweep_lost() == 1


async def test_a_courier_who_vanishes_before_the_pickup_loses_the_delivery_to_another(town: Town) -> None:
    ana = await town.on_duty("Ana")
    ben = await town.on_duty("Ben", FAR)
    delivery_id = await town.booked()
    await town.tick()
    await ana.accept()
    await ana.do_next()
    await vanish(town, ana)
    report = await town.tick()
    assert report.unassigned == 1
    assert await town.state(delivery_id) == "searching"
    await ben.accept()
    assert await town.state(delivery_id) == "assigned"
    assert (await ana.route())["stops"] == []


async def test_what_a_vanished_courier_carries_becomes_a_persons_business_until_they_are_back(town: Town) -> None:
    ana = await town.on_duty("Ana")
    delivery_id = await town.booked()
    await town.tick()
    await ana.accept()
    for _ in range(3):
        town.clock.advance(1)
        await ana.do_next()
    await vanish(town, ana)
    await town.tick()
    delivery = (await town.world.view(delivery_id)).delivery
    assert (str(delivery.state), delivery.attention) == ("picked_up", "courier_lost_contact")

    await town.heard(ana)
    await town.tick()
    assert (await town.world.view(delivery_id)).delivery.attention is None


async def test_a_vanished_couriers_open_offer_is_withdrawn(town: Town) -> None:
    ana = await town.on_duty("Ana")
    await town.booked()
    await town.tick()
    assert await ana.offer() is not None
    # Its own time would be over too: what counts is that nobody else is asked while it is open.
    await town.rows("UPDATE offer SET expires_at = expires_at + interval '1 hour' RETURNING id")
    await vanish(town, ana)
    report = await town.tick()
    assert report.withdrawn == 1


async def test_an_outage_of_ours_makes_nobody_lost(town: Town) -> None:
    await town.on_duty("Ana")
    town.clock.advance(3_600)  # we were down
    fresh = type(town.couriers)(town.db, town.clock, None, None, None)  # type: ignore[arg-type]
    assert await fresh.sweep_lost() == 0
    town.clock.advance(301)
    assert await fresh.sweep_lost() == 1


async def test_an_operator_gives_a_delivery_to_another_courier_with_a_reason(town: Town) -> None:
    ana = await town.on_duty("Ana")
    ben = await town.on_duty("Ben", FAR)
    delivery_id = await town.booked()
    await town.tick()
    route = await ana.accept()
    body = {"courier_id": ben.id, "reason": "Ana has a flat tyre"}
    answer = await town.operator.post(f"/v1/operator/deliveries/{delivery_id}/reassign", json=body)
    assert answer.status_code == 200, answer.text
    assert answer.json()["courier_id"] == ben.id
    assert (await ana.route())["stops"] == []
    theirs = await ben.route()
    assert [stop["kind"] for stop in theirs["stops"]] == ["pickup", "dropoff"]
    assert theirs["pay"]["minor"] >= route["pay"]["minor"]
    audit = await town.rows(
        "SELECT actor, action, object, reason, data FROM audit_entry WHERE action LIKE 'delivery%%'"
    )
    assert audit[0]["reason"] == "Ana has a flat tyre"
    assert audit[0]["data"] == {"from": ana.id, "to": ben.id}


async def test_taking_a_delivery_away_without_naming_another_asks_somebody_else(town: Town) -> None:
    ana = await town.on_duty("Ana")
    ben = await town.on_duty("Ben", FAR)
    delivery_id = await town.booked()
    await town.tick()
    await ana.accept()
    path = f"/v1/operator/deliveries/{delivery_id}/reassign"
    assert (await town.operator.post(path, json={"courier_id": None, "reason": "too slow"})).status_code == 200
    await town.tick()
    assert await ana.offer() is None
    assert await ben.offer() is not None


async def test_a_parcel_under_way_is_not_reassigned_and_not_cancelled(town: Town) -> None:
    ana = await town.on_duty("Ana")
    delivery_id = await town.booked()
    await town.tick()
    await ana.accept()
    for _ in range(3):
        town.clock.advance(1)
        await ana.do_next()
    base = f"/v1/operator/deliveries/{delivery_id}"
    reassigned = await town.operator.post(f"{base}/reassign", json={"courier_id": None, "reason": "please"})
    assert (reassigned.status_code, reassigned.json()["code"]) == (409, "not-reassignable")
    cancelled = await town.operator.post(f"{base}/cancel", json={"reason": "please"})
    assert cancelled.status_code == 409


async def test_an_operator_cancels_with_a_reason_and_the_courier_is_free_again(town: Town) -> None:
    ana = await town.on_duty("Ana")
    delivery_id = await town.booked()
    await town.tick()
    await ana.accept()
    answer = await town.operator.post(f"/v1/operator/deliveries/{delivery_id}/cancel", json={"reason": "store burnt"})
    assert answer.status_code == 200, answer.text
    assert await town.state(delivery_id) == "cancelled"
    await town.booked()
    await town.tick()
    assert await ana.offer() is not None
    assert [stop["kind"] for stop in (await ana.route())["stops"]] == []


@pytest.mark.parametrize("path", ["reassign", "cancel"])
async def test_overrides_need_a_reason(town: Town, path: str) -> None:
    delivery_id = await town.booked()
    answer = await town.operator.post(f"/v1/operator/deliveries/{delivery_id}/{path}", json={"courier_id": None})
    assert answer.status_code == 422


async def test_merchants_and_couriers_cannot_use_the_operators_doors(town: Town) -> None:
    ana = await town.on_duty("Ana")
    delivery_id = await town.booked()
    for path in (f"deliveries/{delivery_id}/explanation", "decisions/dec_x", "couriers"):
        assert (await ana.http.get(f"/v1/operator/{path}")).status_code == 401
        async with town.world.client() as merchant:
            assert (await merchant.get(f"/v1/operator/{path}")).status_code == 401


async def test_who_goes_off_duty_with_stops_left_makes_them_and_then_is_off(town: Town) -> None:
    ana = await town.on_duty("Ana")
    await town.booked()
    await town.tick()
    await ana.accept()
    courier = (await ana.post("/duty", on=False)).json()
    assert (courier["on_duty"], courier["winding_down"]) == (True, True)
    await town.booked()
    await town.tick()
    assert await ana.offer() is None
    while await ana.next_stop():
        town.clock.advance(30)
        await ana.do_next()
    await town.tick()
    assert (await town.couriers.get(ana.id)).on_duty is False


async def test_a_delivery_that_would_outlast_the_shift_is_not_offered(town: Town) -> None:
    ana = await town.on_duty("Ana", shift=timedelta(minutes=3))
    delivery_id = await town.booked()
    await town.tick()
    assert await ana.offer() is None
    limits = [ruling.limit for ruling in (await town.dispatch.explain(delivery_id)).rounds[-1].rulings]
    assert limits == ["shift_end"]


async def test_a_door_that_no_road_reaches_is_explained_and_not_offered(town: Town) -> None:
    await town.on_duty("Ana")
    island = LatLon(47.17, 9.51)
    town.roads.islands.add(island)
    from homeward.deliveries.model import DropoffRequest

    delivery_id = await town.booked(dropoff=DropoffRequest(place=island))
    await town.tick()
    assert [r.limit for r in (await town.dispatch.explain(delivery_id)).rounds[-1].rulings] == ["unreachable"]
