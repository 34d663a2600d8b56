"""A merchant's host: its shoppers' pages, the files they need, and nothing else."""

import httpx
import pytest
from fastapi import FastAPI, Request, Response

from homeward.kit.problems import Unavailable
from homeward.web.tracking.fence import MERCHANT_OF_HOST, HostFence

OPEN = ["/t/token", "/t/token/live", "/assets/tracking-1.js", "/tiles/town/style.json"]
SHUT = [
    "/", "/console", "/portal/sign-in", "/courier", "/docs", "/openapi.json", "/v1/deliveries", "/problems/not-found",
    "/metrics", "/assets/.vite/manifest.json", "/t", "/favicon.ico", "/robots.txt",
]  # fmt: skip


def fenced(asked: list[str], *, database: bool = True) -> FastAPI:
    async def merchant_of(host: str) -> str | None:
        asked.append(host)
        if not database:
            raise Unavailable("the database")
        return "mer_a" if host == "track.bakery.example" else None

    def refuse(request: Request, status: int) -> Response:
        return Response("nothing", status)

    app = FastAPI(docs_url=None, openapi_url=None)
    app.add_middleware(HostFence, merchant_of=merchant_of, own_hosts=frozenset({"localhost"}), refuse=refuse)

    @app.get("/{rest:path}")
    async def everything(rest: str, request: Request) -> Response:
        return Response(f"behind the fence, {getattr(request.state, MERCHANT_OF_HOST, None)}")

    return app


async def ask(app: FastAPI, url: str, host: str) -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x") as client:
        return await client.get(url, headers={"Host": host})


@pytest.mark.parametrize("path", OPEN)
async def test_the_shoppers_pages_and_their_files_answer(path: str) -> None:
    assert (await ask(fenced([]), path, "track.bakery.example")).text == "behind the fence, mer_a"


@pytest.mark.parametrize("path", SHUT)
async def test_everything_else_is_not_there(path: str) -> None:
    answer = await ask(fenced([]), path, "track.bakery.example")
    assert (answer.status_code, answer.text) == (404, "nothing")


@pytest.mark.parametrize("host", ["track.bakery.example:8443", "TRACK.bakery.example", "track.bakery.example."])
async def test_a_host_is_known_by_any_spelling(host: str) -> None:
    assert (await ask(fenced([]), "/console", host)).status_code == 404


@pytest.mark.parametrize("path", SHUT)
async def test_on_the_installations_own_host_everything_answers(path: str) -> None:
    asked: list[str] = []
    assert (await ask(fenced(asked), path, "localhost:8080")).text == "behind the fence, None"
    assert asked == []


async def test_a_host_is_looked_up_once_for_a_while() -> None:
    asked: list[str] = []
    app = fenced(asked)
    for _ in range(3):
        await ask(app, "/t/token", "track.bakery.example")
    assert asked == ["track.bakery.example"]


async def test_without_the_database_an_unknown_host_gets_nothing_but_health() -> None:
    app = fenced([], database=False)
    assert (await ask(app, "/console", "track.bakery.example")).status_code == 503
    assert (await ask(app, "/healthz", "track.bakery.example")).status_code == 200
