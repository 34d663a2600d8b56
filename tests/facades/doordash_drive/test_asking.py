"""What the dialect's orders become, with its units and its many ways to say a thing."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from homeward.coverage.model import ParcelSize
from homeward.deliveries.contents import Goods
from homeward.deliveries.model import ChangeRequest, Contact
from homeward.deliveries.requirements import AgeCheck, Barcode, Handover, Undeliverable
from homeward.facades.doordash_drive import asking, rules
from homeward.facades.doordash_drive.orders import AcceptBody, CreateBody, Order, QuoteBody
from homeward.kit.problems import MalformedRequest
from homeward.kit.windows import Window
from homeward.quotes.model import AddressAsked

ORDER: dict[str, Any] = {
    "external_delivery_id": "D-1",
    "pickup_address": "2 Main Street, Springfield",
    "dropoff_address": "12 Elm Street, Springfield",
    "dropoff_phone_number": "+18025551234",
}
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


def an_order(**more: Any) -> Order:
    return Order.model_validate({**ORDER, **more})


def refused_fields(order: Order, *, booking: bool = False) -> list[str]:
    with pytest.raises(MalformedRequest) as refused:
        rules.require_sound(order, booking=booking)
    return [error.pointer for error in refused.value.errors]


# ── numbers and words ──


def test_numbers_may_come_as_texts() -> None:
    assert AcceptBody.model_validate({"tip": "600"}).tip == 600


def test_a_telephone_number_may_be_written_as_people_write_it() -> None:
    order = an_order(dropoff_phone_number="+1 (802) 555-1234")
    assert order.dropoff_phone_number == "+18025551234"


@pytest.mark.parametrize("phone", ["5551234", "+1802", "call me", "+0 802 555 1234"])
def test_a_telephone_number_that_nobody_can_dial_is_refused(phone: str) -> None:
    with pytest.raises(ValueError, match="dropoff_phone_number"):
        CreateBody.model_validate({**ORDER, "dropoff_phone_number": phone})


@pytest.mark.parametrize("external_id", ["a b", "a/b", "", "ü", "x" * 256])
def test_an_id_has_only_characters_that_need_no_escape(external_id: str) -> None:
    with pytest.raises(ValueError, match="external_delivery_id"):
        QuoteBody.model_validate({**ORDER, "external_delivery_id": external_id})


def test_a_field_of_a_newer_release_is_forgotten() -> None:
    assert "brand_new" not in an_order(brand_new=1).said()


# ── where ──


def test_an_address_in_parts_needs_no_guessing() -> None:
    parts = {"street_address": "12 Elm Street", "sub_premise": "4b", "city": "Springfield", "zip_code": "05156"}
    dropoff = asking.dropoff_of(an_order(dropoff_address_components={**parts, "state": "VT", "country": "US"}))
    assert dropoff.address == AddressAsked(street="12 Elm Street", unit="4b", city="Springfield", postcode="05156")
    assert dropoff.unit == "4b"


@pytest.mark.parametrize("town", ["city", "locality", "sub_locality"])
def test_every_country_names_the_town_its_own_way(town: str) -> None:
    found = asking.dropoff_of(an_order(dropoff_address_components={"street_address": "1 Elm Street", town: "Bree"}))
    assert found.address
    assert found.address.city == "Bree"


def test_a_pickup_in_words_is_a_place_of_its_own() -> None:
    request = asking.quote_request(an_order(pickup_business_name="Corner Bakery"), None)
    assert request.pickup
    assert (request.pickup.name, request.pickup.address) == ("Corner Bakery", "2 Main Street, Springfield")


def test_a_store_stands_for_its_own_address() -> None:
    order = an_order(pickup_external_store_id="7")
    by_number, of_a_business = asking.quote_request(order, None), asking.quote_request(order, "sto_1")
    assert (by_number.store_id, by_number.store_external_id, by_number.pickup) == ("", "7", None)
    assert (of_a_business.store_id, of_a_business.store_external_id, of_a_business.pickup) == ("sto_1", None, None)


# ── what ──


def test_weights_are_pounds_and_count_for_every_piece() -> None:
    items = [{"name": "bread", "quantity": 2, "weight": 1.5}, {"name": "salt", "quantity": 1, "weight": 0.5}]
    assert asking.weight_g(an_order(items=items)) == 1588


def test_an_order_without_weights_counts_as_two_kilos() -> None:
    assert asking.weight_g(an_order(items=[{"name": "bread", "quantity": 40}])) == 2_000


@pytest.mark.parametrize(
    ("item", "size"),
    [
        ({"length": 6, "width": 6, "height": 6}, ParcelSize.SMALL),
        ({"length": 12, "width": 12, "height": 12}, ParcelSize.MEDIUM),
        ({"volume": 2}, ParcelSize.LARGE),
        ({"volume": 10}, ParcelSize.EXTRA_LARGE),
        ({}, ParcelSize.MEDIUM),
    ],
)
def test_inches_and_cubic_feet_become_a_size(item: dict[str, Any], size: ParcelSize) -> None:
    assert asking.size_of(an_order(items=[{"name": "box", "quantity": 1, **item}])) is size


def test_a_large_order_is_large_even_if_nobody_measured_it() -> None:
    assert asking.size_of(an_order(order_fulfillment_method="large_order")) is ParcelSize.LARGE


def test_items_keep_what_was_said_of_them_in_our_units() -> None:
    item = {
        "name": "wine",
        "quantity": 2,
        "weight": 3,
        "length": 4,
        "price": 1999,
        "barcode": "0123",
        "external_id": "w",
    }
    (told,) = asking.contents_of(an_order(items=[item], order_value=3998), "USD").items
    assert (told.weight_g, told.length_mm, told.barcode, told.external_id) == (1361, 102, "0123", "w")
    assert told.price
    assert (told.price.minor, told.price.currency) == (1999, "USD")


def test_dangerous_goods_are_named_for_the_whole_parcel() -> None:
    goods = [{"proper_shipping_name": "Aerosols", "commodity_level_code": "limited_quantity", "un_number": "UN1950"}]
    order = an_order(items=[{"name": "spray", "quantity": 1, "dangerous_goods": goods}])
    assert asking.goods_of(order) == (Goods.DANGEROUS,)


# ── when ──


def test_a_time_at_the_door_is_the_end_of_what_is_promised() -> None:
    assert asking.window_of(an_order(dropoff_time="2026-03-10T12:00:00Z")) == Window(NOON - timedelta(hours=2), NOON)


def test_a_time_without_a_zone_is_utc() -> None:
    assert asking.ready_at(an_order(pickup_time="2026-03-10T12:00:00")) == NOON


def test_whole_windows_win_over_single_moments() -> None:
    window = {"start_time": "2026-03-10T12:00:00Z", "end_time": "2026-03-10T15:00:00Z"}
    order = an_order(pickup_window=window, dropoff_window=window, pickup_time="2026-03-10T09:00:00Z")
    assert asking.window_of(order) == Window(NOON, NOON + timedelta(hours=3))
    assert asking.ready_at(order) == NOON


def test_half_a_window_says_nothing() -> None:
    assert asking.window_of(an_order(dropoff_window={"start_time": "2026-03-10T12:00:00Z"})) is None


# ── how ──


@pytest.mark.parametrize(
    ("said", "handover", "undeliverable", "photo"),
    [
        ({}, Handover.ANY, Undeliverable.LEAVE_AT_DOOR, True),
        ({"contactless_dropoff": True}, Handover.AT_DOOR, Undeliverable.LEAVE_AT_DOOR, True),
        ({"dropoff_requires_signature": True}, Handover.TO_PERSON, Undeliverable.RETURN, False),
        ({"dropoff_options": {"signature": "required"}}, Handover.TO_PERSON, Undeliverable.RETURN, False),
        ({"dropoff_options": {"signature": "preferred"}}, Handover.ANY, Undeliverable.LEAVE_AT_DOOR, True),
        ({"dropoff_options": {"proof_of_delivery": "none"}}, Handover.ANY, Undeliverable.LEAVE_AT_DOOR, False),
        ({"action_if_undeliverable": "return_to_pickup"}, Handover.ANY, Undeliverable.RETURN, True),
        ({"action_if_undeliverable": "dispose"}, Handover.ANY, Undeliverable.DISPOSE, True),
        ({"order_contains": {"alcohol": True}}, Handover.TO_PERSON, Undeliverable.RETURN, False),
    ],
)
def test_how_a_parcel_changes_hands(
    said: dict[str, Any], handover: Handover, undeliverable: Undeliverable, photo: bool
) -> None:
    order = an_order(**said)
    assert asking.handover_of(order) is handover
    assert asking.undeliverable_of(order) is undeliverable
    assert asking.proof_of(order).photo is photo


@pytest.mark.parametrize(
    ("metadata", "pin"),
    [
        (None, "1234"),
        ({"pin_code_type": "customer_phone_number"}, "1234"),
        ({"pin_code_type": "merchant_provided_number", "pin_code_value": "4711"}, "4711"),
        ({"pin_code_type": "random_number"}, True),
    ],
)
def test_a_pin_is_drawn_brought_or_the_end_of_the_telephone_number(metadata: Any, pin: bool | str) -> None:
    order = an_order(dropoff_options={"proof_of_delivery": "pin_code"}, dropoff_pin_code_verification_metadata=metadata)
    assert asking.proof_of(order).pin == pin


def test_alcohol_asks_for_age_and_sobriety_and_a_courier_who_may_check() -> None:
    order = an_order(order_contains={"alcohol": True})
    assert asking.proof_of(order).age == AgeCheck(21, sober=True)
    assert asking.parcel_of(order).needs == ("age_check",)


@pytest.mark.parametrize(("said", "meant"), [("DATA", "datamatrix"), ("ATRIX", "datamatrix"), ("CODE_128", "code128")])
def test_a_label_is_scanned_at_the_store(said: str, meant: str) -> None:
    metadata = {"verification_type": "SCAN_BARCODE", "verification_code": "A1", "verification_format": said}
    assert asking.pickup_barcodes(an_order(pickup_verification_metadata=metadata)) == (Barcode("A1", meant),)


def test_a_code_that_is_not_scanned_is_told_to_the_courier_with_the_tag_first() -> None:
    metadata = {"verification_type": "NO_SCAN", "verification_code": "7788"}
    order = an_order(
        pickup_reference_tag="Order 61", pickup_instructions="At the bar", pickup_verification_metadata=metadata
    )
    assert asking.pickup_barcodes(order) == ()
    assert asking.pickup_instructions(order) == "Order 61 · 7788 · At the bar"


# ── changes ──


def test_a_change_that_says_the_same_again_changes_nothing() -> None:
    assert asking.changes(an_order(), an_order(locale="en-US"), "USD") is None


def test_only_what_differs_is_changed() -> None:
    after = an_order(dropoff_contact_given_name="Sam", dropoff_instructions="Ring twice")
    assert asking.changes(an_order(), after, "USD") == ChangeRequest(
        contact=Contact("Sam", "+18025551234"), instructions="Ring twice"
    )


def test_what_the_price_stands_on_is_settled() -> None:
    after = an_order(order_contains={"alcohol": True}, order_route_type="roundtrip", tip=500)
    assert rules.settled(an_order(), after) == ["order_contains", "order_route_type"]


def test_a_time_cannot_be_taken_back() -> None:
    timed = an_order(dropoff_time="2026-03-10T12:00:00Z")
    assert rules.settled(timed, an_order()) == ["dropoff_time"]


def test_a_time_in_one_way_takes_the_place_of_the_other() -> None:
    assert rules.outdated(["dropoff_time"]) == (*rules.MOMENTS, *rules.WINDOWS)
    assert rules.outdated(["dropoff_window"]) == rules.MOMENTS
    assert rules.outdated(["tip"]) == ()


def test_another_pickup_is_a_place_and_another_person_there_a_contact() -> None:
    moved = asking.changes(an_order(), an_order(pickup_address="9 Mill Lane"), "USD")
    assert moved
    assert moved.pickup
    assert moved.pickup.address == "9 Mill Lane"
    met = asking.changes(an_order(), an_order(pickup_phone_number="+18025559999"), "USD")
    assert met
    assert (met.pickup, met.pickup_contact and met.pickup_contact.phone) == (None, "+18025559999")


# ── what is refused ──


@pytest.mark.parametrize(
    ("said", "fields"),
    [
        ({"pickup_address": None}, ["/pickup_address"]),
        ({"pickup_external_business_id": "shop"}, ["/pickup_external_store_id"]),
        ({"pickup_external_store_id": "s1"}, ["/pickup_external_business_id"]),
        ({"order_fulfillment_method": "shop_deliver"}, ["/order_fulfillment_method"]),
        ({"shopping_options": {"payment_method": "red_card"}}, ["/shopping_options"]),
        ({"dropoff_cash_on_delivery": 500}, ["/dropoff_cash_on_delivery"]),
        ({"shipping_label_config": {"label_format": "pdf"}}, ["/shipping_label_config"]),
        ({"pickup_time": NOON, "dropoff_time": NOON}, ["/dropoff_time"]),
        ({"dropoff_window": {"start_time": NOON, "end_time": NOON - timedelta(hours=1)}}, ["/dropoff_window"]),
        (
            {"contactless_dropoff": True, "action_if_undeliverable": "return_to_pickup"},
            ["/action_if_undeliverable"],
        ),
        (
            {"contactless_dropoff": True, "dropoff_options": {"proof_of_delivery": "pin_code"}},
            ["/dropoff_options.proof_of_delivery"],
        ),
        ({"contactless_dropoff": True, "dropoff_requires_signature": True}, ["/dropoff_options.signature"]),
        ({"contactless_dropoff": True, "order_contains": {"tobacco": True}}, ["/contactless_dropoff"]),
        (
            {"contactless_dropoff": True, "dropoff_options": {"id_verification": "required"}},
            ["/dropoff_options.id_verification"],
        ),
        (
            {
                "dropoff_options": {"proof_of_delivery": "pin_code"},
                "dropoff_pin_code_verification_metadata": {"pin_code_type": "merchant_provided_number"},
            },
            ["/dropoff_pin_code_verification_metadata.pin_code_value"],
        ),
    ],
)
def test_what_cannot_stand_is_refused_by_the_name_of_its_field(said: dict[str, Any], fields: list[str]) -> None:
    assert refused_fields(an_order(**said)) == fields


def test_a_booking_needs_a_telephone_number_and_a_quote_does_not() -> None:
    order = an_order(dropoff_phone_number=None)
    rules.require_sound(order)
    assert refused_fields(order, booking=True) == ["/dropoff_phone_number"]
