"""A program of the operator signs in, works in somebody's name, and signs out."""

import pytest

from tests.acceptance.world import World, refused_properly
from tests.web.town import OPERATOR

PATH = "/v1/operator/sessions"


async def test_a_session_opens_the_operators_calls_until_it_is_ended(world: World) -> None:
    body = {"email": OPERATOR[0], "password": OPERATOR[1]}
    token = (await world.done(None, "POST", PATH, body))["token"]
    assert (await world.done(token, "GET", "/v1/operator/markets"))["items"]
    assert (await world.ask(token, "DELETE", PATH)).status_code == 204
    assert (await world.ask(token, "GET", "/v1/operator/markets")).status_code == 401


@pytest.mark.parametrize(
    "body", [{"email": OPERATOR[0], "password": "no"}, {"email": "x@example.org", "password": "no"}]
)
async def test_nobody_learns_whether_an_address_is_known(world: World, body: dict[str, str]) -> None:
    refused = refused_properly(await world.ask(None, "POST", PATH, body))
    assert (refused.status_code, refused.json()["code"]) == (401, "wrong-credentials")


async def test_guessing_is_slowed_down(world: World) -> None:
    body = {"email": OPERATOR[0], "password": "guess"}
    answers = [(await world.ask(None, "POST", PATH, body)).status_code for _ in range(30)]
    assert answers[0] == 401
    assert answers[-1] == 429
