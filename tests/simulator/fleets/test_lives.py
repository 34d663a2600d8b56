"""Each kind of fleet carries legs to each kind of end, over the wire form."""

from datetime import timedelta
from typing import Any

import pytest

from homeward.fleets.contract.words import EventKind
from homeward.simulator.fleets import command
from homeward.simulator.fleets.faults import FAULTS
from homeward.simulator.fleets.kinds import KINDS
from homeward.simulator.fleets.serve import NOON
from tests.simulator.fleets.world import LOCKING, an_order, calling, north_of, wrong_in

ALL = sorted(KINDS)


def test_the_command_names_every_kind_and_every_fault() -> None:
    assert sorted(command.KINDS) == ALL
    assert sorted(command.FAULTS) == sorted(FAULTS)


@pytest.mark.parametrize("kind", ALL)
async def test_every_kind_carries_a_leg_from_order_to_door(kind: str) -> None:
    async with calling(kind) as caller:
        assert (await caller.made("/feasible", an_order(kind)))["feasible"]
        leg = await caller.on_the_way()
        assert (await caller.handed_over(leg))["state"] == "done"
        log = await caller.log()
        assert wrong_in(log) == []
        assert [e.kind for e in log if e.kind in ("goods.in", "goods.out")] == [EventKind.GOODS_IN, EventKind.GOODS_OUT]


@pytest.mark.parametrize("kind", ALL)
async def test_a_leg_that_is_called_back_returns_to_the_store(kind: str) -> None:
    async with calling(kind) as caller:
        leg = await caller.on_the_way()
        assert (await caller.act(leg, "return"))["outcome"] == "done"
        await caller.until(leg, "at_return")
        await caller.opened(leg, "store")
        await caller.person(leg, "take_out")
        await caller.until(leg, "returned")
        assert wrong_in(await caller.log()) == []


@pytest.mark.parametrize("kind", ALL)
async def test_goods_of_a_vehicle_that_broke_down_are_handed_to_a_rescuer(kind: str) -> None:
    async with calling(kind) as caller:
        leg = await caller.on_the_way()
        await caller.made("/sandbox/mishap", {"vehicle_id": leg["vehicle_id"], "kind": "crash"})
        assert (await caller.leg(leg))["hold"]["kind"] == "held"
        await caller.until(leg, "rescue_needed")
        more: dict[str, Any] = {}
        if kind in LOCKING:
            refused = await caller.act(leg, "hand_to_rescue", compartment_id=leg["compartment_id"], secret="guess")
            assert refused["refusal"]["limit"] == "secret"
            more = {"secret": (await caller.secret(leg, "rescuer"))["secret"]}
        assert (await caller.act(leg, "hand_to_rescue", compartment_id=leg["compartment_id"], **more))[
            "outcome"
        ] == "done"
        assert (await caller.leg(leg))["state"] == "rescued"
        await caller.let_pass(3_700)
        states = {car["id"]: car["state"] for car in (await caller.http.get("/vehicles")).json()["items"]}
        assert states[leg["vehicle_id"]] == "available"
        assert wrong_in(await caller.log()) == []


@pytest.mark.parametrize("kind", ALL)
async def test_a_vehicle_that_nobody_loads_gives_the_leg_back(kind: str) -> None:
    async with calling(kind) as caller:
        leg = await caller.until(await caller.committed(), "at_pickup")
        waits = KINDS[kind].waits.at_pickup_s
        await caller.let_pass(waits - 30)
        assert (await caller.leg(leg))["state"] == "at_pickup"
        await caller.let_pass(40)
        assert (await caller.leg(leg))["state"] == "refused"


@pytest.mark.parametrize("kind", ["carrier", "road", "sidewalk"])
async def test_a_vehicle_to_which_nobody_comes_goes_back(kind: str) -> None:
    async with calling(kind) as caller:
        leg = await caller.on_the_way()
        await caller.until(leg, "at_dropoff")
        await caller.let_pass(KINDS[kind].waits.at_dropoff_s + 5)
        assert (await caller.leg(leg))["state"] == "returning"
        assert "nobody_came" in [event.incident for event in await caller.log()]


@pytest.mark.parametrize("kind", LOCKING)
async def test_a_lid_that_was_closed_over_nothing_leaves_the_leg_at_the_store(kind: str) -> None:
    async with calling(kind) as caller:
        leg = await caller.until(await caller.committed(), "at_pickup")
        await caller.opened(leg, "store")
        await caller.person(leg, "close_empty")
        assert (await caller.leg(leg))["state"] == "at_pickup"


async def test_a_secret_opens_once_for_its_holder_and_is_nowhere_told_again() -> None:
    async with calling() as caller:
        leg = await caller.until(await caller.committed(), "at_pickup")
        for_shopper, secret = await caller.secret(leg, "shopper"), await caller.secret(leg, "store")
        room = {"compartment_id": leg["compartment_id"]}
        wrong = [None, "WRONG234", for_shopper["secret"]]
        answers = [await caller.act(leg, "open", **room, secret=each) for each in wrong]
        assert [answer["refusal"]["limit"] for answer in answers] == ["secret"] * 3
        assert (await caller.act(leg, "open", **room, secret=secret["secret"]))["outcome"] == "done"
        await caller.person(leg, "close_empty")
        again = await caller.act(leg, "open", **room, secret=secret["secret"])
        assert again["refusal"]["limit"] == "secret"
        assert secret["secret"] not in (await caller.http.get("/events")).text
        assert secret["secret"] not in repr(caller.fleet.world)


