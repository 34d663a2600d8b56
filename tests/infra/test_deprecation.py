"""A call that will end says so in each of its answers, and in the description."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest
from fastapi import FastAPI, HTTPException

from homeward.infra.deprecation import Ending, TellEndings, mark_endings

SINCE = datetime(2026, 11, 23, 12, tzinfo=UTC)
OLD = Ending(SINCE, datetime(2027, 11, 30, 23, 59, 59, tzinfo=UTC), "/docs#old")
ENDINGS = {"GET /v1/old/{thing_id}": OLD}


def an_app() -> FastAPI:
    app = FastAPI()
    app.add_middleware(TellEndings, endings=ENDINGS)

    @app.get("/v1/old/{thing_id}")
    @app.get("/v1/new/{thing_id}")
    @app.post("/v1/old/{thing_id}")
    async def thing(thing_id: str) -> str:
        if thing_id == "none":
            raise HTTPException(404)
        return thing_id

    return app


async def asked(method: str, path: str) -> httpx.Headers:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(an_app()), base_url="http://here") as client:
        return (await client.request(method, path)).headers


@pytest.mark.parametrize("thing", ["a", "none"])
async def test_a_call_that_will_end_tells_since_when_until_when_and_what_instead(thing: str) -> None:
    told = await asked("GET", f"/v1/old/{thing}")
    assert told["deprecation"] == f"@{int(SINCE.timestamp())}"
    assert told["sunset"] == "Tue, 30 Nov 2027 23:59:59 GMT"
    assert told["link"].startswith('</docs#old>; rel="deprecation"')


@pytest.mark.parametrize(("method", "path"), [("GET", "/v1/new/a"), ("POST", "/v1/old/a"), ("GET", "/v1/nowhere")])
async def test_all_others_say_nothing(method: str, path: str) -> None:
    assert not {"deprecation", "sunset", "link"} & set(await asked(method, path))


def test_the_description_marks_it_and_no_other() -> None:
    app = an_app()
    mark_endings(app, ENDINGS)
    paths = app.openapi()["paths"]
    assert paths["/v1/old/{thing_id}"]["get"]["deprecated"] is True
    assert "deprecated" not in paths["/v1/old/{thing_id}"]["post"]
    assert "deprecated" not in paths["/v1/new/{thing_id}"]["get"]


def test_a_call_that_is_none_cannot_end_and_none_ends_within_a_year() -> None:
    with pytest.raises(AssertionError, match="no call"):
        mark_endings(FastAPI(), ENDINGS)
    with pytest.raises(AssertionError, match="year ahead"):
        Ending(SINCE, SINCE + timedelta(days=364), "/docs")
