import asyncio
import os
import signal
from pathlib import Path

import numpy as np
import pytest

from homeward.kit.places import LatLon, great_circle_m
from homeward.routing.client import FixedRoadServers, Roads
from homeward.routing.errors import NoRoute, RoadsUnavailable, TooFarFromRoad
from homeward.routing.importer import import_market, installed_market
from homeward.routing.model import UNREACHABLE, Profile, RoadServer
from tests.routing.conftest import MARKET, RunningRoads
from tests.routing.small_map import at, write_small_map

LONELY = at(40.5, 0)


async def test_a_one_way_street_is_longer_against_its_direction(running: RunningRoads) -> None:
    table = await running.roads.market(MARKET).table([at(1, 0), at(3, 0)])
    there, back = table.distances_m[0, 1], table.distances_m[1, 0]
    assert there == pytest.approx(400, abs=5)
    assert back == pytest.approx(800, abs=10)  # up to the second row, along it, and down again


async def test_on_foot_a_one_way_street_has_two_directions(running: RunningRoads) -> None:
    table = await running.roads.market(MARKET).table([at(1, 0), at(3, 0)], profile=Profile.FOOT)
    assert table.distances_m[1, 0] == pytest.approx(400, abs=5)


async def test_a_table_has_a_row_per_source_and_a_column_per_destination(running: RunningRoads) -> None:
    places = [at(0, 1), at(2, 1), at(4, 1), at(4, 4)]
    table = await running.roads.market(MARKET).table(places, sources=[0], destinations=[1, 2, 3])
    assert table.distances_m.shape == table.durations_s.shape == (1, 3)
    assert table.distances_m[0].tolist() == pytest.approx([400, 800, 1400], abs=8)
    assert table.durations_s.dtype == np.int32


async def test_an_empty_table_is_no_error(running: RunningRoads) -> None:
    table = await running.roads.market(MARKET).table([at(0, 0)], sources=[0], destinations=[])
    assert table.durations_s.shape == (1, 0)


async def test_a_place_without_a_way_is_marked_unreachable(running: RunningRoads) -> None:
    table = await running.roads.market(MARKET).table([at(0, 1), LONELY])
    assert table.durations_s[0, 1] == table.distances_m[0, 1] == UNREACHABLE
    assert table.reachable.tolist() == [[True, False], [False, True]]


async def test_a_table_larger_than_one_request_is_put_together(running: RunningRoads) -> None:
    places = [at(4 * i / 450, 4 * (i % 7) / 7) for i in range(450)]
    table = await running.roads.market(MARKET).table(places)
    assert table.reachable.all()
    direct = await running.roads.market(MARKET).route([places[3], places[449]])
    assert table.distances_m[3, 449] == pytest.approx(direct.distance_m, abs=1)


async def test_a_distance_a_little_below_nothing_is_nothing() -> None:
    # Seen of osrm-routed 26.10 (MLD) between doors on one piece of road: a duration of 0 s with -0.8 m.
    body = b'{"code":"Ok","durations":[[0,0],[0.4,0]],"distances":[[0,-0.8],[3.2,0]]}'

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        roads = Roads(FixedRoadServers({(MARKET, Profile.CAR): RoadServer(f"http://127.0.0.1:{port}", "g1")}))
        table = await roads.market(MARKET).table([at(0, 0), at(0, 0.05)])
        await roads.close()
    assert table.distances_m.tolist() == [[0, 0], [3, 0]]


