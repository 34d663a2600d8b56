"""How a programme written for Uber Direct signs in: by the library, and by hand at the edges."""

from typing import Any

import pytest

from tests.facades.npm.library import Thrown, a_library
from tests.facades.npm.uber import Direct

THIRTY_DAYS_S = 2_592_000
TOKEN = "/oauth/v2/token"


async def test_every_function_and_method_of_the_library_is_known_to_these_tests(direct: Direct) -> None:
    assert await direct.library.call("exported") == [
        "DeliveriesClient",
        "OrganizationsClient",
        "createDeliveriesClient",
        "createOrganizationsClient",
        "getAccessToken",
    ]
    assert await direct.library.call("methods") == {
        "deliveries": [
            "cancelDelivery",
            "createDelivery",
            "createQuote",
            "getDelivery",
            "listDeliveries",
            "proofOfDelivery",
            "updateDelivery",
        ],
        "organizations": ["createOrganization", "getOrganization", "inviteMember"],
    }


async def test_the_library_gets_its_token_with_new_keys_and_nothing_else_changed(direct: Direct) -> None:
    got = await direct.library.call("signIn")
    await direct.library.call("useToken", got["token"])
    assert (await direct.done("listDeliveries"))["data"] == []


async def test_the_library_tells_that_its_secret_is_wrong(direct: Direct) -> None:
    wrong = {"UBER_DIRECT_CLIENT_ID": direct.keys.client_id, "UBER_DIRECT_CLIENT_SECRET": "not-the-secret"}
    async with a_library("uber-direct", "uber_direct.cjs", direct.base_url, **wrong) as library:
        with pytest.raises(Thrown) as caught:
            await library.call("signIn")
    assert "invalid_client" in caught.value.message


async def test_a_token_is_for_thirty_days_and_for_what_was_asked(direct: Direct) -> None:
    for scope in ("eats.deliveries", "direct.organizations", "direct.organizations eats.deliveries"):
        answer = (await direct.token_for(direct.keys, scope=scope)).json()
        assert answer["token_type"] == "Bearer"
        assert answer["expires_in"] == THIRTY_DAYS_S
        assert set(answer["scope"].split()) == set(scope.split())


async def test_the_form_may_also_come_in_parts(direct: Direct) -> None:
    form = {
        "client_id": direct.keys.client_id,
        "client_secret": direct.keys.client_secret,
        "grant_type": "client_credentials",
        "scope": "eats.deliveries",
    }
    answer = await direct.send("POST", TOKEN, files={name: (None, text) for name, text in form.items()})
    assert answer.status_code == 200, answer.text


async def test_what_does_not_open_the_door_is_said_in_one_word(direct: Direct) -> None:
    wrongs: list[tuple[dict[str, str], int, str]] = [
        ({"client_secret": "guessed"}, 401, "invalid_client"),
        ({"client_id": "nobody"}, 401, "invalid_client"),
        ({"client_secret": ""}, 400, "invalid_request"),
        ({"grant_type": ""}, 400, "invalid_request"),
        ({"scope": "everything"}, 400, "invalid_scope"),
    ]
    for wrong, status, code in wrongs:
        answer = await direct.token_for(direct.keys, **wrong)
        assert (answer.status_code, answer.json()["error"]) == (status, code)


async def test_an_empty_or_strange_token_request_is_refused_as_json(direct: Direct) -> None:
    requests: tuple[dict[str, Any], ...] = (
        {},
        {"json": {"client_id": "x"}},
        {"content": b"\xff\xfe", "headers": {"Content-Type": "text/plain"}},
    )
    for more in requests:
        assert (await direct.send("POST", TOKEN, **more)).status_code in (400, 401, 415)
    assert (await direct.send("GET", TOKEN)).status_code == 405


async def test_a_revoked_credential_opens_nothing_any_more(direct: Direct) -> None:
    path = f"/v1/credentials/{direct.keys.id}"
    await direct.world.done(direct.bakery.live_key, "DELETE", path)
    await direct.must_refuse(401, "unauthorized", "listDeliveries")
    assert (await direct.token_for(direct.keys)).json()["error"] == "invalid_client"


async def test_a_wrong_token_is_unauthorized_everywhere(direct: Direct) -> None:
    await direct.library.call("useToken", "not-a-token")
    calls: dict[str, list[Any]] = {
        "createQuote": [direct.route()],
        "createDelivery": [direct.order()],
        "getDelivery": ["del_1"],
        "listDeliveries": [],
        "updateDelivery": ["del_1", {}],
        "cancelDelivery": ["del_1"],
        "proofOfDelivery": ["del_1", {"waypoint": "dropoff", "type": "picture"}],
        "createOrganization": [{"info": {"name": "Shop"}}],
        "getOrganization": ["org_1"],
        "inviteMember": ["org_1", {}],
    }
    for call, given in calls.items():
        await direct.must_refuse(401, "unauthorized", call, *given)


async def test_a_token_reaches_its_own_customer_alone(direct: Direct) -> None:
    other = await direct.keys_of(direct.world.butcher)
    test = await direct.keys_of(direct.bakery, "test")
    for customer in (other.customer_id, test.customer_id, "cus_nobody"):
        await direct.must_refuse(404, "customer_not_found", "listDeliveries", customer=customer)
        await direct.must_refuse(404, "customer_not_found", "createDelivery", direct.order(), customer=customer)


async def test_one_merchants_delivery_is_not_found_by_another(direct: Direct) -> None:
    made = await direct.created()
    other = await direct.keys_of(direct.world.butcher)
    for method, path in (("GET", ""), ("POST", ""), ("POST", "/cancel")):
        answer = await direct.ask(method, f"/deliveries/{made['id']}{path}", keys=other, json={})
        assert (answer.status_code, answer.json()["code"]) == (404, "delivery_not_found")
    assert (await direct.ask("GET", "/deliveries", keys=other)).json()["data"] == []
