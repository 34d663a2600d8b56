"""A second Homeward plays the other company: two platforms, two databases, HTTP between them and nothing else."""

import secrets
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

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


DIALECTS = ["doordash_drive", "uber_direct"]


def login_of(made: dict[str, Any]) -> dict[str, str]:
    """What an account of that kind signs in with, from a credential of that dialect."""
    if made["dialect"] == "uber_direct":
        return {"customer_id": made["account"], "client_id": made["client_id"], "client_secret": made["secret"]}
    return {"developer_id": made["account"], "key_id": made["key_id"], "signing_secret": made["secret"]}


async def connected(network: Network, second: World, dialect: str) -> None:
    """The first is a merchant of the second: it has a credential of the dialect there, and nothing more."""
    body = {"dialect": dialect, "mode": "live", "name": "from elsewhere"}
    made = await second.done(second.bakery.live_key, "POST", "/v1/credentials", body)
    address = httpx.URL(second.town.base_url)
    network.switchboard.hosts[address.host] = httpx.ASGITransport(second.app)
    account = await network.connected(dialect, str(address), login_of(made))
    network.accounts["second"] = account
    told = await network.operator("POST", f"/{account}/test", {})
    assert (told["status"], told["trouble"]) == ("active", None)
    await network.rules("second", most_per_mille=3_000)


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_what_one_homeward_hands_out_another_carries_and_the_shopper_sees_it_come(
    network: Network, second: World, dialect: str
) -> None:
    await connected(network, second, dialect)
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
    assert (await network.delivery(delivery["id"]))["state"] in ("assigned", "to_pickup"), (
        "Uber Direct knows one word for both"
    )
    while stop := await second.next_stop(courier):
        await second.carried(courier, until=Act(stop["acts"][0]))
        network.clock.moment = max(network.clock.moment, second.clock.moment)
        await network.turn()
    delivered = await network.delivery(delivery["id"])
    assert delivered["state"] == "delivered"
    (ended,) = await network.jobs(delivery["id"])
    assert (ended["ending"], ended["kept_without_proof"]) == ("delivered", [])
    await seen_by_merchant_and_shopper(network, delivered)


async def seen_by_merchant_and_shopper(network: Network, delivered: dict[str, Any]) -> None:
    """The photo that the second's courier took is ours, and nothing tells whose courier that was."""
    key, path = network.world.bakery.live_key, httpx.URL(delivered["tracking_url"]).path
    (proof,) = (await network.world.done(key, "GET", f"/v1/deliveries/{delivered['id']}/proofs"))["items"]
    assert (proof["kind"], proof["step"], proof["media_type"]) == ("photo", "dropoff", "image/jpeg")
    async with network.world.client() as http:
        picture = await http.get(httpx.URL(proof["link"]["url"]).path)
        page = await http.get(path)
        shown = await http.get(f"{path}/photos/{proof['id']}")
    assert picture.content.startswith(b"\xff\xd8")
    assert shown.content == picture.content
    assert proof["id"] in page.text
    assert [name for name in ("doordash", "uber") if name in page.text.lower()] == []


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_what_the_first_merchant_cancels_is_cancelled_at_the_second(
    network: Network, second: World, dialect: str
) -> None:
    await connected(network, second, dialect)
    delivery = await network.world.booked(network.world.bakery)
    await network.turn()
    (job,) = await network.jobs(delivery["id"])
    await network.world.done(network.world.bakery.live_key, "POST", f"/v1/deliveries/{delivery['id']}/cancel", {})
    await network.turn()
    (theirs,) = (await second.done(second.bakery.live_key, "GET", "/v1/deliveries", external_id=job["id"]))["items"]
    assert theirs["state"] == "cancelled"