async def test_what_was_asked_before_comes_from_memory(running: RunningRoads) -> None:
    market = running.roads.market(MARKET)
    places = [at(i % 5, i // 5) for i in range(20)]
    first = await market.table(places)
    hits, misses = running.roads.cache_hits, running.roads.cache_misses
    again = await market.table(places)
    assert (running.roads.cache_hits - hits, running.roads.cache_misses - misses) == (20 * 20, 0)
    assert np.array_equal(first.durations_s, again.durations_s)


async def test_one_new_place_asks_only_for_its_own_pairs(running: RunningRoads) -> None:
    market = running.roads.market(MARKET)
    places = [at(i % 5, i // 5) for i in range(20)]
    await market.table(places)
    before = running.roads.cache_misses
    await market.table([*places, at(1.5, 3)])
    assert running.roads.cache_misses - before == 40


async def test_memory_is_of_one_graph_only(running: RunningRoads) -> None:
    market = running.roads.market(MARKET)
    await market.table([at(0, 0), at(4, 4)])
    old = running.servers[MARKET, Profile.CAR]
    running.servers[MARKET, Profile.CAR] = RoadServer(old.url, "another")
    before = running.roads.cache_misses
    await market.table([at(0, 0), at(4, 4)])
    assert running.roads.cache_misses > before


async def test_a_route_follows_the_roads_and_has_a_leg_per_stop(running: RunningRoads) -> None:
    route = await running.roads.market(MARKET).route([at(0, 1), at(2, 1), at(2, 3)])
    assert [leg.distance_m for leg in route.legs] == pytest.approx([400, 400], abs=5)
    assert route.distance_m == sum(leg.distance_m for leg in route.legs)
    drawn = [LatLon(lat, lon) for lat, lon in route.geometry]
    assert great_circle_m(drawn[0], at(0, 1)) < 2
    assert great_circle_m(drawn[-1], at(2, 3)) < 2
    assert any(great_circle_m(point, at(2, 1)) < 2 for point in drawn)


async def test_no_route_to_where_no_road_leads(running: RunningRoads) -> None:
    with pytest.raises(NoRoute) as refusal:
        await running.roads.market(MARKET).route([at(0, 1), LONELY])
    assert refusal.value.places == [at(0, 1), LONELY]


@pytest.mark.parametrize(("metres_off", "limit_m", "served"), [(60, 80, True), (79, 80, True), (82, 80, False)])
async def test_a_place_is_served_up_to_the_limit_from_a_road(
    running: RunningRoads, metres_off: int, limit_m: int, served: bool
) -> None:
    place = at(2.3, 4 + metres_off / 200)
    market = running.roads.market(MARKET)
    if served:
        snapped = await market.snap(place, limit_m=limit_m)
        assert snapped.distance_m == pytest.approx(metres_off, abs=1)
        assert snapped.street == "Fifth Row"
        assert great_circle_m(snapped.place, at(2.3, 4)) < 2
    else:
        with pytest.raises(TooFarFromRoad) as refusal:
            await market.snap(place, limit_m=limit_m)
        assert refusal.value.distance_m == pytest.approx(metres_off, abs=1)
        assert refusal.value.limit_m == limit_m


async def test_a_killed_road_server_is_back_before_the_client_gives_up(running: RunningRoads) -> None:
    market = running.roads.market(MARKET)
    await market.route([at(0, 1), at(2, 1)])
    (car,) = [status for status in running.house.statuses() if " car " in status.name]
    assert car.pid is not None
    os.kill(car.pid, signal.SIGKILL)
    route = await market.route([at(0, 1), at(2, 1)])
    assert route.distance_m == pytest.approx(400, abs=5)
    (car_again,) = [status for status in running.house.statuses() if " car " in status.name]
    assert car_again.pid != car.pid
    assert car_again.restarts == 1


async def test_a_road_server_that_stays_away_is_named_as_the_reason() -> None:
    nowhere = RoadServer("http://127.0.0.1:9", "v1")  # the discard port: nobody listens
    roads = Roads(FixedRoadServers({("mkt_x", Profile.CAR): nowhere}), patience_s=0.2)
    with pytest.raises(RoadsUnavailable, match=r"mkt_x: nearest for car failed: cannot reach 127\.0\.0\.1:9"):
        await roads.market("mkt_x").snap(at(0, 0))
    await roads.close()


async def test_a_market_without_a_road_server_says_so() -> None:
    roads = Roads(FixedRoadServers({}))
    with pytest.raises(RoadsUnavailable, match="no road server for bicycle is known"):
        await roads.market("mkt_x").table([at(0, 0), at(1, 1)], profile=Profile.BICYCLE)
    await roads.close()


async def test_a_new_version_of_a_map_replaces_the_old_server(running: RunningRoads, tmp_path: Path) -> None:
    import_market("Gridley", write_small_map(tmp_path / "new.osm", one_way=False), tmp_path, time_zone="Europe/Berlin")
    market = installed_market(tmp_path, "gridley")
    assert market is not None
    await running.house.serve(MARKET, market, [Profile.CAR])
    assert running.servers[MARKET, Profile.CAR].graph_version == market.version
    table = await running.roads.market(MARKET).table([at(1, 0), at(3, 0)])
    assert table.distances_m[1, 0] == pytest.approx(400, abs=5)
    assert len([status for status in running.house.statuses() if " car " in status.name]) == 1
