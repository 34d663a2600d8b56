"""What a city reads: everything that machines did, in MDS's words, and nothing about whom it was for."""

from collections import defaultdict
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from homeward.fleets.city_reports.words import LEGAL, EventType
from homeward.fleets.contract.words import IncidentKind, VehicleState
from tests.conftest import DatabaseUrls
from tests.fleets.autonomous.long_day import a_long_day
from tests.fleets.city_reports.city import City

HOUR = "%Y-%m-%dT%H"


async def _one_delivered(city: City) -> str:
    await city.park.joins("sidewalk")
    delivery_id = await city.park.booked()
    await city.park.until(delivery_id, "delivered")
    return delivery_id


async def test_a_delivery_by_a_robot_is_one_trip_from_the_store_to_the_door(city: City) -> None:
    await _one_delivered(city)
    ended = city.now
    await city.settles()
    trips = (await city.reads("/trips", end_time=f"{ended:{HOUR}}"))["trips"]
    assert [trip["trip_type"] for trip in trips] == ["delivery"]
    assert trips[0]["duration"] > 0
    assert trips[0]["distance"] > 0
    events = (await city.reads("/events/historical", event_time=f"{ended:{HOUR}}"))["events"]
    told = [each for event in events for each in event["event_types"]]
    assert told[:6] == ["reservation_start", "trip_stop", "trip_start", "order_drop_off", "trip_end"], told
    assert {each for event in events for each in event["trip_ids"]} == {trips[0]["trip_id"]}
    assert trips[0]["device_id"] in {each["device_id"] for each in (await city.reads("/vehicles"))["vehicles"]}


async def test_nothing_tells_whom_it_was_for(city: City) -> None:
    delivery_id = await _one_delivered(city)
    ended = city.now
    await city.settles()
    delivery = await city.park.delivery(delivery_id)
    ours = [delivery_id, delivery["store_id"], city.park.shop.id, "Elm Street", "Bakery"]
    ours += [leg["id"] for leg in (await city.park.legs(delivery_id))["items"]]
    hour = f"{ended:{HOUR}}"
    for path, query in (
        ("/trips", {"end_time": hour}),
        ("/events/historical", {"event_time": hour}),
        ("/vehicles/status", {}),
        ("/vehicles", {}),
    ):
        told = str(await city.reads(path, **query))
        assert [one for one in ours if one in told] == [], path


async def test_a_machine_that_turns_around_makes_a_second_trip_in_the_same_journey(city: City) -> None:
    await city.park.joins("sidewalk")
    delivery_id = await city.park.booked()
    await city.park.until(delivery_id, "to_dropoff")
    await city.park.world.done(city.park.shop.live_key, "POST", f"/v1/deliveries/{delivery_id}/return")
    await city.park.until(delivery_id, "returned")
    ended = city.now
    await city.settles()
    trips = (await city.reads("/trips", end_time=f"{ended:{HOUR}}"))["trips"]
    assert sorted(trip["trip_type"] for trip in trips) == ["delivery", "return"]
    assert len({trip["journey_id"] for trip in trips}) == 1


async def test_where_machines_are_now_and_what_they_are_doing(city: City) -> None:
    await city.park.joins("sidewalk")
    delivery_id = await city.park.booked()
    await city.park.until(delivery_id, "to_dropoff")
    found = (await city.reads("/vehicles/status"))["vehicles_status"]
    assert len(found) == len((await city.reads("/vehicles"))["vehicles"])
    busy = [each for each in found if each["last_telemetry"]["trip_ids"]]
    assert [each["last_event"]["vehicle_state"] for each in busy] == ["on_trip"]


async def test_what_a_machine_did_stays_told_long_after_it_has_left(city: City) -> None:
    await _one_delivered(city)
    hour = f"{city.now:{HOUR}}"
    async with city.park.world.platform.db.operator() as tx:
        await tx.run("UPDATE machine SET gone_at = %(at)s", at=city.now + timedelta(hours=2))
    city.park.clock.advance(timedelta(days=31).total_seconds())
    assert (await city.reads("/vehicles"))["vehicles"] == []
    assert len((await city.reads("/trips", end_time=hour))["trips"]) == 1


async def test_recent_events_are_told_at_once(city: City) -> None:
    await _one_delivered(city)
    start = int((city.now - timedelta(hours=2)).timestamp() * 1_000)
    end = int((city.now + timedelta(seconds=1)).timestamp() * 1_000)
    body = await city.reads("/events/recent", start_time=start, end_time=end)
    assert body["events"][-1]["event_types"] == ["trip_end"]
    assert body["links"]["next"] is None
    assert (await city.reads("/events/recent", start_time=start, end_time=end, page=2))["events"] == []


async def test_an_hour_is_told_a_quarter_of_an_hour_after_its_end(city: City) -> None:
    await _one_delivered(city)
    hour = city.now.replace(minute=0, second=0, microsecond=0)
    named = f"{hour:{HOUR}}"
    assert (await city.asks("/trips", end_time=named)).status_code == 404
    city.park.clock.advance((hour + timedelta(hours=1, minutes=1) - city.now).total_seconds())
    settling = await city.asks("/trips", end_time=named)
    assert (settling.status_code, settling.json()["error"]) == (202, "hour_settling")
    city.park.clock.advance(timedelta(minutes=15).total_seconds())
    assert len((await city.reads("/trips", end_time=named))["trips"]) == 1


