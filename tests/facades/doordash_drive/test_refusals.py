"""Whatever goes wrong is said in the dialect: by its codes, its reasons, its fields, and never in another form."""

import time
from typing import Any

import pytest

from homeward.facades.doordash_drive import errors
from homeward.kit.problems import FieldError, MalformedRequest, NotFound, Problem
from homeward.quotes import errors as quotes
from tests.facades.doordash_drive.world import Drive

DELIVERIES = "/drive/v2/deliveries"
QUOTES = "/drive/v2/quotes"


# ── who asks ──


async def test_a_call_without_a_token_is_told_how_to_sign_in(drive: Drive) -> None:
    async with drive.world.client() as http:
        answer = await http.get(f"{DELIVERIES}/D-1")
    assert (answer.status_code, answer.json()["code"]) == (401, "authentication_error")


async def test_a_token_that_is_not_right_opens_nothing(drive: Drive) -> None:
    now = int(time.time())
    wrong: list[tuple[str, dict[str, Any]]] = [
        ("expired", {"exp": now - 1}),
        ("aud", {"aud": "somebody"}),
        ("too long", {"iat": now, "exp": now + 1_801}),
        ("future", {"iat": now + 3_600, "exp": now + 3_660}),
        ("dd-ver", {"version": None}),
        ("credentials", {"kid": "00000000-0000-0000-0000-000000000000"}),
    ]
    for why, claims in wrong:
        token = drive.keys.token(**claims)
        refusal = await drive.refused(401, "authentication_error", "GET", f"{DELIVERIES}/D-1", token=token)
        assert why in refusal["message"]


async def test_a_native_key_opens_nothing_here_and_a_token_nothing_there(drive: Drive) -> None:
    await drive.refused(401, "authentication_error", "GET", f"{DELIVERIES}/D-1", token=drive.bakery.live_key)
    answer = await drive.world.ask(drive.keys.token(), "GET", "/v1/deliveries")
    assert answer.status_code == 401


async def test_revoked_credentials_open_nothing_from_the_next_call_on(drive: Drive) -> None:
    await drive.refused(404, "unknown_delivery_id", "GET", f"{DELIVERIES}/D-1")
    mine = await drive.world.done(drive.bakery.live_key, "GET", "/v1/credentials")
    for each in mine["items"]:
        await drive.world.done(drive.bakery.live_key, "DELETE", f"/v1/credentials/{each['id']}")
    answer = await drive.ask("GET", f"{DELIVERIES}/D-1")
    assert answer.status_code == 401
    await drive.refused(401, "authentication_error", "GET", f"{DELIVERIES}/D-1")


async def test_another_merchants_delivery_is_no_delivery(drive: Drive) -> None:
    answer = await drive.created()
    path = f"{DELIVERIES}/{answer['external_delivery_id']}"
    for keys in (drive.strangers_keys, drive.test_keys):
        for method, to, body in (
            ("GET", path, None),
            ("PATCH", path, {"tip": 100}),
            ("PUT", f"{path}/cancel", None),
            ("POST", f"{path}/redelivery", {"external_delivery_id": "D-x"}),
            ("POST", f"{path}/refunds", {"refund_reason": "never_delivered"}),
        ):
            await drive.refused(404, "unknown_delivery_id", method, to, body, keys=keys)
    order = drive.order(external_delivery_id=answer["external_delivery_id"])
    refusal = await drive.refused(400, "validation_error", "POST", QUOTES, order, keys=drive.strangers_keys)
    assert refusal["field_errors"][0]["field"] == "pickup_external_store_id"


# ── what is asked ──


WRONG: list[tuple[str, dict[str, Any]]] = [
    ("dropoff_address", {"dropoff_address": None}),
    ("dropoff_address", {"dropoff_address": "nowhere at all"}),
    ("dropoff_phone_number", {"dropoff_phone_number": "555"}),
    ("order_value", {"order_value": 2**31}),
    ("items[0].name", {"items": [{"quantity": 1}]}),
    ("items[0].quantity", {"items": [{"name": "x", "quantity": 101}]}),
    ("external_delivery_id", {"external_delivery_id": "a b"}),
    ("pickup_external_store_id", {"pickup_external_store_id": "unheard-of"}),
    ("pickup_external_store_id", {"pickup_external_store_id": None}),
    ("dropoff_cash_on_delivery", {"dropoff_cash_on_delivery": 100}),
    ("items", {"items": [{"name": "anvil", "quantity": 1, "weight": 900}]}),
    ("dropoff_instructions", {"dropoff_instructions": "a\x00b"}),
]


async def test_a_wrong_value_is_named_by_its_field(drive: Drive) -> None:
    for field, more in WRONG:
        refusal = await drive.refused(400, "validation_error", "POST", DELIVERIES, drive.order(**more))
        assert [each["field"] for each in refusal["field_errors"]] == [field]


