"""Every credential has its allowance and is told of it; who asks in vain is counted by address."""

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI, Response

from homeward.infra.pace import Pace
from homeward.infra.rate_limits import RateLimited

IN_VAIN = 30


@pytest.fixture
async def shop() -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    app.add_middleware(RateLimited, per_minute=60, paths=("/v1/",), in_vain=Pace(1, burst=IN_VAIN))

    @app.get("/v1/thing")
    @app.get("/page")
    async def _(status: int = 200) -> Response:
        return Response(status_code=status)

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as http:
        yield http


async def test_ten_seconds_worth_may_be_used_at_once_and_no_more(shop: httpx.AsyncClient) -> None:
    mine = {"Authorization": "Bearer mine"}
    left = [(await shop.get("/v1/thing", headers=mine)).headers["ratelimit"] for _ in range(10)]
    assert left[0] == '"credential";r=9;t=1'
    assert left[-1].startswith('"credential";r=0;')
    refused = await shop.get("/v1/thing", headers=mine)
    assert (refused.status_code, refused.json()["code"], refused.headers["retry-after"]) == (
        429,
        "too-many-requests",
        "1",
    )
    others = await shop.get("/v1/thing", headers={"Authorization": "Bearer another"})
    assert others.headers["ratelimit-policy"] == '"credential";q=10;w=10'


async def test_pages_and_askers_without_a_credential_have_no_allowance(shop: httpx.AsyncClient) -> None:
    for _ in range(20):
        assert "ratelimit" not in (await shop.get("/page", headers={"Authorization": "Bearer mine"})).headers
        assert (await shop.get("/v1/thing")).status_code == 200


async def test_guessing_keys_ends_for_the_whole_address(shop: httpx.AsyncClient) -> None:
    for number in range(IN_VAIN):
        await shop.get("/v1/thing?status=401", headers={"Authorization": f"Bearer {number}"})
    refused = await shop.get("/v1/thing", headers={"Authorization": "Bearer right"})
    assert refused.status_code == 429


async def test_one_credential_has_one_allowance_however_it_is_written(shop: httpx.AsyncClient) -> None:
    ways = [{"Authorization": f"{scheme} mine"} for scheme in ("Bearer", "bearer", "BEARER", "Bearer ", "bEARER")]
    ways += [{"Cookie": f"visit={number}", "Authorization": "Bearer mine"} for number in range(3)]
    ways += [{"Authentication": f"Bearer {number}", "Authorization": "Bearer mine"} for number in range(3)]
    answers = [(await shop.get("/v1/thing", headers=way)).status_code for way in ways]
    assert answers == [200] * 10 + [429]
