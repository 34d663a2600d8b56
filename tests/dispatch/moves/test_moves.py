"""Moving deliveries by hand over the interface: first what it would do, then as it was shown or not at all."""

from typing import Any

import pytest

from homeward.kit.places import LatLon
from homeward.routing.errors import RoadsUnavailable
from tests.dispatch.world import Phone, Town

MOVES = "/v1/operator/moves"
AWAY = LatLon(47.15, 9.53)


async def two_couriers(town: Town) -> tuple[Phone, Phone, str]:
    """Ana has a delivery, Ben stands further away with nothing."""
    ana = await town.on_duty("Ana Near")
    delivery_id = await town.booked()
    await town.tick()
    await ana.accept()
    ben = await town.on_duty("Ben Far", AWAY)
    await town.tick()
    return ana, ben, delivery_id


async def effect_of(town: Town, delivery_id: str, courier_id: str | None, **more: Any) -> dict[str, Any]:
    body = {"delivery_ids": [delivery_id], "courier_id": courier_id, **more}
    answer = await town.operator.post(f"{MOVES}/effect", json=body)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def confirmed(found: dict[str, Any], reason: str = "closer to home") -> dict[str, Any]:
    return {**{name: found[name] for name in ("delivery_ids", "courier_id", "order", "basis")}, "reason": reason}


async def test_an_effect_names_every_promise_it_touches_and_changes_nothing(town: Town) -> None:
    ana, ben, delivery_id = await two_couriers(town)
    found = await effect_of(town, delivery_id, ben.id)
    promise = found["promises"][0]
    assert (promise["delivery_id"], promise["moved"]) == (delivery_id, True)
    assert promise["eta_before"] < promise["eta_after"]
    assert [stop["kind"] for stop in found["order"]] == ["pickup", "dropoff"]
    assert sum(found["costs"].values()) == found["cost"] > 0
    assert found["distance_m"] > 0
    assert (await town.world.view(delivery_id)).delivery.courier_id == ana.id


async def test_a_confirmed_move_gives_the_delivery_away_and_stands_in_the_record(town: Town) -> None:
    ana, ben, delivery_id = await two_couriers(town)
    answer = await town.operator.post(MOVES, json=confirmed(await effect_of(town, delivery_id, ben.id)))
    assert answer.status_code == 200, answer.text
    assert (await town.world.view(delivery_id)).delivery.courier_id == ben.id
    assert [stop["delivery_id"] for stop in (await ben.route())["stops"]] == [delivery_id] * 2
    assert (await ana.route())["stops"] == []
    kept = await town.rows("SELECT reason, data FROM audit_entry WHERE action = 'delivery.reassigned'")
    assert [(row["reason"], row["data"]["to"]) for row in kept] == [("closer to home", ben.id)]


async def test_a_plan_that_changed_meanwhile_is_refused_with_the_new_effect(town: Town) -> None:
    ana, ben, delivery_id = await two_couriers(town)
    shown = await effect_of(town, delivery_id, ben.id)
    await ana.do_next()
    answer = await town.operator.post(MOVES, json=confirmed(shown))
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (409, "plan-changed")
    assert problem["effect"]["basis"] != shown["basis"]
    assert (await town.world.view(delivery_id)).delivery.courier_id == ana.id
    again = await town.operator.post(MOVES, json=confirmed(await effect_of(town, delivery_id, ben.id)))
    assert again.status_code == 200, again.text


async def test_an_order_that_was_not_shown_is_refused(town: Town) -> None:
    _, ben, delivery_id = await two_couriers(town)
    shown = confirmed(await effect_of(town, delivery_id, ben.id))
    answer = await town.operator.post(MOVES, json={**shown, "order": shown["order"][::-1]})
    assert answer.json()["code"] == "plan-changed"


async def test_a_delivery_gets_another_place_on_the_same_route_without_changing_hands(town: Town) -> None:
    ana = await town.on_duty("Ana Near")
    ids = [await town.booked(), await town.booked()]
    for _ in range(2):
        await town.tick()
        if await ana.offer():
            await ana.accept()
    stops = [stop["id"] for stop in (await ana.route())["stops"]]
    last = stops[-1].split(":")[0]
    assert sorted({stop.split(":")[0] for stop in stops}) == sorted(ids)
    found = await effect_of(town, last, ana.id, at=1)
    wanted = [f"{stop['delivery_id']}:{stop['kind']}" for stop in found["order"]]
    legs = await town.rows("SELECT id FROM leg ORDER BY id")
    answer = await town.operator.post(MOVES, json=confirmed(found))
    assert answer.status_code == 200, answer.text
    assert [stop["id"] for stop in (await ana.route())["stops"]] == wanted
    assert await town.rows("SELECT id FROM leg ORDER BY id") == legs


async def test_a_move_to_nobody_makes_the_planner_search_again(town: Town) -> None:
    _, _, delivery_id = await two_couriers(town)
    answer = await town.operator.post(MOVES, json=confirmed(await effect_of(town, delivery_id, None)))
    assert answer.status_code == 200, answer.text
    assert await town.state(delivery_id) == "searching"


async def test_a_parcel_under_way_is_not_moved(town: Town) -> None:
    ana, ben, delivery_id = await two_couriers(town)
    for _ in range(3):
        await ana.do_next()
    body = {"delivery_ids": [delivery_id], "courier_id": ben.id}
    answer = await town.operator.post(f"{MOVES}/effect", json=body)
    assert (answer.status_code, answer.json()["code"]) == (409, "not-reassignable")


@pytest.mark.parametrize(
    ("delivery", "courier", "code"), [("known", "cou_x", "courier-not-on-duty"), ("dlv_x", None, "not-found")]
)
async def test_what_is_not_there_is_not_moved(town: Town, delivery: str, courier: str | None, code: str) -> None:
    known = await town.booked()
    body = {"delivery_ids": [known if delivery == "known" else delivery], "courier_id": courier}
    assert (await town.operator.post(f"{MOVES}/effect", json=body)).json()["code"] == code


async def roads_are_down() -> None:
    raise RoadsUnavailable("roads", "mkt_1", "no answer")


async def test_without_roads_the_board_still_says_who_has_what_by_the_stored_times(town: Town) -> None:
    ana, _, delivery_id = await two_couriers(town)
    town.roads.before_answer = roads_are_down
    board = await town.dispatch.moves.board("mkt_1")
    assert not board.on_roads
    assert [visit.ref.delivery_id for visit in board.lanes[ana.id].visits] == [delivery_id] * 2


async def test_a_board_shows_who_has_stops_first_and_finds_by_name(town: Town) -> None:
    ana, ben, delivery_id = await two_couriers(town)
    board = await town.dispatch.moves.board("mkt_1")
    assert board.on_roads
    assert [courier.id for courier in board.couriers] == [ana.id, ben.id]
    assert {visit.ref.delivery_id for visit in board.lanes[ana.id].visits} == {delivery_id}
    found = await town.dispatch.moves.board("mkt_1", text="ben")
    assert ([courier.id for courier in found.couriers], found.found) == ([ben.id], 1)