async def test_what_comes_in_late_is_added_to_its_hour_and_moves_the_date(city: City) -> None:
    await _one_delivered(city)
    ended = city.now
    await city.settles()
    named = f"{ended:{HOUR}}"
    before = await city.reads("/events/historical", event_time=named)
    assert before == await city.reads("/events/historical", event_time=named)
    city.park.clock.advance(3_600)
    async with city.park.world.platform.db.operator() as tx:
        await tx.run(
            """INSERT INTO fleet_event (account_id, number, kind, at, recorded_at, received_at, vehicle_id, body)
               SELECT account_id, 900000, 'vehicle.changed', %(at)s, %(now)s, %(now)s, vehicle_id, jsonb_build_object(
                   'number', 900000, 'kind', 'vehicle.changed', 'at', %(said)s::text, 'recorded_at', %(said)s::text,
                   'vehicle_id', vehicle_id, 'vehicle_state', 'non_operational', 'driving', 'autonomous')
               FROM fleet_event WHERE kind = 'leg.moved' LIMIT 1""",
            at=ended + timedelta(seconds=1),
            said=(ended + timedelta(seconds=1)).isoformat(),
            now=city.now,
        )
    after = await city.reads("/events/historical", event_time=named)
    assert after["last_updated"] > before["last_updated"]
    known = {event["event_id"] for event in before["events"]}
    late = [event for event in after["events"] if event["event_id"] not in known]
    assert [event["event_types"] for event in late] == [["service_end"]]


async def test_an_hour_before_any_fleet_came_or_without_the_right_form_is_refused(city: City) -> None:
    await city.park.joins("sidewalk")
    early = city.now - timedelta(days=2)
    answer = await city.asks("/trips", end_time=f"{early:{HOUR}}")
    assert (answer.status_code, answer.json()["error"]) == (404, "no_such_hour")
    for query in ({}, {"end_time": "2026-11-23"}, {"end_time": "2026-13-01T00"}, {"end_time": "now"}):
        answer = await city.asks("/trips", **query)
        assert (answer.status_code, answer.json()["error"]) == (400, "bad_report_query")
    now_ms = int(city.now.timestamp() * 1_000)
    for span in ({}, {"start_time": now_ms, "end_time": 1}, {"start_time": 1, "end_time": 2}, {"start_time": "x"}):
        assert (await city.asks("/events/recent", **span)).status_code == 400, span
    assert (await city.asks("/vehicles", accept="application/vnd.mds+json;version=1.2")).status_code == 406
    assert (await city.asks("/vehicles", accept="application/vnd.mds+json;version=2.0")).status_code == 200


async def test_people_who_carry_for_a_fleet_are_not_reported(city: City) -> None:
    await city.park.joins("carrier")
    assert (await city.reads("/vehicles"))["vehicles"] == []
    assert (await city.reads("/vehicles/status"))["vehicles_status"] == []


async def test_a_stranded_machine_stops_and_its_trip_ends_with_the_rescue(city: City) -> None:
    await city.park.joins("sidewalk")
    delivery_id = await city.park.booked()
    await city.park.until(delivery_id, "to_dropoff")
    await city.park.mishap("sidewalk", IncidentKind.TIPPED)
    await city.park.until_attention(delivery_id)
    start = int((city.now - timedelta(hours=2)).timestamp() * 1_000)
    events = (await city.reads("/events/recent", start_time=start, end_time=start + 10_800_000))["events"]
    assert (events[-1]["vehicle_state"], events[-1]["event_types"]) == ("stopped", ["trip_stop"])


@pytest.mark.timeout(300)
async def test_a_whole_day_of_misbehaving_fleets_keeps_the_specification(
    database_urls: DatabaseUrls, tmp_path: Path
) -> None:
    async with a_long_day(database_urls.app, tmp_path, 1) as day:
        city = City(day.park)
        await city.gets_a_token()
        began = city.now
        await day.lives(6)
        await city.settles()
        trips, events = await _everything(city, began)
    assert trips
    for trip in trips:
        assert trip["start_time"] <= trip["end_time"]
    assert len({trip["trip_id"] for trip in trips}) == len(trips)
    assert len({event["event_id"] for event in events}) == len(events)
    _legal(events)


async def _everything(city: City, began: datetime) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    hour, trips, events = began.replace(minute=0, second=0, microsecond=0), [], []
    while hour + timedelta(hours=1, minutes=15) <= city.now:
        trips += (await city.reads("/trips", end_time=f"{hour:{HOUR}}"))["trips"]
        events += (await city.reads("/events/historical", event_time=f"{hour:{HOUR}}"))["events"]
        hour += timedelta(hours=1)
    return trips, events


def _legal(events: list[dict[str, Any]]) -> None:
    """Each machine's events follow one another in time and by the mode's table."""
    by_machine = defaultdict(list)
    for event in events:
        by_machine[event["device_id"]].append(event)
    for told in by_machine.values():
        for one, other in pairwise(told):
            assert one["timestamp"] <= other["timestamp"]
            step = VehicleState(one["vehicle_state"]), VehicleState(other["vehicle_state"])
            assert step in LEGAL, step
            assert EventType(other["event_types"][-1]) in LEGAL[step]
