"""A dialect says everything in its own words, and nothing of it reaches the house around it."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from pydantic import BaseModel

from homeward.facades.shell import DialectDoor, DialectSwitch, Reply, Voices, dialect_app
from homeward.infra.db import Database
from homeward.infra.http import REQUEST_ID_HEADER, install_shell
from homeward.infra.json_body import StrictJson
from homeward.infra.rate_limits import RateLimited
from homeward.kit.problems import NotFound, Problem
from homeward.merchants.credentials.model import Dialect
from tests.conftest import DatabaseUrls


class Pirate:
    """Speaks of everything in one way."""

    def refuse(self, problem: Problem) -> Reply:
        return Reply(problem.status, {"arr": problem.slug}, {"X-Ship": "sunk"})


class Chest(BaseModel):
    gold: int


@pytest.fixture
async def sea(database_urls: DatabaseUrls) -> AsyncIterator[httpx.AsyncClient]:
    db = Database(database_urls.app, min_size=1, max_size=2)
    await db.open()
    ship = dialect_app("Ship", "", Pirate())

    @ship.post("/ship/chests")
    async def bury(chest: Chest) -> dict[str, int]:
        return {"gold": chest.gold}

    @ship.get("/ship/chests/{name:path}")
    async def dig(name: str) -> dict[str, Any]:
        if name == "none":
            raise NotFound("chest", name)
        if name == "cursed":
            raise RuntimeError("the curse")
        return {"name": name}

    door = DialectDoor(Dialect.GOLOCAL, ("/ship",), ship, Pirate())
    voices = Voices([door])
    app = FastAPI()

    @app.get("/shore")
    async def shore() -> dict[str, str]:
        return {"here": "shore"}

    app.add_middleware(DialectSwitch, doors=[door])
    app.add_middleware(StrictJson, refuse=voices.refuse)
    app.add_middleware(RateLimited, per_minute=300, paths=voices.prefixes, refuse=voices.refuse)
    install_shell(app, db, refuse=voices.refuse)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as http:
        yield http
    await db.close()


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "slug"),
    [
        ("GET", "/ship/chests/none", b"", 404, "not-found"),
        ("GET", "/ship/nowhere", b"", 404, "no-such-route"),
        ("DELETE", "/ship/chests", b"", 405, "wrong-method"),
        ("POST", "/ship/chests", b'{"gold": "much"}', 422, "malformed-request"),
        ("POST", "/ship/chests", b'{"gold": 1, "gold": 2}', 422, "malformed-request"),
        ("POST", "/ship/chests", b'{"gold": ', 422, "malformed-request"),
        ("POST", "/ship/chests", b" " * 4_000_001, 413, "body-too-large"),
        ("GET", "/ship/chests/a%00b", b"", 422, "malformed-request"),
        ("GET", "/ship/chests/cursed", b"", 500, "internal-error"),
    ],
)
async def test_every_no_is_said_in_the_dialect(
    sea: httpx.AsyncClient, method: str, path: str, body: bytes, status: int, slug: str
) -> None:
    answer = await sea.request(method, path, content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()) == (status, {"arr": slug})
    assert answer.headers["x-ship"] == "sunk"


async def test_a_yes_is_untouched_and_has_its_request_id(sea: httpx.AsyncClient) -> None:
    answer = await sea.post("/ship/chests", json={"gold": 7})
    assert (answer.json(), bool(answer.headers[REQUEST_ID_HEADER])) == ({"gold": 7}, True)
    assert (await sea.get("/ship/chests/a%2Fb")).json() == {"name": "a/b"}


async def test_other_paths_stay_with_the_house(sea: httpx.AsyncClient) -> None:
    assert (await sea.get("/shore")).json() == {"here": "shore"}
    assert (await sea.get("/shipyard")).json()["code"] == "no-such-route"


async def test_too_often_is_said_in_the_dialect_too(sea: httpx.AsyncClient) -> None:
    mine = {"Authorization": "Bearer mine"}
    answers = [await sea.get("/ship/chests/x", headers=mine) for _ in range(51)]
    assert [answer.status_code for answer in answers[-2:]] == [200, 429]
    assert answers[-1].json() == {"arr": "too-many-requests"}
