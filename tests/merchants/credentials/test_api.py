"""Credentials over HTTP: made, shown once, listed, revoked, by those who may."""

from typing import Any

import httpx
import pytest

from homeward.merchants.credentials.model import Dialect
from tests.web.town import Town


def as_key(town: Town, mode: str = "live") -> httpx.AsyncClient:
    key = town.merchant.live_key if mode == "live" else town.merchant.test_key
    client = town.client()
    client.headers["Authorization"] = f"Bearer {key.secret}"
    return client


async def made(client: httpx.AsyncClient, dialect: Dialect, **more: Any) -> dict[str, Any]:
    answer = await client.post("/v1/credentials", json={"dialect": dialect, **more})
    assert answer.status_code == 201, answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    return dict(answer.json())


@pytest.mark.parametrize("dialect", list(Dialect))
async def test_a_secret_is_shown_once_and_listed_with_a_hint(town: Town, dialect: Dialect) -> None:
    async with as_key(town) as client:
        new = await made(client, dialect, mode="live", name="Web shop")
        listed = await client.get("/v1/credentials")
    [item] = listed.json()["items"]
    assert new["secret"] not in listed.text
    assert item == {name: value for name, value in new.items() if name != "secret"}
    assert (item["name"], item["mode"], item["hint"]) == ("Web shop", "live", "…" + new["secret"][-4:])


async def test_a_dialect_that_signs_has_a_key_id_and_the_others_a_client_of_their_own(town: Town) -> None:
    async with as_key(town) as client:
        drive = await made(client, Dialect.DOORDASH_DRIVE)
        uber = await made(client, Dialect.UBER_DIRECT)
    assert drive["key_id"]
    assert drive["client_id"] == drive["account"]
    assert uber["key_id"] is None
    assert uber["client_id"] != uber["account"]


async def test_revoking_twice_is_revoking_once(town: Town) -> None:
    async with as_key(town) as client:
        new = await made(client, Dialect.GOLOCAL)
        first = await client.delete(f"/v1/credentials/{new['id']}")
        again = await client.delete(f"/v1/credentials/{new['id']}")
        assert first.json()["revoked_at"] == again.json()["revoked_at"] is not None
        assert (await client.delete("/v1/credentials/crd_nothing")).status_code == 404


async def test_a_test_key_makes_and_revokes_nothing(town: Town) -> None:
    async with as_key(town) as live, as_key(town, "test") as test:
        new = await made(live, Dialect.GOLOCAL)
        refused = [
            await test.post("/v1/credentials", json={"dialect": "golocal", "mode": "live"}),
            await test.post("/v1/credentials", json={"dialect": "golocal", "mode": "test"}),
            await test.delete(f"/v1/credentials/{new['id']}"),
        ]
        assert [(answer.status_code, answer.json()["code"]) for answer in refused] == [(403, "forbidden")] * 3
        assert [item["revoked_at"] for item in (await live.get("/v1/credentials")).json()["items"]] == [None]


async def test_another_merchants_credential_is_not_there(town: Town) -> None:
    rival = await town.platform.merchants.create_merchant(
        "Rival", owner_email="r@example.org", owner_password="long enough 1"
    )
    async with as_key(town) as ours, town.client() as theirs:
        theirs.headers["Authorization"] = f"Bearer {rival.live_key.secret}"
        new = await made(ours, Dialect.UBER_DIRECT)
        assert (await theirs.get("/v1/credentials")).json()["items"] == []
        assert (await theirs.delete(f"/v1/credentials/{new['id']}")).status_code == 404


@pytest.mark.parametrize("body", [{"dialect": "esperanto"}, {"dialect": "golocal", "mood": "live"}, {}])
async def test_a_misspelt_wish_is_refused(town: Town, body: dict[str, str]) -> None:
    async with as_key(town) as client:
        assert (await client.post("/v1/credentials", json=body)).status_code == 422


async def test_a_credential_of_a_dialect_opens_no_native_route(town: Town) -> None:
    async with as_key(town) as client:
        new = await made(client, Dialect.GOLOCAL, mode="live")
    async with town.client() as client:
        answer = await client.get("/v1/merchant", headers={"Authorization": f"Bearer {new['secret']}"})
    assert answer.status_code == 401


async def test_who_made_and_revoked_it_is_on_record(town: Town) -> None:
    async with as_key(town) as client:
        new = await made(client, Dialect.GOLOCAL)
        await client.delete(f"/v1/credentials/{new['id']}")
    async with town.platform.db.operator() as tx:
        rows = await tx.all("SELECT action FROM audit_entry WHERE object = %(id)s ORDER BY id", id=new["id"])
    assert [row["action"] for row in rows] == ["credential.create", "credential.revoke"]
