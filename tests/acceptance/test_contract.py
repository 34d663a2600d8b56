"""Whatever is sent, every door answers as its description says: no crash, no odd status or body, and no leak."""

import asyncio
from pathlib import Path

import pytest
import schemathesis

from homeward.app import dialect_doors
from homeward.merchants.credentials.model import Dialect
from tests.acceptance.fuzzing import REQUESTS, Fuzz
from tests.acceptance.world import CANARY, World, a_world
from tests.conftest import DatabaseUrls
from tests.facades.doordash_drive import world as drive_world
from tests.facades.golocal import world as golocal_world
from tests.facades.uber_direct import world as uber_world
from tests.web.town import a_free_port, served

FOR_THE_DIALECTS = 0.4
"""Of all requests; there are fewer operations than natively."""
UNLIMITED = "100000000"


@pytest.fixture(autouse=True)
def no_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """How often one may ask has tests of its own; here somebody asks as fast as it goes."""
    monkeypatch.setenv("HOMEWARD_API_REQUESTS_PER_MINUTE", UNLIMITED)


@pytest.mark.slow
@pytest.mark.timeout(3600)
async def test_the_api_keeps_to_its_description_whatever_it_is_sent(
    database_urls: DatabaseUrls, tmp_path: Path
) -> None:
    async with a_world(database_urls.app, tmp_path, port=a_free_port()) as world, served(world.town) as base_url:
        ids = await _things(world)
        tokens = {"operator": world.operator_token, "courier": world.courier_tokens[world.couriers[0]]}

        def owner(path: str) -> dict[str, str]:
            return {"Authorization": f"Bearer {tokens.get(path.split('/')[2], world.bakery.live_key)}"}

        fuzz = Fuzz(
            base_url,
            owner,
            stranger=lambda _: {"Authorization": f"Bearer {world.butcher.live_key}"},
            ids=ids,
            secrets=(ids["delivery_id"], ids["quote_id"], world.bakery.store_id),
            open_paths=frozenset({"/v1/courier/login-codes", "/v1/courier/sessions"}),
            # The offer may be waited for: up to 25 seconds an answer.
            passed_over=frozenset({"/v1/courier/offer"}),
        )
        description = world.app.openapi()
        description["paths"] = {path: each for path, each in description["paths"].items() if path.startswith("/v1/")}
        schema = schemathesis.openapi.from_dict(description)
        await asyncio.to_thread(fuzz.run, schema, round(REQUESTS * (1 - FOR_THE_DIALECTS)))
    assert not fuzz.wrong, "\n".join(sorted(fuzz.wrong))


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("dialect", list(Dialect))
async def test_a_dialect_keeps_to_its_description_whatever_it_is_sent(
    database_urls: DatabaseUrls, tmp_path: Path, dialect: Dialect
) -> None:
    async with a_world(database_urls.app, tmp_path, port=a_free_port()) as world, served(world.town) as base_url:
        fuzz = await _OPENED[dialect](world, base_url)
        door = next(door for door in dialect_doors(world.platform) if door.dialect is dialect)
        schema = schemathesis.openapi.from_dict(door.app.openapi())
        await asyncio.to_thread(fuzz.run, schema, round(REQUESTS * FOR_THE_DIALECTS / len(Dialect)))
    assert not fuzz.wrong, "\n".join(sorted(fuzz.wrong))


async def _golocal(world: World, base_url: str) -> Fuzz:
    golocal = await golocal_world.moved(world)
    delivery_id = await golocal.booked(golocal.bakery)

    def headers(account: golocal_world.Account) -> dict[str, str]:
        return {"Authorization": f"Bearer {account.token}", "WM_CONSUMER.ID": account.consumer_id}

    return Fuzz(
        base_url,
        owner=lambda _: headers(golocal.bakery),
        stranger=lambda _: headers(golocal.butcher),
        ids={"deliveryId": delivery_id, "delivery_id": delivery_id},
        secrets=(delivery_id, CANARY),
        open_paths=frozenset({"/api-proxy/service/identity/oauth/v1/token"}),
    )


async def _drive(world: World, base_url: str) -> Fuzz:
    drive = await drive_world.moved(world)
    made = await drive.created()
    return Fuzz(
        base_url,
        owner=lambda _: {"Authorization": f"Bearer {drive.keys.token()}"},
        stranger=lambda _: {"Authorization": f"Bearer {drive.strangers_keys.token()}"},
        ids={"external_delivery_id": made["external_delivery_id"], "external_business_id": "default"},
        secrets=(str(made["tracking_url"]), str(made["support_reference"])),
    )


async def _uber(world: World, base_url: str) -> Fuzz:
    uber = await uber_world.moved(world)
    made = await uber.created()
    return Fuzz(
        base_url,
        owner=lambda _: {"Authorization": f"Bearer {uber.live.token}"},
        stranger=lambda _: {"Authorization": f"Bearer {uber.stranger.token}"},
        ids={"customer_id": uber.live.customer_id, "delivery_id": made["id"]},
        secrets=(made["id"], made["tracking_url"]),
        open_paths=frozenset({"/oauth/v2/token"}),
    )


_OPENED = {Dialect.GOLOCAL: _golocal, Dialect.DOORDASH_DRIVE: _drive, Dialect.UBER_DIRECT: _uber}


async def _things(world: World) -> dict[str, str]:
    """One of each that a path may name, none of them the key or the person that asks."""
    key = world.bakery.live_key
    delivery = await world.booked(world.bakery)
    courier = await world.accepted()
    stop = await world.next_stop(courier)
    assert stop is not None
    quote = await world.quoted(world.bakery)
    spare = await world.done(key, "POST", "/v1/api-keys", {"mode": "live"})
    person = {"email": "x@bakery.example", "name": "X", "role": "staff", "password": "a password of theirs"}
    user = await world.done(key, "POST", "/v1/users", person)
    endpoint = await world.done(key, "POST", "/v1/webhook-endpoints", {"url": "https://8.8.8.8/x"})
    decision = (await world.rows("SELECT decision_id AS id FROM dispatch_decision_delivery LIMIT 1"))[0]
    area = (await world.rows("SELECT id FROM service_area LIMIT 1"))[0]
    return {
        "delivery_id": delivery["id"],
        "quote_id": quote["id"],
        "store_id": world.bakery.store_id,
        "key_id": spare["id"],
        "user_id": user["id"],
        "endpoint_id": endpoint["id"],
        "leg_id": stop["leg_id"],
        "decision_id": decision["id"],
        "area_id": area["id"],
        "market_id": delivery["market_id"],
        "merchant_id": world.butcher.id,
    }
