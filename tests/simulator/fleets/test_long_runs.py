"""Hours on end, with people who act by themselves and with mischief: legs end, and fleets do not die out."""

import argparse
from collections import Counter
from datetime import timedelta

import httpx
import pytest

from homeward.fleets.contract.client import HttpFleet
from homeward.fleets.contract.legs import AskSecret, Holder
from homeward.fleets.contract.words import EventKind, IncidentKind, LegState
from homeward.kit.clock import ManualClock
from homeward.simulator.fleets import command
from homeward.simulator.fleets.kinds import KINDS
from homeward.simulator.fleets.life import CREW_NEEDS, GOODS_LEFT_FOR
from homeward.simulator.fleets.mischief import MOST_SHARE, Mischief, draw
from homeward.simulator.fleets.serve import NOON, FleetOptions, inside
from tests.simulator.fleets.network import Run, a_run, not_ended
from tests.simulator.fleets.world import LOCKING, TOKEN, Caller, calling, wrong_in


def test_the_command_knows_how_large_a_share_can_be() -> None:
    assert command.MOST_SHARE == MOST_SHARE


def test_a_leg_draws_by_seed_and_name_alone_and_each_kind_about_as_often() -> None:
    legs = [f"leg-{number}" for number in range(4_000)]
    drawn = [draw(7, 0.05, leg) for leg in legs]
    assert drawn == [draw(7, 0.05, leg) for leg in legs]
    assert drawn != [draw(8, 0.05, leg) for leg in legs]
    often = Counter(planned.kind for planned in drawn if planned is not None)
    assert set(often) == set(Mischief)
    # 200 are expected of each; five standard deviations are 69.
    assert all(131 < number < 269 for number in often.values()), often
    assert not any(draw(7, 0.0, leg) for leg in legs)


@pytest.mark.parametrize("kind", sorted(KINDS))
async def test_people_act_by_themselves_from_the_store_to_the_door(kind: str) -> None:
    run = await a_run(kind, hours=5, share=0)
    assert set(run.state.values()) == {LegState.DONE}
    assert len(run.state) >= 10
    assert run.pages_told_wrongly == 0
    assert wrong_in(run.log) == []
    loaded = _between(run, LegState.AT_PICKUP, LegState.LOADED)
    assert len(set(loaded)) > 3
    assert all(20 <= seconds <= 300 for seconds in loaded)


def _between(run: Run, one: LegState, other: LegState) -> list[float]:
    moves = [event for event in run.log if event.kind is EventKind.LEG_MOVED]
    since = {event.leg_id: event.at for event in moves if event.state is one}
    return [(event.at - since[event.leg_id]).total_seconds() for event in moves if event.state is other]


@pytest.mark.parametrize("kind", sorted(LOCKING))
async def test_people_without_a_secret_stand_before_a_locked_compartment(kind: str) -> None:
    run = await a_run(kind, hours=4, share=0, every_s=1_800, asks_secrets=False)
    assert set(run.state.values()) == {LegState.REFUSED}


async def test_a_person_who_waits_opens_as_soon_as_a_secret_is_there() -> None:
    async with calling(people=True) as caller:
        leg = await caller.until(await caller.committed(), "at_pickup")
        await caller.let_pass(200)
        assert (await caller.leg(leg))["state"] == "at_pickup"
        made = await caller.secret(leg, "store")
        await caller.let_pass(60)
        assert (await caller.leg(leg))["state"] == "to_dropoff"
        opened = [event for event in await caller.log() if event.kind is EventKind.OPENED]
        assert [(event.secret_id, event.opened_for) for event in opened] == [(made["id"], Holder.STORE)]


async def test_whoever_has_it_opened_from_afar_handles_the_goods_soon() -> None:
    async with calling(people=True) as caller:
        leg = await caller.until(await caller.committed(), "at_pickup")
        await caller.opened(leg, "store")
        await caller.let_pass(10)
        assert EventKind.GOODS_IN in [event.kind for event in await caller.log()]


@pytest.mark.parametrize("kind", sorted(KINDS))
async def test_after_a_day_of_mischief_every_leg_has_ended_and_every_vehicle_is_fit(kind: str) -> None:
    run = await a_run(kind, hours=24, share=MOST_SHARE, every_s=900)
    assert not_ended(run) == {}
    assert wrong_in(run.log) == []
    assert not [car.id for car in run.fleet.world.cars.values() if car.broken or car.trouble]
    ends = Counter(run.state.values())
    assert ends[LegState.DONE] > 0
    assert ends[LegState.WRITTEN_OFF] == 0
    late = [event for event in run.log if event.state is LegState.DONE and event.at > NOON + timedelta(hours=18)]
    assert late or kind == "drone"  # it does not fly by night


