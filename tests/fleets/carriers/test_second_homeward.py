"""A second Homeward plays the other company: two platforms, two databases, HTTP between them and nothing else."""

import secrets
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import psycopg
import pytest

from homeward.deliveries.states import Act
from homeward.infra.migrate import app_url
from homeward.infra.postgres import EmbeddedPostgres
from tests.acceptance.world import World, a_world
from tests.fleets.carriers.world import Network


@pytest.fixture
async def second(
    postgres: EmbeddedPostgres, template_database: str, app_password: str, tmp_path: Path
) -> AsyncIterator[World]:
    """Another installation, with couriers on duty of its own."""
    name = f"second_{secrets.token_hex(6)}"
    with psycopg.connect(postgres.owner_url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template_database}" STRATEGY wal_log'.encode())
    folder = tmp_path / "second"
    folder.mkdir()
    async with a_world(app_url(postgres.url(name), app_password), folder) as world:
        yield world
    with psycopg.connect(postgres.owner_url, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


async def connected(network: Network, second: World) -> None:
    """The first is a merchant of the second: it has a credential of the dialect there, and nothing more."""
    body = {"dialect": "doordash_drive", "mode": "live", "name": "from elsewhere"}
    made = await second.done(second.bakery.live_key, "POST", "/v1/credentials", body)
    login = {"developer_id": made["account"], "key_id": made["key_id"], "signing_secret": made["secret"]}
    address = httpx.URL(second.town.base_url)
    network.switchboard.hosts[address.host] = httpx.ASGITransport(second.app)
    account = await network.connected("doordash_drive", str(address), login)
    network.accounts["second"] = account
    told = await network.operator("POST", f"/{account}/test", {})
    assert (told["status"], told["trouble"]) == ("active", None)
    await network.rules("second", most_per_mille=3_000)


async def test_what_one_homeward_hands_out_another_carries_and_the_shopper_sees_it_come(
    network: Network, second: World
) -> None:
    await connected(network, second)
    delivery = await network.world.booked(network.world.bakery, "12 Elm Street, Springfield")
    await network.turn()
    (job,) = await network.jobs(delivery["id"])
    assert (job["stage"], job["reason"]) == ("taken", None)
    theirs = (await second.done(second.bakery.live_key, "GET", "/v1/deliveries", external_id=job["id"]))["items"]
    assert len(theirs) == 1
    assert (await network.delivery(delivery["id"]))["state"] == "searching"

    second.clock.advance(30)
    courier = await second.accepted()
    await network.turn()
    assert (await network.delivery(delivery["id"]))["state"] == "assigned"
    while stop := await second.next_stop(courier):
        await second.carried(courier, until=Act(stop["acts"][0]))
        network.clock.moment = max(network.clock.moment, second.clock.moment)
        await network.turn()
    for _ in range(12):
        await network.turn(60)  # a photo that the second does not hand on is awaited, then its word stands
    delivered = await network.delivery(delivery["id"])
    assert delivered["state"] == "delivered"
    async with network.world.client() as http:
        page = await http.get(httpx.URL(delivered["tracking_url"]).path)
    assert page.status_code == 200
    assert "doordash" not in page.text.lower()
    assert (await network.jobs(delivery["id"]))[0]["ending"] == "delivered"


async def test_what_the_first_merchant_cancels_is_cancelled_at_the_second(network: Network, second: World) -> None:
    await connected(network, second)
    delivery = await network.world.booked(network.world.bakery)
    await network.turn()
    (job,) = await network.jobs(delivery["id"])
    await network.world.done(network.world.bakery.live_key, "POST", f"/v1/deliveries/{delivery['id']}/cancel", {})
    await network.turn()
    (theirs,) = (await second.done(second.bakery.live_key, "GET", "/v1/deliveries", external_id=job["id"]))["items"]
    assert theirs["state"] == "cancelled"
