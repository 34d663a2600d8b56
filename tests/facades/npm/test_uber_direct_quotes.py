"""Prices, asked for by the published library."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

import pytest

from tests.facades.npm.library import Thrown
from tests.facades.npm.uber import Direct, an_address, moment

FAR_AWAY = {"dropoff_latitude": 43.96, "dropoff_longitude": -71.0}


async def test_a_quote_says_price_arrival_and_how_long_it_holds(direct: Direct) -> None:
    quote = await direct.done("createQuote", direct.route())
    assert quote["kind"] == "delivery_quote"
    assert quote["id"].startswith("dqt_")
    assert quote["fee"] > 0
    assert (quote["currency"], quote["currency_type"]) == ("usd", "USD")
    assert moment(quote["expires"]) - moment(quote["created"]) == timedelta(minutes=15)
    assert quote["duration"] > quote["pickup_duration"] >= 0
    assert moment(quote["dropoff_eta"]) <= moment(quote["dropoff_deadline"])


async def test_an_address_may_be_a_line_or_an_object_in_a_text(direct: Direct) -> None:
    fee = (await direct.done("createQuote", direct.route()))["fee"]
    for dropoff in (
        "12 Elm Street, Springfield, VT 05156",
        '{"street_address": ["12 Elm Street", "Apt 4"], "city": "Springfield", "zip_code": "05156"}',
        '{"street_address_1": "12 Elm Street", "city": "Springfield", "state": "VT", "zip_code": "05156"}',
    ):
        assert (await direct.done("createQuote", direct.route(dropoff_address=dropoff)))["fee"] == fee


async def test_goods_may_be_fetched_from_a_place_that_is_no_store_of_ours(direct: Direct) -> None:
    elsewhere = direct.route(external_store_id=None, pickup_address=an_address(20, "Mill Lane"))
    assert (await direct.done("createQuote", elsewhere))["fee"] > 0


async def test_a_door_that_cannot_be_reached_is_refused_with_its_word(direct: Direct) -> None:
    unknown = direct.route(dropoff_address="1 Nowhere Road, Atlantis")
    await direct.must_refuse(400, "unknown_location", "createQuote", unknown)
    await direct.must_refuse(400, "address_undeliverable", "createQuote", direct.route(**FAR_AWAY))


async def test_a_wrong_field_is_named_in_the_metadata(direct: Direct) -> None:
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"pickup_address": None}, "pickup_address"),
        ({"dropoff_address": None}, "dropoff_address"),
        ({"dropoff_phone_number": "call me"}, "dropoff_phone_number"),
        ({"dropoff_latitude": 95.0, "dropoff_longitude": 0.0}, "dropoff_latitude"),
        ({"pickup_ready_dt": "tomorrow"}, "pickup_ready_dt"),
        ({"manifest_total_value": -1}, "manifest_total_value"),
    ]
    for change, field in wrong:
        thrown = await direct.must_refuse(400, "invalid_params", "createQuote", direct.route(**change))
        assert thrown.metadata
        assert field in thrown.metadata


MINUTES: Final[Mapping[str, tuple[dict[str, float], str]]] = {
    "ready in the past": ({"pickup_ready_dt": -30}, "pickup_ready_too_early"),
    "ready in 31 days": ({"pickup_ready_dt": 31 * 24 * 60}, "pickup_ready_too_late"),
    "nine minutes to fetch it": ({"pickup_ready_dt": 60, "pickup_deadline_dt": 69}, "pickup_window_too_small"),
    "fetched within 19 minutes": ({"pickup_deadline_dt": 19}, "pickup_deadline_too_early"),
    "brought 19 minutes after": (
        {"pickup_ready_dt": 30, "pickup_deadline_dt": 60, "dropoff_ready_dt": 55, "dropoff_deadline_dt": 74},
        "dropoff_deadline_too_early",
    ),
    "brought before it is fetched": (
        {"pickup_ready_dt": 30, "pickup_deadline_dt": 120, "dropoff_ready_dt": 60, "dropoff_deadline_dt": 100},
        "dropoff_deadline_before_pickup_deadline",
    ),
    "awaited after the latest pickup": (
        {"pickup_ready_dt": 30, "pickup_deadline_dt": 60, "dropoff_ready_dt": 61, "dropoff_deadline_dt": 240},
        "dropoff_ready_after_pickup_deadline",
    ),
}


async def test_times_that_do_not_go_together_have_a_word_each(direct: Direct) -> None:
    for minutes, code in MINUTES.values():
        route = direct.route(**{name: direct.at(minute) for name, minute in minutes.items()})
        await direct.must_refuse(400, code, "createQuote", route)
        await direct.must_refuse(400, code, "createDelivery", {**direct.order(), **route})


async def test_a_window_at_the_door_is_kept(direct: Direct) -> None:
    times = {
        "pickup_ready_dt": direct.at(120),
        "pickup_deadline_dt": direct.at(180),
        "dropoff_ready_dt": direct.at(180),
        "dropoff_deadline_dt": direct.at(360),
    }
    quote = await direct.done("createQuote", direct.route(**times))
    assert moment(quote["dropoff_deadline"]) <= moment(times["dropoff_deadline_dt"])
    made = await direct.created(quote_id=quote["id"], **times)
    assert moment(made["pickup_ready"]) >= moment(times["pickup_ready_dt"])
    assert moment(made["dropoff_eta"]) <= moment(times["dropoff_deadline_dt"])


async def test_a_quote_is_good_for_fifteen_minutes_and_no_longer(direct: Direct) -> None:
    early = await direct.done("createQuote", direct.route())
    late = await direct.done("createQuote", direct.route())
    direct.clock.advance(14 * 60 + 59)
    made = await direct.created(quote_id=early["id"])
    assert (made["quote_id"], made["fee"]) == (early["id"], early["fee"])
    direct.clock.advance(2)
    await direct.must_refuse(400, "expired_quote", "createDelivery", direct.order(quote_id=late["id"]))


async def test_a_quote_is_used_once(direct: Direct) -> None:
    quote = await direct.done("createQuote", direct.route())
    await direct.created(quote_id=quote["id"])
    await direct.must_refuse(400, "used_quote", "createDelivery", direct.order(quote_id=quote["id"]))


async def test_a_quote_for_another_door_is_no_price_for_this_one(direct: Direct) -> None:
    quote = await direct.done("createQuote", direct.route())
    elsewhere = direct.order(quote_id=quote["id"], dropoff_address=an_address(40, "Mill Lane"))
    with pytest.raises(Thrown) as caught:
        await direct.library.call("createDelivery", elsewhere, customer=direct.keys.customer_id)
    assert (caught.value.status, caught.value.code) in {(400, "mismatched_price_quote"), (400, "invalid_params")}


async def test_a_quote_that_nobody_gave_is_refused(direct: Direct) -> None:
    with pytest.raises(Thrown) as caught:
        await direct.library.call("createDelivery", direct.order(quote_id="dqt_x"), customer=direct.keys.customer_id)
    assert caught.value.status == 400
