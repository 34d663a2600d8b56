"""Addresses over HTTP, with a real key against a real index."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from homeward.infra.auth import Auth, secret_hash
from homeward.infra.db import Database
from homeward.infra.http import install_shell
from homeward.routing.addresses_api import router
from homeward.routing.geocoding.embedded import EmbeddedGeocoder
from tests.routing.geocoding.conftest import MARKET, WORLD, load

KEY = "sk_test_addresses"


@pytest.fixture
async def api(database_urls: Any, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    db = Database(database_urls.app, min_size=1, max_size=3)
    await db.open()
    await load(db, tmp_path, WORLD)
    async with db.operator() as tx:
        await tx.run("INSERT INTO merchant (id, slug, name) VALUES ('mer_1', 'bakery', 'Bakery')")
        await tx.run(
            "INSERT INTO api_key (id, merchant_id, mode, hint, secret_hash) "
            "VALUES ('key_1', 'mer_1', 'test', 'sk', %(hash)s)",
            hash=secret_hash(KEY),
        )
    app = FastAPI()
    install_shell(app, db)
    app.include_router(router(EmbeddedGeocoder(db), Auth(db)))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://test", headers={"Authorization": f"Bearer {KEY}"}
    ) as client:
        yield client
    await db.close()


async def test_an_address_is_found_completed_or_honestly_unknown_over_http(api: httpx.AsyncClient) -> None:
    found = await api.post("/v1/addresses/search", json={"text": "12 Mian St, Springfield", "market_id": MARKET})
    assert found.status_code == 200
    best = found.json()["items"][0]
    assert (best["label"], best["certain"]) == ("12 Main Street, Springfield 05156", True)
    assert best["place"] == {"lat": 44.0, "lon": -72.9985}

    completed = await api.get("/v1/addresses/suggest", params={"q": "12 lakev"})
    assert completed.json()["items"][0]["street"] == "Lakeview Drive"

    unknown = await api.post("/v1/addresses/search", json={"text": "1 Quetzalcoatl Way, Springfield"})
    assert (unknown.status_code, unknown.json()) == (200, {"items": []})


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "malformed-request"),
        ({"text": "  "}, "malformed-request"),
        ({"text": "x" * 301}, "malformed-request"),
        ({"text": "12 Main St", "near": {"lat": 91, "lon": 0}}, "malformed-request"),
        ({"text": "12 Main St", "town": "Springfield"}, "malformed-request"),
        ({"text": "x" * 200, "street": "y" * 200}, "address-too-long"),
    ],
)
async def test_what_cannot_be_an_address_is_refused_with_a_reason(
    api: httpx.AsyncClient, body: dict[str, Any], code: str
) -> None:
    refusal = await api.post("/v1/addresses/search", json=body)
    assert (refusal.status_code, refusal.json()["code"]) == (422, code)


async def test_addresses_need_a_key(api: httpx.AsyncClient) -> None:
    for asked in (
        api.post("/v1/addresses/search", json={"text": "12 Main St"}, headers={"Authorization": "Bearer sk_wrong"}),
        api.get("/v1/addresses/suggest", params={"q": "main"}, headers={"Authorization": "Bearer sk_wrong"}),
    ):
        assert (await asked).status_code == 401
