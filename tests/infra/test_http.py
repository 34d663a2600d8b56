"""The shell in front of everything: what it refuses before anybody reads it, and what it says when we break."""

import json
from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from homeward.infra.db import Database
from homeward.infra.http import MOST_BYTES, install_shell
from tests.conftest import DatabaseUrls

PHOTOS = 2 * MOST_BYTES
JSON = {"Content-Type": "application/json"}


@pytest.fixture
async def http(database_urls: DatabaseUrls) -> AsyncIterator[httpx.AsyncClient]:
    """An app with one route that counts what it is sent, and one that keeps a text."""
    db = Database(database_urls.app, min_size=1, max_size=2)
    await db.open()
    app = FastAPI()
    install_shell(app, db, larger_bodies={"/photos": PHOTOS})

    @app.post("/count")
    @app.post("/photos")
    async def count(body: dict[str, str]) -> int:
        return sum(len(value) for value in body.values())

    @app.post("/keep")
    async def keep(body: dict[str, str]) -> str:
        async with db.operator() as tx:
            return str(await tx.value("SELECT %(text)s::text", text=body["text"]))

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://here", headers=JSON) as client:
        yield client
    await db.close()


def of_size(size: int) -> bytes:
    return b'{"a": "%s"}' % (b"x" * (size - 9))


async def in_pieces(body: bytes) -> AsyncIterator[bytes]:
    """Sent without a length, as an attacker would."""
    for start in range(0, len(body), 100_000):
        yield body[start : start + 100_000]


async def test_a_body_of_the_largest_size_is_read(http: httpx.AsyncClient) -> None:
    assert (await http.post("/count", content=in_pieces(of_size(MOST_BYTES)))).status_code == 200


async def test_one_byte_more_is_refused_before_it_is_understood(http: httpx.AsyncClient) -> None:
    answer = await http.post("/count", content=in_pieces(of_size(MOST_BYTES + 1)))
    assert (answer.status_code, answer.json()["code"]) == (413, "body-too-large")


async def test_photos_may_be_larger(http: httpx.AsyncClient) -> None:
    assert (await http.post("/photos", content=in_pieces(of_size(PHOTOS)))).status_code == 200
    assert (await http.post("/photos", content=in_pieces(of_size(PHOTOS + 1)))).status_code == 413


@pytest.mark.parametrize("text", ["NUL \x00", "half a letter \ud800"])
async def test_text_that_no_database_can_hold_is_the_senders_mistake(http: httpx.AsyncClient, text: str) -> None:
    answer = await http.post("/keep", content=json.dumps({"text": text}))
    assert (answer.status_code, answer.json()["code"]) == (422, "malformed-request")
