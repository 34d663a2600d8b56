"""Who may call, and how a client's secret becomes a token."""

import httpx

from tests.facades.uber_direct.world import SCOPES, Client, Uber, token_answer


async def _refused(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/json"
    told = answer.json()
    assert told["error_description"]
    return answer.status_code, told["error"]


async def test_a_secret_becomes_a_token_of_thirty_days_in_either_kind_of_form(uber: Uber) -> None:
    form = {
        "client_id": uber.live.client_id,
        "client_secret": uber.live.client_secret,
        "grant_type": "client_credentials",
        "scope": "eats.deliveries",
    }
    text = await token_answer(uber.world, **form)
    async with uber.world.client() as http:
        parts = await http.post("/oauth/v2/token", files={name: (None, value) for name, value in form.items()})
    for answer in (text, parts):
        told = answer.json()
        assert answer.status_code == 200, told
        assert (told["token_type"], told["expires_in"], told["scope"]) == ("Bearer", 2_592_000, "eats.deliveries")
        assert answer.headers["cache-control"] == "no-store"
    assert text.json()["access_token"] != parts.json()["access_token"]


async def test_a_wrong_form_says_what_is_wrong(uber: Uber) -> None:
    good = {
        "client_id": uber.live.client_id,
        "client_secret": uber.live.client_secret,
        "grant_type": "client_credentials",
        "scope": SCOPES,
    }
    table = [
        ({**good, "client_secret": "guessed"}, (401, "invalid_client")),
        ({**good, "client_id": "unknown"}, (401, "invalid_client")),
        ({**good, "client_secret": uber.stranger.client_secret}, (401, "invalid_client")),
        ({**good, "scope": "eats.everything"}, (400, "invalid_scope")),
        ({**good, "grant_type": "password"}, (400, "invalid_request")),
        ({name: value for name, value in good.items() if name != "scope"}, (400, "invalid_request")),
        ({**good, "client_id": "x" * 2_000}, (400, "invalid_request")),
        ({}, (400, "invalid_request")),
    ]
    for form, expected in table:
        assert await _refused(await token_answer(uber.world, **form)) == expected, form
    async with uber.world.client() as http:
        assert await _refused(await http.post("/oauth/v2/token", json=good)) == (400, "invalid_request")
        wrong_method = await http.get("/oauth/v2/token")
        assert (wrong_method.status_code, wrong_method.json()["code"]) == (405, "method_not_allowed")


async def test_a_token_opens_only_its_own_customer_and_its_own_scopes(uber: Uber) -> None:
    answer = await token_answer(
        uber.world,
        client_id=uber.live.client_id,
        client_secret=uber.live.client_secret,
        grant_type="client_credentials",
        scope="direct.organizations",
    )
    narrow = Client(uber.live.customer_id, "", "", answer.json()["access_token"])
    await uber.must_refuse(401, "unauthorized", "GET", "/deliveries", client=narrow)
    await uber.done("GET", f"/v1/direct/organizations/{narrow.customer_id}", client=narrow)
    foreign = f"/v1/customers/{uber.stranger.customer_id}/deliveries"
    await uber.must_refuse(404, "customer_not_found", "GET", foreign)
    for token in ("", "guessed", uber.bakery.live_key):
        nobody = Client(uber.live.customer_id, "", "", token)
        await uber.must_refuse(401, "unauthorized", "GET", "/deliveries", client=nobody)


async def test_a_token_of_this_dialect_opens_no_other_door(uber: Uber) -> None:
    native = await uber.world.ask(uber.live.token, "GET", "/v1/deliveries")
    assert native.status_code == 401


async def test_live_and_test_are_two_customers_who_do_not_see_each_other(uber: Uber) -> None:
    made = await uber.created()
    tried = await uber.created(client=uber.test)
    assert (made["live_mode"], tried["live_mode"]) == (True, False)
    assert uber.live.customer_id != uber.test.customer_id
    await uber.must_refuse(404, "delivery_not_found", "GET", f"/deliveries/{made['id']}", client=uber.test)
    await uber.must_refuse(404, "delivery_not_found", "GET", f"/deliveries/{tried['id']}")
    await uber.must_refuse(404, "delivery_not_found", "GET", f"/deliveries/{made['id']}", client=uber.stranger)


async def test_a_revoked_credential_opens_nothing_more(uber: Uber) -> None:
    listed = await uber.world.done(uber.bakery.live_key, "GET", "/v1/credentials")
    mine = next(each for each in listed["items"] if each["client_id"] == uber.live.client_id)
    await uber.world.done(uber.bakery.live_key, "DELETE", f"/v1/credentials/{mine['id']}")
    await uber.must_refuse(401, "unauthorized", "GET", "/deliveries")