async def test_each_kind_of_mischief_is_seen_in_the_log() -> None:
    run = await a_run("road", hours=24, share=MOST_SHARE, every_s=600)
    assert run.kinds() == set(Mischief)
    assert run.pages_told_wrongly > 0
    told = {event.incident for event in run.log if event.kind is EventKind.INCIDENT}
    assert told >= {IncidentKind.BLOCKED, IncidentKind.STUCK, IncidentKind.BATTERY, IncidentKind.LID_JAM}
    assert IncidentKind.NOBODY_CAME in told
    assert [event for event in run.log if event.kind is EventKind.OPENED and event.secret_id is None]
    assert [event for event in run.log if event.hold is not None and event.hold.kind == "contact_lost"]
    ends = set(run.state.values())
    assert ends == {LegState.DONE, LegState.REFUSED, LegState.RESCUED, LegState.RETURNED}


async def test_the_same_seed_and_the_same_calls_give_the_same_log() -> None:
    one, other = [await a_run("sidewalk", hours=8, share=MOST_SHARE, seed=3) for _ in range(2)]
    assert one.log == other.log
    assert one.pages_told_wrongly == other.pages_told_wrongly
    assert one.log != (await a_run("sidewalk", hours=8, share=MOST_SHARE, seed=4)).log


async def test_a_page_that_was_told_wrongly_is_told_rightly_when_it_is_asked_for_again() -> None:
    async with calling(faults_share=MOST_SHARE, people=True, seed=_seed_of(Mischief.TOLD_TWICE)) as caller:
        await caller.committed()
        await caller.let_pass(600)
        first, again = [[event.number for event in await caller.log()] for _ in range(2)]
        assert sorted(set(first)) == again
        assert len(first) > len(again)


async def test_nobody_can_take_out_where_nobody_comes() -> None:
    async with calling(faults_share=MOST_SHARE, seed=_seed_of(Mischief.NOBODY_CAME)) as caller:
        leg = await caller.until(await caller.on_the_way(), "at_dropoff")
        await caller.opened(leg, "shopper")
        refused = await caller.post("/sandbox/person", {"leg_id": leg["id"], "act": "take_out"})
        assert (refused.status_code, refused.json()["limit"]) == (409, "state")


def _seed_of(kind: Mischief) -> int:
    """With which the first leg of a fleet draws this."""
    for seed in range(1_000):
        planned = draw(seed, MOST_SHARE, "leg-3")  # after a quote and a reservation
        if planned is not None and planned.kind is kind:
            return seed
    raise AssertionError(kind)


async def test_goods_that_nobody_fetches_are_written_off_and_the_vehicle_comes_back() -> None:
    async with calling() as caller:
        leg = await caller.on_the_way()
        await caller.made("/sandbox/mishap", {"vehicle_id": leg["vehicle_id"], "kind": "tipped"})
        await caller.until(leg, "rescue_needed")
        await caller.let_pass(int(GOODS_LEFT_FOR.total_seconds()) - 60)
        assert (await caller.leg(leg))["state"] == "rescue_needed"
        await caller.let_pass(120)
        assert (await caller.leg(leg))["state"] == "written_off"
        await caller.let_pass(int(CREW_NEEDS.total_seconds()))
        assert await _state_of(caller, leg["vehicle_id"]) == "available"
        assert wrong_in(await caller.log()) == []


async def _state_of(caller: Caller, vehicle_id: str) -> str:
    cars = (await caller.http.get("/vehicles")).json()["items"]
    return str(next(car["state"] for car in cars if car["id"] == vehicle_id))


async def test_inside_another_process_a_fleet_has_the_time_of_the_clock_that_it_is_given() -> None:
    clock = ManualClock(NOON)
    transport, fleet = inside(FleetOptions("sidewalk", TOKEN), clock)
    async with httpx.AsyncClient(transport=transport) as http:
        client = HttpFleet(http, "http://fleet.test", TOKEN, pause_s=0)
        clock.advance(90.5)
        assert {car.seen_at for car in (await client.vehicles()).items} == {NOON + timedelta(seconds=90)}
        clock.advance(0.5)
        await client.vehicles()
    assert fleet.world.now == NOON + timedelta(seconds=91)


async def test_a_secret_is_asked_for_in_vain_where_nothing_locks() -> None:
    async with calling("carrier", people=True) as caller:
        leg = await caller.committed()
        body = AskSecret(holder=Holder.STORE, valid_s=60).model_dump(mode="json")
        assert (await caller.post(f"/legs/{leg['id']}/secrets", body)).json()["limit"] == "unsupported"


async def test_a_fleet_has_as_many_vehicles_as_were_asked_for() -> None:
    async with calling("road", vehicles=12) as caller:
        assert len((await caller.http.get("/vehicles")).json()["items"]) == 12


@pytest.mark.parametrize("wrong", [["--vehicles", "0"], ["--faults-share", "0.2"], ["--faults-share", "-1"]])
def test_the_command_refuses_what_no_fleet_can_be(wrong: list[str]) -> None:
    parser = argparse.ArgumentParser(exit_on_error=False)
    command.add_arguments(parser)
    usual = ["road", "--port", "9100", "--token", "a-token"]
    assert parser.parse_args([*usual, "--vehicles", "12", "--faults-share", "0.1"]).vehicles == 12
    with pytest.raises(argparse.ArgumentError):
        parser.parse_args([*usual, *wrong])
