"""DoorDash Drive: the contract, and what is peculiar to it."""

from datetime import timedelta
from typing import ClassVar

import pytest

from homeward.deliveries.model import AgeCheck, Contents, Goods, Handover
from homeward.fleets.carriers.contract import CarrierState
from homeward.fleets.carriers.doordash_drive import event_from, from_wire, to_wire
from tests.builders import TUESDAY_NOON
from tests.fleets.carriers.contract_suite import CarrierContract, an_errand
from tests.fleets.carriers.peers import DOORDASH_LOGIN, HOOK_SECRET, DoordashPeer


class TestDoordashDrive(CarrierContract):
    code = "doordash_drive"
    login = DOORDASH_LOGIN
    new_peer = DoordashPeer
    refusal = "distance_too_long"
    way: ClassVar = {
        "created": CarrierState.SEARCHING,
        "confirmed": CarrierState.ASSIGNED,
        "enroute_to_pickup": CarrierState.TO_PICKUP,
        "arrived_at_pickup": CarrierState.AT_PICKUP,
        "picked_up": CarrierState.PICKED_UP,
        "enroute_to_dropoff": CarrierState.TO_DROPOFF,
        "arrived_at_dropoff": CarrierState.AT_DROPOFF,
        "enroute_to_return": CarrierState.RETURNING,
        "arrived_at_return": CarrierState.AT_RETURN,
        "returned": CarrierState.RETURNED,
        "delivered": CarrierState.DELIVERED,
    }

    def signed(self, body: bytes) -> tuple[dict[str, str], bytes]:
        return {"authorization": HOOK_SECRET}, body


def test_the_shopper_is_never_written_to_by_the_carrier() -> None:
    assert to_wire(an_errand(), TUESDAY_NOON)["dropoff_contact_send_notifications"] is False


def test_weight_is_told_in_pounds_and_the_contents_in_one_word() -> None:
    (item,) = to_wire(an_errand(), TUESDAY_NOON)["items"]
    assert item == {"name": "Parcel", "quantity": 1, "weight": 4.4092}


def test_what_must_be_checked_at_the_door_is_asked_for() -> None:
    contents = Contents(goods=(Goods.ALCOHOL,))
    said = to_wire(an_errand(age=AgeCheck(21), signature=True, pin="1234", contents=contents), TUESDAY_NOON)
    assert said["dropoff_options"] == {
        "proof_of_delivery": "pin_code",
        "signature": "required",
        "id_verification": "required",
    }
    assert said["order_contains"] == {"alcohol": True}
    assert said["dropoff_pin_code_verification_metadata"]["pin_code_value"] == "1234"


@pytest.mark.parametrize(("in_minutes", "told"), [(0, False), (10, False), (11, True)])
def test_a_pick_up_time_is_told_only_when_it_lies_ahead(in_minutes: int, told: bool) -> None:
    errand = an_errand(ready_at=TUESDAY_NOON + timedelta(minutes=in_minutes))
    assert ("pickup_time" in to_wire(errand, TUESDAY_NOON)) is told


def test_a_parcel_for_the_doorstep_is_contactless() -> None:
    assert to_wire(an_errand(handover=Handover.AT_DOOR), TUESDAY_NOON)["contactless_dropoff"] is True
    assert to_wire(an_errand(), TUESDAY_NOON)["contactless_dropoff"] is False


@pytest.mark.parametrize(
    ("reason", "ours"),
    [
        ("cancelled_by_creator", CarrierState.CANCELLED),
        ("failed_to_assign_and_refunded", CarrierState.CANCELLED),
        ("failed_to_pickup", CarrierState.CANCELLED),
        ("failed_to_deliver", CarrierState.LOST),
        ("failed_to_return", CarrierState.LOST),
    ],
)
def test_their_reason_tells_whether_the_parcel_had_left_the_store(reason: str, ours: CarrierState) -> None:
    said = {"delivery_status": "cancelled", "cancellation_reason": reason, "external_delivery_id": "a"}
    assert from_wire({**said, "fee": 0, "currency": "USD"}).state is ours


def test_names_of_events_are_the_same_in_upper_and_lower_case() -> None:
    loud = event_from(b'{"event_name": "DASHER_ENROUTE_TO_PICKUP", "external_delivery_id": "a", "created_at": "t"}')
    soft = event_from(b'{"event_name": "dasher_enroute_to_pickup", "external_delivery_id": "a", "created_at": "t"}')
    assert loud == soft
