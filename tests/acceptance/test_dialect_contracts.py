"""Whatever is sent, every dialect answers as its description says. Apart from the native API, to run beside it."""

import asyncio
from pathlib import Path

import pytest
import schemathesis

from homeward.app import dialect_doors
from homeward.merchants.credentials.model import Dialect
from tests.acceptance.fuzzing import FOR_THE_DIALECTS, REQUESTS, Fuzz
from tests.acceptance.world import CANARY, World, a_world
from tests.conftest import DatabaseUrls
from tests.facades.doordash_drive import world as drive_world
from tests.facades.golocal import world as golocal_world
from tests.facades.uber_direct import world as uber_world
from tests.web.town import a_free_port, served


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("dialect", list(Dialect))
@pytest.mark.usefixtures("no_limits")
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