async def test_a_body_that_is_no_order_is_refused_as_a_body(drive: Drive) -> None:
    headers = {"content-type": "application/json"}
    for body in (b"", b"[]", b"{", b'{"a": 1, "a": 2}', b'{"tip": NaN}', b"\xff"):
        refusal = await drive.refused(400, "validation_error", "POST", QUOTES, content=body, headers=headers)
        assert refusal["field_errors"]


async def test_what_cannot_be_delivered_says_why(drive: Drive) -> None:
    for reason, more in (
        ("delivery_address_not_in_coverage", {"dropoff_location": {"lat": 45.5, "lng": -73.0}}),
        ("outside_of_delivery_time", {"dropoff_time": "2020-01-01T00:00:00Z"}),
        ("outside_of_delivery_time", {"pickup_time": "2099-01-01T00:00:00Z"}),
    ):
        order = drive.order(**more)
        for path in (QUOTES, DELIVERIES):
            refusal = await drive.refused(422, "invalid_delivery_parameters", "POST", path, order)
            assert refusal["reason"] == reason
        answer = await drive.done("POST", "/drive/v2/serviceability", order)
        assert answer == {"is_serviceable": False, "reasons_not_serviceable": [reason]}


async def test_what_can_be_delivered_is_serviceable_and_leaves_nothing_behind(drive: Drive) -> None:
    order = drive.order()
    answer = await drive.done("POST", "/drive/v2/serviceability", order)
    assert answer == {"is_serviceable": True, "reasons_not_serviceable": []}
    await drive.refused(404, "unknown_delivery_id", "GET", f"{DELIVERIES}/{order['external_delivery_id']}")


# ── what the framework says by itself ──


async def test_every_answer_has_the_form_of_the_dialect(drive: Drive) -> None:
    for status, code, method, path in (
        (404, "not_found", "GET", "/drive/v2/nothing"),
        (404, "not_found", "GET", "/drive/v2"),
        (404, "not_found", "GET", "/developer/v1/nothing"),
        (405, "method_not_allowed", "DELETE", f"{DELIVERIES}/D-1"),
        (405, "method_not_allowed", "GET", DELIVERIES),
        (404, "unknown_delivery_id", "GET", f"{DELIVERIES}/a%20b"),
        (404, "unknown_delivery_id", "GET", f"{DELIVERIES}/a%2Fb"),
        (404, "unknown_delivery_id", "PUT", f"{DELIVERIES}/a%2Fb/cancel"),
        (400, "validation_error", "GET", f"{DELIVERIES}/a%00b"),
    ):
        await drive.refused(status, code, method, path)
    large = await drive.refused(413, "validation_error", "POST", QUOTES, {"dropoff_address": "x" * 5_000_000})
    assert large["message"]


# ── our refusals, one by one ──


@pytest.mark.parametrize(
    ("problem", "status", "code", "reason"),
    [
        (quotes.TooFar(30_000, 25_000), 422, "invalid_delivery_parameters", "distance_too_long"),
        (quotes.OutsideArea(10), 422, "invalid_delivery_parameters", "delivery_address_not_in_coverage"),
        (quotes.StoreInactive("sto_1"), 422, "invalid_delivery_parameters", "pickup_address_not_in_coverage"),
        (quotes.MarketPaused("mkt_1"), 422, "invalid_delivery_parameters", "outside_of_delivery_time"),
        (quotes.NothingToOffer([]), 422, "invalid_delivery_parameters", "outside_of_delivery_time"),
        (quotes.NoTariff("mkt_1"), 500, "service_fault", None),
        (NotFound("business", "b"), 404, "unknown_business_id", None),
        (NotFound("business store", "b/s"), 404, "unknown_store_id_under_business_id", None),
    ],
)
def test_a_refusal_of_ours_has_a_code_of_theirs(problem: Problem, status: int, code: str, reason: str | None) -> None:
    error = errors.answer_to(problem)
    assert (error.status, error.code, error.more.get("reason")) == (status, code, reason)


def test_every_refusal_of_a_quote_has_words_of_the_dialect() -> None:
    left = [
        kind.slug
        for kind in vars(quotes).values()
        if isinstance(kind, type) and issubclass(kind, Problem) and kind is not Problem and kind.status < 500
    ]
    known = {*errors.KNOWN, "quote-expired", "quote-already-booked"}  # told by the call, which knows the id
    assert [slug for slug in left if slug not in known] == []


def test_a_pointer_becomes_a_name_as_the_dialect_writes_it() -> None:
    names = {"/items/0/name": "items[0].name", "/dropoff_options/signature": "dropoff_options.signature", "/": "body"}
    told = errors.answer_to(MalformedRequest([FieldError(pointer, "x", "y") for pointer in names]))
    assert [each["field"] for each in told.more["field_errors"]] == list(names.values())
