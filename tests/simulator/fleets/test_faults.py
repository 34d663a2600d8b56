"""Each fault is seen from outside, and from nothing but the wire form."""

import json
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import pytest

from homeward.fleets.contract.news import gap
from homeward.simulator.fleets.faults import FAULTS
from tests.simulator.fleets.world import Caller, an_order, calling, north_of, wrong_in

Deviation = Callable[[Caller], Awaitable[bool]]
SEEN: dict[str, Deviation] = {}


def by(*faults: str) -> Callable[[Deviation], Deviation]:
    """This is how one sees those faults: True if the fleet deviates."""

    def enter(deviation: Deviation) -> Deviation:
        SEEN.update(dict.fromkeys(faults, deviation))
        return deviation

    return enter


@by("events-doubled", "events-out-of-order", "number-skipped")
async def numbers_are_wrong(caller: Caller) -> bool:
    await caller.on_the_way()
    return gap(0, await caller.page()) is not None


@by("forbidden-transition", "doubled-custody")
async def the_story_is_wrong(caller: Caller) -> bool:
    leg = await caller.on_the_way()
    await caller.handed_over(leg)
    return gap(0, await caller.page()) is None and wrong_in(await caller.log()) != []


@by("silent-after-pickup")
async def nothing_is_told_after_loading(caller: Caller) -> bool:
    leg = await caller.on_the_way()
    await caller.handed_over(leg)
    assert gap(0, await caller.page()) is None
    return "done" not in [event.state for event in await caller.log()]


@by("secret-in-event")
async def the_log_tells_a_secret(caller: Caller) -> bool:
    leg = await caller.until(await caller.committed(), "at_pickup")
    secret = await caller.secret(leg, "store")
    await caller.act(leg, "open", compartment_id=secret["compartment_id"], secret=secret["secret"])
    return secret["secret"] in (await caller.http.get("/events")).text


@by("refuses-after-accept")
async def an_accepted_leg_is_refused_at_once(caller: Caller) -> bool:
    leg = await caller.committed()
    return (leg["state"], (await caller.leg(leg))["state"]) == ("committed", "refused")


@by("opens-without-secret")
async def a_guess_opens(caller: Caller) -> bool:
    leg = await caller.until(await caller.committed(), "at_pickup")
    answer = await caller.act(leg, "open", compartment_id=leg["compartment_id"], secret="a guess")
    return bool(answer["outcome"] == "done")


@by("opens-twice")
async def a_secret_opens_again(caller: Caller) -> bool:
    leg = await caller.until(await caller.committed(), "at_pickup")
    secret = await caller.secret(leg, "store")
    more = {"compartment_id": secret["compartment_id"], "secret": secret["secret"]}
    await caller.act(leg, "open", **more)
    await caller.person(leg, "close_empty")
    return bool((await caller.act(leg, "open", **more))["outcome"] == "done")


@by("forgets-keys")
async def a_repeat_makes_a_second_leg(caller: Caller) -> bool:
    quote = await caller.made("/quotes", an_order())
    reservation = await caller.made("/reservations", {"quote_id": quote["id"]})
    body = {"reservation_id": reservation["id"]}
    first, second = [await caller.made("/legs", body, key="the same") for _ in range(2)]
    return bool(first["id"] != second["id"])


@by("quote-cut-short")
async def a_quote_is_forgotten_early(caller: Caller) -> bool:
    quote = await caller.made("/quotes", an_order())
    await caller.let_pass(200)
    return (await caller.post("/reservations", {"quote_id": quote["id"]})).status_code == 409


@by("hold-ignored")
async def a_reservation_is_good_for_ever(caller: Caller) -> bool:
    quote = await caller.made("/quotes", an_order())
    reservation = await caller.made("/reservations", {"quote_id": quote["id"]})
    await caller.let_pass(1_000)
    return (await caller.post("/legs", {"reservation_id": reservation["id"]})).status_code == 201


@by("no-limits-in-no")
async def a_no_has_no_reason(caller: Caller) -> bool:
    far = {"place": north_of(90_000), "address": "Far", "handoff": ["hatch"]}
    answer = await caller.post("/feasible", an_order(dropoff=far))
    return bool((answer.status_code, answer.json()) == (200, {"feasible": False, "limits": []}))


@by("never-quotes")
async def what_is_feasible_is_not_quoted(caller: Caller) -> bool:
    assert (await caller.made("/feasible", an_order()))["feasible"]
    return (await caller.post("/quotes", an_order())).status_code == 409


@by("acts-in-words-only")
async def a_stop_that_is_done_stops_nothing(caller: Caller) -> bool:
    leg = await caller.committed()
    assert (await caller.act(leg, "safe_stop"))["outcome"] == "done"
    return (await caller.leg(leg))["hold"] is None


@by("late-heartbeat")
async def vehicles_are_not_heard_of_in_time(caller: Caller) -> bool:
    heartbeat_s = (await caller.http.get("/facts")).json()["heartbeat_s"]
    await caller.committed()
    cars = (await caller.http.get("/vehicles")).json()["items"]
    now = caller.fleet.world.now
    return any((now - datetime.fromisoformat(car["seen_at"])).total_seconds() > heartbeat_s for car in cars)


@by("claims-free")
async def a_loaded_compartment_is_called_free(caller: Caller) -> bool:
    leg = await caller.on_the_way()
    cars: list[dict[str, Any]] = (await caller.http.get("/vehicles")).json()["items"]
    car = next(car for car in cars if car["id"] == leg["vehicle_id"])
    return "free" in json.dumps(car["compartments"])


@by("shares-a-room")
async def two_legs_are_promised_one_room(caller: Caller) -> bool:
    rooms = []
    for number in range(2):
        order = an_order("road", reference=f"ref-{number}", vehicle_id="road-1")
        quote = await caller.made("/quotes", order)
        rooms.append((await caller.made("/reservations", {"quote_id": quote["id"]}))["compartment_id"])
    return bool(rooms[0] == rooms[1])


def test_every_fault_has_a_way_to_be_seen() -> None:
    assert sorted(SEEN) == sorted(FAULTS)


@pytest.mark.parametrize("fault", sorted(FAULTS))
async def test_a_fault_is_seen_and_a_good_fleet_has_none_of_it(fault: str) -> None:
    kind = "road" if fault == "shares-a-room" else "sidewalk"
    async with calling(kind, fault) as caller:
        assert await SEEN[fault](caller)
    async with calling(kind) as caller:
        assert not await SEEN[fault](caller)
