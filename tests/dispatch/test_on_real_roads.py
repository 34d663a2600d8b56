"""The same dispatch on a road engine instead of straight lines."""

from datetime import timedelta

from homeward.deliveries.model import DropoffRequest
from homeward.infra.auth import Auth
from homeward.infra.db import Database
from homeward.routing.model import Profile
from tests.conftest import DatabaseUrls
from tests.dispatch.world import MARKET as TOWN
from tests.dispatch.world import Phone, build_town
from tests.routing.conftest import MARKET, RunningRoads, _engine, running, small_market
from tests.routing.small_map import at

__all__ = ["_engine", "running", "small_market"]  # fixtures of the roads' own tests


async def test_offer_estimate_and_drawn_way_follow_the_streets(
    database_urls: DatabaseUrls, running: RunningRoads
) -> None:
    running.servers[TOWN, Profile.CAR] = running.servers[MARKET, Profile.CAR]
    db = Database(database_urls.app, min_size=1, max_size=8)
    await db.open()
    town = await build_town(db, running.roads)
    store, door, start = at(3, 0), at(1, 0), at(2, 0)  # First Row is one way to the east: there is a way round only
    await town.rows(
        "UPDATE store SET lat = %(lat)s, lon = %(lon)s WHERE id = 'sto_a' RETURNING id", lat=store.lat, lon=store.lon
    )
    courier = await town.hired("Ana")
    await town.couriers.set_duty(courier.id, True, town.clock.now() + timedelta(hours=2), start)
    token = await Auth(db).open_session("courier", courier.id)
    ana = town.phones["Ana"] = Phone(courier.id, courier.phone, town.client(token))
    delivery_id = await town.booked(dropoff=DropoffRequest(place=door))
    await town.tick()
    offer = await ana.offer()
    assert offer is not None
    # 200 m with the street to the store, then 800 m round the block instead of 400 m against it.
    assert abs(offer["distance_m"] - 1_000) <= 20
    route = await ana.accept()
    assert len(route["geometry"]) > 4
    assert abs(route["distance_m"] - 1_000) <= 20
    await town.tick()
    assert (await town.world.view(delivery_id)).delivery.eta is not None
    await db.close()
