"""Tokens and headers: who comes in, and what is said to whoever does not."""

import httpx
import pytest
import structlog

from homeward.facades.golocal import api
from tests.facades.golocal.world import Account, GoLocal


async def ask_token(golocal: GoLocal, **form: str) -> httpx.Response:
    async with golocal.world.client() as http:
        answer = await http.post(api.TOKEN, data=form, headers={"Accept": "application/json"})
    golocal.must_be_as_described("POST", api.TOKEN, answer)
    return answer


def form_of(account: Account, **more: str) -> dict[str, str]:
    whole = {
        "grant_type": "client_credentials",
        "client_id": account.consumer_id,
        "client_secret": account.secret,
    }
    return {**whole, **more}


async def call(golocal: GoLocal, path: str, **headers: str) -> httpx.Response:
    names = {name.replace("__", ".").replace("_DASH_", "-"): value for name, value in headers.items()}
    async with golocal.world.client() as http:
        answer = await http.get(path, headers=names)
    golocal.must_be_as_described("GET", path.partition("?")[0], answer)
    return answer


async def test_a_token_is_good_for_fifteen_minutes(golocal: GoLocal) -> None:
    answer = await ask_token(golocal, **form_of(golocal.bakery))
    body = answer.json()
    assert (body["token_type"], body["expires_in"]) == ("Bearer", 900)
    assert answer.headers["cache-control"] == "no-store"
    (row,) = await golocal.rows(
        """SELECT round(extract(epoch FROM expires_at - now())) AS left_s FROM access_token
           ORDER BY expires_at DESC LIMIT 1"""
    )
    assert 890 <= row["left_s"] <= 900


async def test_wrong_credentials_and_wrong_grants_get_no_token(golocal: GoLocal) -> None:
    account = golocal.bakery
    for form, status, code in (
        (form_of(account, client_secret="guessed"), 401, "401.500.931"),
        (form_of(account, client_id=golocal.butcher.consumer_id), 401, "401.500.931"),
        (form_of(account, grant_type="password"), 400, "400.500.902"),
        ({}, 400, "400.500.901"),
    ):
        answer = await ask_token(golocal, **form)
        assert answer.status_code == status
        assert answer.json()["errors"][0]["code"] == code
    assert len((await ask_token(golocal)).json()["errors"]) == 3


async def test_the_header_may_be_called_authentication(golocal: GoLocal) -> None:
    delivery_id = await golocal.booked(golocal.bakery)
    path = f"{api.LIVE}/deliveries/{delivery_id}"
    account = golocal.bakery
    token = f"Bearer {account.token}"
    for name in ("Authorization", "Authentication"):
        answer = await call(golocal, path, **{name: token, "WM_CONSUMER__ID": account.consumer_id})
        assert answer.status_code == 200


async def test_the_consumer_id_is_required_and_must_be_the_tokens_own(golocal: GoLocal) -> None:
    account = golocal.bakery
    path = f"{api.LIVE}/deliveries/{await golocal.booked(account)}"
    token = {"Authorization": f"Bearer {account.token}"}
    for wrong in (
        {},
        {"WM_CONSUMER__ID": golocal.butcher.consumer_id},
        {"WM_CONSUMER__ID": account.consumer_id.replace("-", "")},
        {"WM_CONSUMER__ID": "x" * 36},
    ):
        answer = await call(golocal, path, **token, **wrong)
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (401, "401.500.932")
    upper = await call(golocal, path, **token, WM_CONSUMER__ID=account.consumer_id.upper())
    assert upper.status_code == 200


async def test_no_token_an_old_one_and_one_of_a_revoked_credential_open_nothing(golocal: GoLocal) -> None:
    account = golocal.bakery
    path = f"{api.LIVE}/deliveries/{await golocal.booked(account)}"
    ids = {"WM_CONSUMER__ID": account.consumer_id}
    for token in ("", "Bearer", "Bearer nonsense", f"Basic {account.token}", f"Bearer {account.shop.live_key}"):
        answer = await call(golocal, path, Authorization=token, **ids)
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (401, "401.500.931"), token
    async with golocal.world.platform.db.operator() as tx:
        await tx.run("UPDATE access_token SET expires_at = now() - interval '1 second'")
    assert await golocal.refused(account, "GET", "/deliveries/x") == ["401.500.931"]
    fresh = (await ask_token(golocal, **form_of(account))).json()["access_token"]
    account.token = fresh
    assert await golocal.refused(account, "GET", "/deliveries/x") == ["404.500.934"]
    made = (await golocal.world.done(account.shop.live_key, "GET", "/v1/credentials"))["items"]
    mine = next(each for each in made if each["client_id"] == account.consumer_id)
    await golocal.world.done(account.shop.live_key, "DELETE", f"/v1/credentials/{mine['id']}")
    assert await golocal.refused(account, "GET", "/deliveries/x") == ["401.500.931"]
    assert (await ask_token(golocal, **form_of(account))).status_code == 401


async def test_each_environment_has_its_own_credentials_and_data(golocal: GoLocal) -> None:
    live_id = await golocal.booked(golocal.bakery)
    sandbox = golocal.sandbox
    assert await golocal.refused(sandbox, "GET", f"/deliveries/{live_id}") == ["404.500.934"]
    headers = {"Authorization": f"Bearer {sandbox.token}", "WM_CONSUMER__ID": sandbox.consumer_id}
    answer = await call(golocal, f"{api.LIVE}/deliveries/{live_id}", **headers)
    assert answer.json()["errors"][0]["code"] == "401.500.932"
    test_id = await golocal.booked(sandbox)
    assert test_id != live_id, "the same order number is free in the sandbox"
    assert sandbox.client_id == golocal.bakery.client_id, "the account number is one for both"


async def test_the_correlation_id_is_in_the_log(golocal: GoLocal) -> None:
    with structlog.testing.capture_logs(processors=[structlog.contextvars.merge_contextvars]) as logs:
        await golocal.refused(golocal.bakery, "GET", "/deliveries/x")
    (line,) = [line for line in logs if line["event"] == "golocal call"]
    assert line["correlation_id"] == "corr-1"


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        ("GET", f"{api.PREFIX}/nothing", "404.500.935"),
        ("GET", f"{api.LIVE}/nothing", "404.500.935"),
        ("DELETE", f"{api.LIVE}/deliveries", "405.500.936"),
        ("GET", api.TOKEN, "405.500.936"),
    ],
)
async def test_unknown_paths_and_wrong_methods_are_told_in_their_form(
    golocal: GoLocal, method: str, path: str, code: str
) -> None:
    async with golocal.world.client() as http:
        answer = await http.request(method, path)
    assert answer.json()["errors"][0]["code"] == code
    assert answer.status_code == int(code[:3])


async def test_a_body_that_is_no_json_is_told_in_their_form(golocal: GoLocal) -> None:
    account = golocal.bakery
    headers = {"Authorization": f"Bearer {account.token}", "WM_CONSUMER.ID": account.consumer_id}
    for more in ({"Content-Type": "application/json"}, {}):
        async with golocal.world.client() as http:
            answer = await http.post(f"{api.LIVE}/deliveries", content=b"{", headers={**headers, **more})
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "400.500.922")