async def test_a_secret_that_was_revoked_or_is_too_old_opens_nothing() -> None:
    async with calling() as caller:
        leg = await caller.until(await caller.committed(), "at_pickup")
        revoked, old = await caller.secret(leg, "store"), await caller.secret(leg, "store", valid_s=5)
        for _ in range(2):
            assert (await caller.http.delete(f"/legs/{leg['id']}/secrets/{revoked['id']}")).status_code == 204
        await caller.let_pass(6)
        for secret in (revoked, old):
            answer = await caller.act(leg, "open", compartment_id=leg["compartment_id"], secret=secret["secret"])
            assert answer["refusal"]["limit"] == "secret"


async def test_the_same_key_gets_the_same_answer_and_another_body_under_it_a_no() -> None:
    async with calling() as caller:
        quote = await caller.made("/quotes", an_order(), key="k")
        assert await caller.made("/quotes", an_order(), key="k") == quote
        other = await caller.post("/quotes", an_order(reference="ref-2"), key="k")
        assert (other.status_code, other.json()["limit"]) == (409, "state")
        reservation = await caller.made("/reservations", {"quote_id": quote["id"]})
        first = await caller.made("/legs", {"reservation_id": reservation["id"]})
        second = await caller.made("/legs", {"reservation_id": reservation["id"]})
        assert first["id"] == second["id"]


async def test_quotes_and_reservations_end_with_the_time_that_they_told() -> None:
    async with calling() as caller:
        quote = await caller.made("/quotes", an_order())
        await caller.let_pass(300)
        reservation = await caller.made("/reservations", {"quote_id": quote["id"]})
        await caller.let_pass(1)
        late = await caller.post("/reservations", {"quote_id": quote["id"]})
        assert (late.status_code, late.json()["limit"]) == (409, "expired")
        await caller.let_pass(180)
        answer = await caller.post("/legs", {"reservation_id": reservation["id"]})
        assert (answer.status_code, answer.json()["limit"]) == (409, "expired")
        for _ in range(2):
            assert (await caller.http.delete(f"/reservations/{reservation['id']}")).status_code == 204


@pytest.mark.parametrize(("action", "hold"), [("pause", "paused"), ("safe_stop", "stopped")])
async def test_a_vehicle_that_was_stopped_stands_still_until_it_may_go_on(action: str, hold: str) -> None:
    async with calling() as caller:
        leg = await caller.on_the_way()
        await caller.act(leg, action)
        await caller.let_pass(10)
        place = caller.fleet.world.cars[leg["vehicle_id"]].place
        assert (await caller.leg(leg))["hold"]["kind"] == hold
        await caller.let_pass(600)
        assert caller.fleet.world.cars[leg["vehicle_id"]].place == place
        assert (await caller.act(leg, "resume"))["outcome"] == "done"
        assert (await caller.handed_over(leg))["hold"] is None


async def test_what_happens_without_contact_is_told_later_with_its_own_time() -> None:
    async with calling() as caller:
        leg = await caller.committed()
        await caller.let_pass(2)
        await caller.made("/sandbox/contact", {"vehicle_id": leg["vehicle_id"], "seconds": 500})
        lost = (await caller.log())[-1].number
        assert caller.fleet.world.legs[leg["id"]].state == "to_pickup"
        await caller.let_pass(495)
        assert caller.fleet.world.legs[leg["id"]].state == "at_pickup"
        seen = await caller.leg(leg)
        assert (seen["state"], seen["hold"]["kind"]) == ("to_pickup", "contact_lost")
        assert [event for event in await caller.log() if event.number > lost] == []
        await caller.let_pass(10)
        arrived = next(event for event in await caller.log() if event.state == "at_pickup")
        assert arrived.number > lost
        assert arrived.at < arrived.recorded_at - timedelta(seconds=60)
        assert (await caller.leg(leg))["hold"] is None


async def test_a_road_vehicle_carries_two_legs_of_one_store_in_two_compartments() -> None:
    async with calling("road") as caller:
        ids = caller.fleet.world.cars
        first = await caller.committed(vehicle_id=next(iter(ids)))
        second = await caller.committed(vehicle_id=next(iter(ids)), reference="ref-2")
        assert first["compartment_id"] != second["compartment_id"]
        for leg in (first, second):
            await caller.until(leg, "at_pickup")
            await caller.opened(leg, "store")
            await caller.person(leg, "put_in")
            await caller.until(leg, "loaded", "to_dropoff")
        for leg in (first, second):
            await caller.handed_over(leg)
        assert wrong_in(await caller.log()) == []


