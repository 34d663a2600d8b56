"""How a request of the dialect is understood, and what is left out of it."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from homeward.coverage.model import ParcelSize
from homeward.deliveries.requirements import Barcode, Handover, Undeliverable
from homeward.facades.uber_direct import asking, rules
from homeward.facades.uber_direct.errors import Refused
from homeward.facades.uber_direct.wire import DeliveryBody, QuoteBody, UpdateBody
from homeward.kit.money import Money
from homeward.quotes.model import AddressAsked

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def a_body(**changes: Any) -> DeliveryBody:
    usual: dict[str, Any] = {
        "pickup_name": "Bakery",
        "pickup_address": "2 Main Street, Springfield",
        "pickup_phone_number": "+1 802 555-0000",
        "dropoff_name": "Sam Shopper",
        "dropoff_address": "12 Elm Street, Springfield",
        "dropoff_phone_number": "+18025551234",
        "manifest_items": [{"name": "Bread", "quantity": 2}],
    }
    return DeliveryBody.model_validate({**usual, **changes})


def the_size(*items: dict[str, Any]) -> ParcelSize:
    return asking.size_of(a_body(manifest_items=[{"name": "Box", **item} for item in items]).manifest_items)


# ── addresses ──


def test_an_address_is_an_object_in_a_text_or_a_line() -> None:
    parts = {"street_address": ["12 Elm Street", "Apt 3"], "city": "Springfield", "state": "VT", "zip_code": "05156"}
    expected = AddressAsked(street="12 Elm Street", unit="Apt 3", city="Springfield", postcode="05156")
    assert asking.address_of(json.dumps(parts)) == expected
    assert asking.address_of(" 12 Elm Street, Springfield ") == AddressAsked(text="12 Elm Street, Springfield")
    assert a_body(dropoff_address=parts).dropoff_address == json.dumps(parts, separators=(",", ":"))


@pytest.mark.parametrize("said", ["{not json", "{}", '{"city": "Springfield"}', '{"street_address": [1, null]}'])
def test_an_object_without_a_street_is_taken_as_a_line(said: str) -> None:
    assert asking.address_of(said) == AddressAsked(text=said)


def test_names_may_come_in_camel_case_as_the_librarys_examples_have_them() -> None:
    body = QuoteBody.model_validate({"pickupAddress": "a street", "dropoffAddress": "another"})
    assert (body.pickup_address, body.dropoff_address) == ("a street", "another")
    robot = {"testSpecifications": {"roboCourierSpecification": {"mode": "auto"}}}
    assert asking.robot_of(a_body(**robot)) == {"mode": "auto"}


# ── goods ──


@pytest.mark.parametrize(
    ("items", "size"),
    [
        ([{"quantity": 1}], ParcelSize.SMALL),
        ([{"quantity": 10, "size": "small"}], ParcelSize.MEDIUM),
        ([{"quantity": 11, "size": "small"}], ParcelSize.LARGE),
        ([{"quantity": 4, "size": "medium"}], ParcelSize.LARGE),
        ([{"quantity": 5, "size": "medium"}], ParcelSize.EXTRA_LARGE),
        ([{"quantity": 1, "size": "big"}], ParcelSize.LARGE),
        ([{"quantity": 2, "size": "large"}], ParcelSize.EXTRA_LARGE),
        ([{"quantity": 9, "size": "xlarge"}], ParcelSize.EXTRA_LARGE),
        (
            [{"quantity": 1, "size": "xlarge", "weight": 1, "dimensions": {"length": 10, "height": 10, "depth": 10}}],
            ParcelSize.SMALL,
        ),
    ],
)
def test_the_parcel_is_as_large_as_all_pieces_and_measures_win(items: list[dict[str, Any]], size: ParcelSize) -> None:
    assert the_size(*items) is size


def test_weights_are_of_one_piece_and_goods_without_any_count_as_two_kilos() -> None:
    assert asking.weight_g(a_body().manifest_items) == 2_000
    items = [{"name": "A", "quantity": 3, "weight": 500}, {"name": "B"}]
    assert asking.weight_g(a_body(manifest_items=items).manifest_items) == 1_500


def test_contents_keep_every_item_with_its_price_and_measures_in_millimetres() -> None:
    item = {
        "name": "Cake",
        "quantity": 1,
        "price": 1_250,
        "weight": 900,
        "dimensions": {"length": 30, "height": 10, "depth": 20},
        "must_be_upright": True,
    }
    contents = asking.contents_of(a_body(manifest_items=[item], manifest_total_value=1_250), "USD")
    (kept,) = contents.items
    assert (kept.length_mm, kept.width_mm, kept.height_mm, kept.upright) == (300, 200, 100, True)
    assert kept.price == contents.value == Money(1_250, "USD")


# ── hand-over and proof ──


def test_a_photo_proves_where_nothing_else_does() -> None:
    assert asking.proof_of(a_body()).photo
    assert not asking.proof_of(a_body(requires_dropoff_signature=True)).photo
    assert not asking.proof_of(a_body(dropoff_verification={"picture": False})).photo
    both = {"picture": True, "signature_requirement": {"enabled": True, "collect_signer_name": True}}
    proof = asking.proof_of(a_body(dropoff_verification=both))
    assert (proof.photo, proof.signature, proof.signer_name, proof.signer_relationship) == (True, True, True, False)


def test_every_stop_has_its_own_proofs() -> None:
    proof = asking.proof_of(
        a_body(
            pickup_verification={"picture": True, "barcodes": [{"value": "BOX-1", "type": "CODE39"}]},
            dropoff_verification={"pincode": {"enabled": True, "type": "merchant_provided", "value": "0042"}},
            return_verification={"signature": True, "pincode": {"enabled": True}},
        )
    )
    assert (proof.at_pickup.photo, proof.at_pickup.barcodes) == (True, (Barcode("BOX-1", "code39"),))
    assert proof.pin == "0042"
    assert (proof.at_return.signature, proof.return_pin) == (True, True)


def test_an_identification_is_an_age_check_that_may_ask_for_sobriety() -> None:
    age = asking.age_check(a_body(dropoff_verification={"identification": {"min_age": 21, "no_sobriety_check": False}}))
    assert age
    assert (age.min_age, age.sober) == (21, True)
    assert asking.parcel_of(a_body(requires_id=True)).needs == ("age_check",)


def test_meeting_at_the_door_means_a_person_and_leaving_means_none() -> None:
    assert asking.handover_of(a_body()) is Handover.TO_PERSON
    left = a_body(deliverable_action="deliverable_action_leave_at_door", undeliverable_action="discard")
    assert asking.handover_of(left) is Handover.AT_DOOR


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        (None, Undeliverable.RETURN),
        ("return", Undeliverable.RETURN),
        ("leave_at_door", Undeliverable.LEAVE_AT_DOOR),
        ("discard", Undeliverable.DISPOSE),
    ],
)
def test_what_nobody_takes_goes_where_the_merchant_said(said: str | None, meant: Undeliverable) -> None:
    assert asking.UNDELIVERABLE[a_body(undeliverable_action=said).undeliverable_action] is meant


# ── robots ──


def test_a_robot_gets_its_moments_and_its_reason() -> None:
    asked = {
        "mode": "custom",
        "enroute_for_pickup_at": "2026-11-23T12:01:00Z",
        "dropoff_at": "2026-11-23T12:09:00+00:00",
        "cancel_reason": "customer_unavailable",
    }
    body = a_body(test_specifications={"robo_courier_specification": asked})
    assert asking.robot_of(body) == {
        "mode": "custom",
        "at": {"to_pickup": "2026-11-23T12:01:00Z", "done": "2026-11-23T12:09:00Z"},
        "outcome": "returned",
        "reason": "nobody_there",
    }
    assert asking.robot_of(a_body()) is None
    no_moments = {"robo_courier_specification": {"mode": "custom"}}
    assert asking.robot_of(a_body(test_specifications=no_moments)) == {"mode": "auto"}


# ── windows ──


def broken(**moments: float) -> str:
    said = {name: NOON + timedelta(minutes=minutes) for name, minutes in moments.items()}
    body = QuoteBody.model_validate({"pickup_address": "a", "dropoff_address": "b", **said})
    try:
        rules.require_windows(body, NOON)
    except Refused as refusal:
        return refusal.error.code
    return ""


@pytest.mark.parametrize(
    ("moments", "code"),
    [
        ({}, ""),
        ({"pickup_ready_dt": 0}, ""),
        ({"pickup_ready_dt": -2}, "pickup_ready_too_early"),
        ({"pickup_ready_dt": 30 * 1440}, ""),
        ({"pickup_ready_dt": 30 * 1440 + 1}, "pickup_ready_too_late"),
        ({"pickup_ready_dt": 30, "pickup_deadline_dt": 40}, ""),
        ({"pickup_ready_dt": 30, "pickup_deadline_dt": 39}, "pickup_window_too_small"),
        ({"pickup_deadline_dt": 19}, "pickup_deadline_too_early"),
        ({"pickup_deadline_dt": 20}, ""),
        ({"pickup_deadline_dt": 60, "dropoff_ready_dt": 60, "dropoff_deadline_dt": 80}, ""),
        ({"pickup_deadline_dt": 60, "dropoff_ready_dt": 61}, "dropoff_ready_after_pickup_deadline"),
        ({"dropoff_ready_dt": 60, "dropoff_deadline_dt": 79}, "dropoff_deadline_too_early"),
        ({"pickup_deadline_dt": 60, "dropoff_deadline_dt": 59}, "dropoff_deadline_before_pickup_deadline"),
        ({"pickup_deadline_dt": 60, "dropoff_deadline_dt": 60}, ""),
    ],
)
def test_the_four_moments_keep_their_distances(moments: dict[str, float], code: str) -> None:
    assert broken(**moments) == code


# ── changes ──


def test_a_change_touches_only_what_is_new() -> None:
    before = a_body(dropoff_notes="Ring", dropoff_seller_notes="Fragile")
    after = asking.merged(before, UpdateBody(dropoff_notes="Knock"))
    change = asking.change_of(before, after)
    assert change
    assert change.instructions == "Knock · Fragile"
    assert (change.pickup_instructions, change.proof, change.barcodes, change.place) == (None, None, None, None)
    assert asking.change_of(before, asking.merged(before, UpdateBody(tip_by_customer=5))) is None


def test_labels_are_added_to_what_was_asked_for_before() -> None:
    before = a_body(dropoff_verification={"signature_requirement": {"enabled": True}})
    labels = UpdateBody.model_validate({"dropoff_verification": {"barcodes": [{"value": "B"}]}})
    after = asking.merged(before, labels)
    assert asking.signature_wanted(after)
    change = asking.change_of(before, after)
    assert change
    assert change.barcodes == (Barcode("B"),)
