"""Bodies that say two things at once, or nothing that JSON can say, go no further."""

import json
from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI, Request

from homeward.infra.json_body import DEEPEST, StrictJson, read_json
from homeward.kit.problems import MalformedRequest


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"a": 1, "a": 2}', "name-twice"),
        (b'{"outer": {"a": 1, "a": 1}}', "name-twice"),
        (b'{"a": NaN}', "not-a-number"),
        (b"[Infinity, -Infinity]", "not-a-number"),
        ('{"a": 1}'.encode("utf-16"), "bad-encoding"),
        (b'{"name": "caf\xe9"}', "bad-encoding"),
        (b'{"a": 1', "json-invalid"),
        (b"\xef\xbb\xbf{}", "json-invalid"),
        (b"[" * (DEEPEST + 1) + b"]" * (DEEPEST + 1), "too-deep"),
        (b"[" * 1_000_000, "too-deep"),
        (b'{"a": ' + b"9" * 10_000 + b"}", "number-too-long"),
    ],
)
def test_what_is_refused(body: bytes, code: str) -> None:
    with pytest.raises(MalformedRequest) as refusal:
        read_json(body)
    assert [error.code for error in refusal.value.errors] == [code]


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b"null",
        b'{"a": {"a": [1.5e3]}}',
        '"ü€"'.encode(),
        b"[" * DEEPEST + b"]" * DEEPEST,
        b"[" + b"{}," * 500 + b"{}]",
    ],
)
def test_what_passes(body: bytes) -> None:
    assert read_json(body) == json.loads(body)


@pytest.fixture
async def echo() -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    app.add_middleware(StrictJson)

    @app.post("/echo")
    async def _(request: Request) -> dict[str, str]:
        return {"body": (await request.body()).decode("latin-1")}

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as http:
        yield http


async def test_a_good_body_reaches_the_route_as_it_was(echo: httpx.AsyncClient) -> None:
    answer = await echo.post("/echo", content=b' {"a" : 1} ', headers={"Content-Type": "application/json"})
    assert answer.json() == {"body": ' {"a" : 1} '}


async def test_a_bad_one_is_told_why_in_the_usual_form(echo: httpx.AsyncClient) -> None:
    answer = await echo.post("/echo", content=b'{"a":1,"a":2}', headers={"Content-Type": "application/merge+json"})
    assert (answer.status_code, answer.json()["code"]) == (422, "malformed-request")
    assert answer.json()["errors"][0]["code"] == "name-twice"


async def test_other_kinds_of_bodies_are_not_looked_at(echo: httpx.AsyncClient) -> None:
    assert (await echo.post("/echo", content=b"NaN", headers={"Content-Type": "text/plain"})).is_success