async def test_a_diversion_leads_to_the_other_door_or_says_which_limit_says_no() -> None:
    async with calling() as caller:
        leg = await caller.on_the_way()
        far = {"place": north_of(90_000), "address": "Far", "handoff": ["hatch"]}
        assert (await caller.act(leg, "divert", place=far))["refusal"]["limit"] == "out_of_area"
        near = {"place": north_of(900), "address": "Near", "handoff": ["hatch"]}
        assert (await caller.act(leg, "divert", place=near))["outcome"] == "done"
        await caller.until(leg, "at_dropoff")
        place = caller.fleet.world.cars[leg["vehicle_id"]].place
        assert place.lat == pytest.approx(north_of(900)["lat"])
        assert EventKind.LEG_ETA in [event.kind for event in await caller.log()]


async def test_a_leg_is_called_off_before_its_goods_are_on_board_and_not_after() -> None:
    async with calling() as caller:
        leg = await caller.committed()
        assert (await caller.act(leg, "cancel"))["outcome"] == "done"
        assert (await caller.leg(leg))["state"] == "cancelled"
        other = await caller.on_the_way(reference="ref-2")
        assert (await caller.act(other, "cancel"))["refusal"]["limit"] == "state"


async def test_bad_weather_keeps_vehicles_at_home() -> None:
    async with calling("drone") as caller:
        quote = await caller.made("/quotes", an_order("drone"))
        reservation = await caller.made("/reservations", {"quote_id": quote["id"]})
        await caller.made("/sandbox/weather", {"weather": {"at": NOON.isoformat(), "wind_m_s": 20}})
        answer = await caller.post("/legs", {"reservation_id": reservation["id"]})
        assert answer.json()["limit"] == "weather"
        assert answer.json()["at_most"] == 12
        assert (await caller.post("/quotes", an_order("drone"))).json()["limit"] == "weather"


async def test_a_trouble_that_passes_only_holds_the_leg_up() -> None:
    async with calling() as caller:
        leg = await caller.on_the_way()
        await caller.made("/sandbox/mishap", {"vehicle_id": leg["vehicle_id"], "kind": "blocked", "ends_after_s": 90})
        await caller.let_pass(95)
        assert (await caller.leg(leg))["hold"] is None
        await caller.handed_over(leg)
        assert wrong_in(await caller.log()) == []


async def test_nobody_gets_in_without_the_token() -> None:
    async with calling() as caller:
        answer = await caller.http.get("/facts", headers={"Authorization": "Bearer other"})
        assert answer.status_code == 401


@pytest.mark.parametrize("kind", ALL)
async def test_a_repair_ends_what_a_vehicle_was_doing_and_leaves_it_whole(kind: str) -> None:
    async with calling(kind) as caller:
        loaded = await caller.on_the_way()
        name = loaded["vehicle_id"]
        await caller.made("/sandbox/contact", {"vehicle_id": name, "seconds": 3_600})
        await caller.made("/sandbox/mishap", {"vehicle_id": name, "kind": "tipped"})
        await caller.let_pass(120)
        await caller.made("/sandbox/repair", {"vehicle_id": name})
        assert (await caller.leg(loaded))["state"] == "written_off"
        cars = {car["id"]: car for car in (await caller.http.get("/vehicles")).json()["items"]}
        assert cars[name]["state"] == "available"
        assert {room["state"] for room in cars[name]["compartments"]} == {"free"}
        assert wrong_in(await caller.log()) == []


async def test_a_repair_of_all_vehicles_lets_go_of_legs_and_reservations() -> None:
    async with calling() as caller:
        waiting = await caller.committed()
        quote = await caller.made("/quotes", an_order())
        reservation = await caller.made("/reservations", {"quote_id": quote["id"]})
        await caller.made("/sandbox/repair", {})
        assert (await caller.leg(waiting))["state"] == "refused"
        assert (await caller.post("/legs", {"reservation_id": reservation["id"]})).json()["limit"] == "expired"
        assert {car["state"] for car in (await caller.http.get("/vehicles")).json()["items"]} == {"available"}
        assert (await caller.post("/sandbox/repair", {"vehicle_id": "nobody"})).status_code == 404


async def test_hours_that_are_set_change_the_fact_sheet_and_the_log_tells_it() -> None:
    async with calling() as caller:
        hours = {"time_zone": "UTC", "weekly": {}}
        await caller.made("/sandbox/hours", {"model": "walker-1", "hours": hours})
        sheet = (await caller.http.get("/facts")).json()
        assert (sheet["revision"], sheet["domains"][0]["hours"]) == (2, hours)
        told = [event.revision for event in await caller.log() if event.kind is EventKind.FACTS_CHANGED]
        assert told == [2]
        assert (await caller.post("/quotes", an_order())).json()["limit"] == "closed"
        wrong = {"model": "walker-1", "hours": {"time_zone": "Nowhere"}}
        assert (await caller.post("/sandbox/hours", wrong)).status_code == 422
        assert (await caller.post("/sandbox/hours", {"model": "nothing", "hours": hours})).status_code == 404
