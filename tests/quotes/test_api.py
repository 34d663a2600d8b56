"""Quotes over HTTP: what is offered, and each refusal with what would be accepted."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from homeward.kit.hours_json import hours_to_json
from homeward.kit.places import LatLon
from homeward.kit.problems import NotFound
from homeward.kit.windows import OpeningHours
from homeward.quotes.api import QuoteOut
from homeward.quotes.errors import QuoteAlreadyBooked, QuoteExpired
from tests.builders import TUESDAY_NOON
from tests.quotes.conftest import FAR, ISLAND, MARSH, NEAR, OUTSIDE, World


def pin(place: LatLon) -> dict[str, Any]:
    return {"place": {"lat": place.lat, "lon": place.lon}}


def window(since_h: float, until_h: float) -> dict[str, str]:
    """Hours from noon."""
    return {
        name: (TUESDAY_NOON + timedelta(hours=h)).isoformat()
        for name, h in (("earliest", since_h), ("latest", until_h))
    }


async def test_an_address_and_a_weight_are_enough(world: World) -> None:
    answer = await world.ask()
    assert answer.status_code == 201
    quote = QuoteOut.model_validate(answer.json())
    assert {option.service_class for option in quote.options} == {"express", "same_day", "scheduled"}
    assert quote.dropoff.label == "Mill Lane 1, Zurich"
    assert quote.dropoff.certain
    assert 1_400 < quote.distance_m < 1_800
    assert quote.attention == []
    assert quote.expires_at - quote.created_at == timedelta(hours=1)


async def test_every_price_and_promise_comes_with_its_parts(world: World) -> None:
    quote = (await world.ask()).json()
    for option in quote["options"]:
        components = option["price"]["components"]
        assert sum(line["minor"] for line in components) == option["price"]["total"]["minor"]
        assert all(line["label"] for line in components)
        promised_in = timedelta(seconds=sum(term["seconds"] for term in option["reasoning"]))
        assert (TUESDAY_NOON + promised_in).isoformat().replace("+00:00", "Z") == option["promised_by"]


async def test_an_address_in_parts_does_as_well(world: World) -> None:
    parts = {"street": "Mill Lane", "number": "1", "city": "Zurich"}
    answer = await world.ask(dropoff={"address": parts, **pin(NEAR)})
    assert answer.json()["dropoff"]["label"] == "Mill Lane 1, Zurich"


async def test_a_doubtful_address_is_quoted_at_its_pin_and_has_to_be_confirmed(world: World) -> None:
    quote = (await world.ask(dropoff={"address": "1 Mil Laan"})).json()
    assert quote["attention"] == ["confirm_address"]
    assert quote["dropoff"]["certain"] is False
    assert quote["options"]


async def test_a_pin_needs_no_confirmation(world: World) -> None:
    quote = (await world.ask(dropoff={"address": "1 Mil Laan", **pin(NEAR)})).json()
    assert quote["attention"] == []
    assert quote["dropoff"]["precision"] == "pin"


async def test_a_quote_can_be_read_again_as_it_was_given(world: World) -> None:
    given = (await world.ask()).json()
    again = await world.http.get(f"/v1/quotes/{given['id']}")
    assert again.json() == given


async def test_a_stored_quote_is_computed_again_to_the_same_answer(world: World) -> None:
    await world.quotes.create_tariff("mkt_1", _dearer(), effective_from=TUESDAY_NOON + timedelta(hours=1), by="t")
    for changes in ({}, {"service_class": "express"}, {"window": window(2, 5)}, {"parcel": {"weight_g": 20_000}}):
        given = (await world.ask(**changes)).json()
        world.clock.advance(7_200)  # the next ones fall under the newer tariff
        stored, replayed = await world.quotes.replay(world.merchant.merchant.id, given["id"])
        assert replayed.options == stored.options


async def test_a_store_answers_to_the_merchants_own_number(world: World) -> None:
    await world.merchants.update_store(world.merchant.merchant.id, world.store.id, {"external_id": "shop 7"})
    quote = (await world.ask(store_id="", store_external_id="shop 7")).json()
    assert quote["store_id"] == world.store.id
    _, replayed = await world.quotes.replay(world.merchant.merchant.id, quote["id"])
    assert replayed.options


async def test_another_merchants_number_names_no_store(world: World) -> None:
    await world.merchants.update_store(world.merchant.merchant.id, world.store.id, {"external_id": "shop 7"})
    other = await world.merchants.create_merchant("Other")
    headers = {"Authorization": f"Bearer {other.live_key.secret}"}
    body = {"store_external_id": "shop 7", "dropoff": {"address": "1 Mill Lane"}, "parcel": {"weight_g": 1}}
    answer = await world.http.post("/v1/quotes", json=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")


async def test_a_store_is_named_in_one_way(world: World) -> None:
    for named in ({"store_external_id": "shop 7"}, {"store_id": ""}):
        answer = await refused(world, 422, "malformed-request", **named)
        assert answer["errors"][0]["code"] == "one-of"


# ── refusals, in the order of the checks ──


async def test_an_unknown_store_is_not_found(world: World) -> None:
    await refused(world, 404, "not-found", store_id="sto_nobody")


async def test_another_merchants_store_is_not_found(world: World) -> None:
    other = await world.merchants.create_merchant("Other")
    headers = {"Authorization": f"Bearer {other.live_key.secret}"}
    body = {"store_id": world.store.id, "dropoff": {"address": "1 Mill Lane"}, "parcel": {"weight_g": 1}}
    answer = await world.http.post("/v1/quotes", json=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")


async def test_a_closed_down_store_sends_nothing(world: World) -> None:
    await world.merchants.update_store(world.merchant.merchant.id, world.store.id, {"status": "closed"})
    await refused(world, 409, "store-inactive")


async def test_a_paused_market_takes_nothing_new_and_a_reopened_one_does(world: World) -> None:
    await world.coverage.update_market("mkt_1", status="paused", by="operator:test")
    answer = await refused(world, 409, "market-paused")
    assert answer["retryable"] is True
    await world.coverage.update_market("mkt_1", status="active", by="operator:test")
    assert (await world.ask()).status_code == 201


async def test_a_parcel_that_is_too_heavy(world: World) -> None:
    answer = await refused(world, 409, "too-heavy", parcel={"weight_g": 25_001})
    assert answer["limit_g"] == 25_000


async def test_a_parcel_that_is_too_large(world: World) -> None:
    await world.set(max_size="medium")
    answer = await refused(world, 409, "too-large", parcel={"weight_g": 1, "size": "large"})
    assert answer["limit"] == "medium"


async def test_a_need_that_nobody_meets(world: World) -> None:
    answer = await refused(world, 409, "capability-not-offered", parcel={"weight_g": 1, "needs": ["cold_chain"]})
    assert (answer["missing"], answer["offered"]) == (["cold_chain"], ["age_check"])


async def test_an_address_that_nobody_knows(world: World) -> None:
    await refused(world, 409, "address-not-found", dropoff={"address": "77 Nowhere"})


async def test_an_unclear_address_lists_what_it_may_mean(world: World) -> None:
    answer = await refused(world, 409, "address-unclear", dropoff={"address": "Main Street"})
    assert answer["candidates"][0]["place"] == {"lat": NEAR.lat, "lon": NEAR.lon}


async def test_a_door_outside_the_area_is_told_how_far(world: World) -> None:
    answer = await refused(world, 409, "outside-area", dropoff={"address": "9 Faraway"})
    assert 5_400 < answer["nearest_m"] < 5_700
    await refused(world, 409, "outside-area", dropoff=pin(OUTSIDE))


async def test_a_door_far_from_any_road(world: World) -> None:
    answer = await refused(world, 409, "no-road-near-door", dropoff=pin(MARSH))
    assert (answer["distance_m"], answer["limit_m"]) == (900, 200)


async def test_a_door_that_no_road_reaches(world: World) -> None:
    await refused(world, 409, "no-road-to-door", dropoff=pin(ISLAND))


async def test_a_door_too_far_by_road(world: World) -> None:
    await world.set(max_distance_m=5_000)
    answer = await refused(world, 409, "too-far", dropoff=pin(FAR))
    assert answer["limit_m"] == 5_000
    assert answer["distance_m"] > 5_000


async def test_a_service_class_that_is_not_offered(world: World) -> None:
    await world.set(service_classes=["express", "same_day"])
    answer = await refused(world, 409, "service-class-not-offered", service_class="scheduled")
    assert answer["offered"] == ["express", "same_day"]


async def test_a_window_of_another_class(world: World) -> None:
    answer = await refused(world, 409, "window-does-not-fit-class", service_class="same_day", window=window(24, 26))
    assert answer["fits"] == "scheduled"


async def test_a_window_that_is_too_short(world: World) -> None:
    answer = await refused(world, 409, "window-too-short", window=window(2, 3))
    assert answer["shortest_s"] == 7_200


async def test_a_window_in_the_past(world: World) -> None:
    await refused(world, 409, "window-in-past", window=window(-3, -1))


async def test_a_window_whose_bookings_have_ended(world: World) -> None:
    await world.set(window_closes_s=7_200)
    await refused(world, 409, "window-closed", window=window(1, 3))


async def test_a_window_that_ends_too_soon_is_refused_with_the_earliest_promise(world: World) -> None:
    answer = await refused(world, 409, "too-short-notice", window=window(-1.75, 0.25))
    assert answer["earliest_promise"] > TUESDAY_NOON.isoformat()


async def test_a_window_beyond_fourteen_days_is_refused_with_the_latest_day(world: World) -> None:
    answer = await refused(world, 409, "beyond-horizon", window=window(24 * 14 - 1, 24 * 14 + 1))
    assert answer["latest_accepted"] == "2026-03-24T12:00:00Z"


async def test_a_ready_time_after_the_window_is_refused(world: World) -> None:
    ready_at = (TUESDAY_NOON + timedelta(hours=4)).isoformat()
    await refused(world, 409, "ready-after-window", window=window(1, 3), ready_at=ready_at)


async def test_a_closed_store_tells_when_it_opens(world: World) -> None:
    await _open_hours(world, {str(day): [["18:00", "22:00"]] for day in range(7)})
    answer = await refused(world, 409, "store-closed", service_class="express")
    assert answer["opens_at"] == "2026-03-10T17:00:00Z"


async def test_a_store_is_closed_on_the_holidays_of_its_calendar(world: World) -> None:
    await world.merchants.update_store(world.merchant.merchant.id, world.store.id, {"holiday_calendar": "CH"})
    world.clock.advance(144 * 86_400)  # Saturday, 1 August: the national day
    answer = await refused(world, 409, "store-closed", service_class="express")
    assert answer["opens_at"] == "2026-08-01T22:00:00Z"


async def test_a_market_outside_its_hours(world: World) -> None:
    hours = {"time_zone": "Europe/Zurich", "weekly": {str(day): [["08:00", "15:00"]] for day in range(7)}}
    await world.coverage.update_market("mkt_1", hours=hours, by="operator:test")
    answer = await refused(world, 409, "outside-hours", window=window(4, 6))
    assert answer["opens_at"] == "2026-03-11T07:00:00Z"


async def test_express_with_nobody_near(world: World) -> None:
    await _supply(world, couriers=1, wait_s=5_400)
    answer = await refused(world, 409, "express-too-slow", service_class="express")
    assert answer["latest_accepted"] == "2026-03-10T13:30:00Z"


async def test_no_window_left_today(world: World) -> None:
    world.clock.advance(9.5 * 3_600)  # 22:30 in Zurich
    await refused(world, 409, "no-window-left", service_class="same_day")


async def test_nothing_to_offer_says_why_for_each_class(world: World) -> None:
    await world.set(service_classes=["express", "same_day"])
    world.clock.advance(9.5 * 3_600)
    await _supply(world, couriers=1, wait_s=5_400)
    answer = await refused(world, 409, "nothing-to-offer")
    assert {each["service_class"]: each["code"] for each in answer["refusals"]} == {
        "express": "express-too-slow",
        "same_day": "no-window-left",
    }


async def test_a_market_without_prices_in_force(world: World) -> None:
    async with world.db.operator() as tx:
        await tx.run("UPDATE tariff SET effective_from = %(later)s", later=TUESDAY_NOON + timedelta(days=1))
    await refused(world, 503, "no-tariff")


async def test_a_class_that_cannot_be_kept_is_named_beside_the_others(world: World) -> None:
    await _supply(world, couriers=1, wait_s=5_400)
    quote = (await world.ask()).json()
    assert [(each["service_class"], each["code"]) for each in quote["refusals"]] == [("express", "express-too-slow")]


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"dropoff": {}}, "/dropoff"),
        ({"dropoff": {"address": "  "}}, "/dropoff"),
        ({"parcel": {"weight_g": 0}}, "/parcel/weight_g"),
        ({"parcel": {"weight_g": 1, "colour": "red"}}, "/parcel/colour"),
        ({"window": window(3, 3)}, "/window"),
        ({"dropoff": {"place": {"lat": 91, "lon": 0}}}, "/dropoff/place/lat"),
        ({"ready_at": "2026-03-10T12:00:00"}, "/ready_at"),
    ],
)
async def test_a_malformed_request_names_the_field(world: World, changes: dict[str, Any], pointer: str) -> None:
    answer = await refused(world, 422, "malformed-request", **changes)
    assert pointer in [error["pointer"] for error in answer["errors"]]


# ── booking ──


async def test_a_quote_is_booked_once(world: World) -> None:
    quote = (await world.ask()).json()
    booked = await _book(world, quote["id"], "opt_1", "dlv_1")
    assert booked.option.price.to_json() == quote["options"][0]["price"]
    assert booked.fees.return_to_store == 600
    with pytest.raises(QuoteAlreadyBooked) as refused_:
        await _book(world, quote["id"], "opt_2", "dlv_2")
    assert refused_.value.delivery_id == "dlv_1"


async def test_price_and_promise_are_honoured_until_the_option_ends(world: World) -> None:
    quote = (await world.ask(service_class="scheduled")).json()
    await world.quotes.create_tariff("mkt_1", _dearer(), by="operator:test")
    world.clock.advance(3_600)
    booked = await _book(world, quote["id"], "opt_1", "dlv_1")
    assert booked.option.price.total.minor == quote["options"][0]["price"]["total"]["minor"]


async def test_an_option_expires_a_second_after_its_time(world: World) -> None:
    quote = (await world.ask(service_class="scheduled")).json()
    world.clock.advance(3_601)
    with pytest.raises(QuoteExpired) as refused_:
        await _book(world, quote["id"], "opt_1", "dlv_1")
    assert refused_.value.expired_at == TUESDAY_NOON + timedelta(hours=1)


async def test_an_express_promise_does_not_wait_for_an_hour(world: World) -> None:
    quote = (await world.ask(service_class="express")).json()
    (option,) = quote["options"]
    assert option["book_by"] < quote["expires_at"]
    world.clock.moment = datetime.fromisoformat(option["book_by"]) + timedelta(seconds=1)
    with pytest.raises(QuoteExpired):
        await _book(world, quote["id"], "opt_1", "dlv_1")


async def test_a_refused_booking_leaves_the_quote_free(world: World) -> None:
    quote = (await world.ask(service_class="scheduled")).json()
    with pytest.raises(NotFound):
        await _book(world, quote["id"], "opt_99", "dlv_1")
    assert (await _book(world, quote["id"], "opt_1", "dlv_2")).quote.id == quote["id"]


async def test_a_test_quote_cannot_be_booked_for_real(world: World) -> None:
    quote = (await world.ask()).json()
    with pytest.raises(NotFound):
        await _book(world, quote["id"], "opt_1", "dlv_1", mode="test")


# ── tariffs ──


async def test_a_new_tariff_holds_from_the_next_quote_on(world: World) -> None:
    before = (await world.ask(service_class="express")).json()["options"][0]["price"]["total"]["minor"]
    headers = await world.as_operator()
    made = await world.http.post("/v1/operator/markets/mkt_1/tariffs", json={"rules": _dearer()}, headers=headers)
    assert (made.status_code, made.json()["version"]) == (201, 2)
    after = (await world.ask(service_class="express")).json()["options"][0]["price"]["total"]["minor"]
    assert (before, after) == (690, 1_690)
    listed = await world.http.get("/v1/operator/markets/mkt_1/tariffs", headers=headers)
    assert [tariff["version"] for tariff in listed.json()["items"]] == [2, 1]


async def test_a_bad_tariff_is_refused_with_each_mistake(world: World) -> None:
    headers = await world.as_operator()
    body = {"rules": {"currency": "EUR"}, "effective_from": "2020-01-01T00:00:00Z"}
    answer = await world.http.post("/v1/operator/markets/mkt_1/tariffs", json=body, headers=headers)
    assert answer.status_code == 422
    pointers = {error["pointer"] for error in answer.json()["errors"]}
    assert pointers == {"/rules/currency", "/rules/distance", "/effective_from"}


async def test_merchants_cannot_change_prices(world: World) -> None:
    answer = await world.http.post("/v1/operator/markets/mkt_1/tariffs", json={"rules": _dearer()})
    assert answer.status_code == 401


# ── helpers ──


async def refused(world: World, status: int, code: str, **changes: Any) -> dict[str, Any]:
    answer = await world.ask(**changes)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    body: dict[str, Any] = answer.json()
    assert body["title"]
    return body


async def _book(world: World, quote_id: str, option_id: str, delivery_id: str, mode: str = "live") -> Any:
    merchant_id = world.merchant.merchant.id
    async with world.db.merchant(merchant_id) as tx:
        try:
            return await world.quotes.option_for_booking(
                tx, merchant_id=merchant_id, mode=mode, quote_id=quote_id, option_id=option_id, delivery_id=delivery_id
            )
        except NotFound as refusal:
            caught = refusal
    # Raised outside, so that the transaction commits: a refusal must not have changed anything by itself.
    raise caught


async def _supply(world: World, *, couriers: int, wait_s: int) -> None:
    async with world.db.operator() as tx:
        await tx.run(
            """
            INSERT INTO market_supply VALUES ('mkt_1', %(now)s, %(couriers)s, 0, 0, %(wait_s)s)
            ON CONFLICT (market_id) DO UPDATE SET observed_at = excluded.observed_at
            """,
            now=world.clock.now(),
            couriers=couriers,
            wait_s=wait_s,
        )


async def _open_hours(world: World, weekly: dict[str, Any]) -> None:
    hours = {**hours_to_json(OpeningHours("Europe/Zurich")), "weekly": weekly}
    await world.merchants.update_store(world.merchant.merchant.id, world.store.id, {"hours": hours})


def _dearer() -> dict[str, Any]:
    """Ten francs more than the first tariff, for whatever distance."""
    return {
        "currency": "CHF",
        "distance": {"bands": [{"up_to_m": 50_000, "minor": 1_490}]},
        "service": {"express": 200},
    }
