"""Uber Direct: the contract, and what is peculiar to it."""

import hmac
from datetime import timedelta
from hashlib import sha256
from typing import Any, ClassVar

import pytest

from homeward.deliveries.model import AgeCheck, Handover, Undeliverable
from homeward.fleets.carriers.contract import Carrier, CarrierState
from homeward.fleets.carriers.uber_direct import from_wire, state_of_way_back, to_wire, way_back
from homeward.kit.money import Money
from tests.builders import TUESDAY_NOON
from tests.fleets.carriers.contract_suite import CarrierContract, an_errand
from tests.fleets.carriers.peers import HOOK_SECRET, UBER_LOGIN, UberPeer


class TestUberDirect(CarrierContract):
    code = "uber_direct"
    login = UBER_LOGIN
    new_peer = UberPeer
    refusal = "address_undeliverable"
    way: ClassVar = {
        "pending": CarrierState.SEARCHING,
        "pickup": CarrierState.TO_PICKUP,
        "pickup_complete": CarrierState.PICKED_UP,
        "dropoff": CarrierState.TO_DROPOFF,
        "delivered": CarrierState.DELIVERED,
        "returned": CarrierState.RETURNING,
    }

    def signed(self, body: bytes) -> tuple[dict[str, str], bytes]:
        return {"x-uber-signature": hmac.new(HOOK_SECRET.encode(), body, sha256).hexdigest()}, body

    async def test_a_token_is_asked_for_once_and_kept(self, carrier: Carrier, peer: Any) -> None:
        for _ in range(4):
            await carrier.quote(an_errand())
        assert peer.tokens == 1

    async def test_a_token_that_ended_early_is_replaced_once(self, carrier: Carrier, peer: Any) -> None:
        await carrier.quote(an_errand())
        peer.tokens_valid = False
        await carrier.quote(an_errand())
        assert peer.tokens == 2

    async def test_the_way_back_is_a_delivery_of_its_own(self, carrier: Carrier, peer: Any) -> None:
        taken = await self.ordered(carrier)
        peer.moves("returned", related_deliveries=[{"id": "ret_1", "relationship": "return"}])
        back = {"id": "ret_1", "external_id": "other", "status": "dropoff"}
        peer.deliveries["ret_1"] = {"body": back, "ordered": False}
        for theirs, ours in (("dropoff", CarrierState.RETURNING), ("delivered", CarrierState.RETURNED)):
            back["status"] = theirs
            found = await carrier.find("cjb_1", taken.job)
            assert found is not None
            assert found.state is ours


def test_near_is_not_arrived() -> None:
    said = {"id": "del_1", "status": "dropoff", "courier_imminent": True, "fee": 650, "currency": "usd"}
    assert from_wire(said).state is CarrierState.TO_DROPOFF


def test_the_fee_of_a_delivery_includes_the_tip_and_ours_does_not() -> None:
    said = {"id": "del_1", "status": "pending", "fee": 850, "tip": 200, "currency": "usd"}
    assert from_wire(said).fee == Money(650, "USD")


def test_what_was_called_off_after_the_pick_up_is_lost() -> None:
    said = {"id": "del_1", "status": "canceled", "fee": 650, "currency": "usd"}
    assert from_wire(said).state is CarrierState.CANCELLED
    assert from_wire({**said, "pickup": {"status": "completed"}}).state is CarrierState.LOST


def test_as_soon_as_possible_has_no_windows_and_later_has_all_four() -> None:
    assert "pickup_ready_dt" not in to_wire(an_errand(), "dqt_1", TUESDAY_NOON)
    later = TUESDAY_NOON + timedelta(hours=2)
    said = to_wire(an_errand(ready_at=later, promised_by=later + timedelta(hours=1)), "dqt_1", TUESDAY_NOON)
    assert said["pickup_ready_dt"] < said["pickup_deadline_dt"] <= said["dropoff_deadline_dt"]
    assert said["dropoff_ready_dt"] <= said["pickup_deadline_dt"]


def test_wishes_are_told_in_its_words() -> None:
    said = to_wire(
        an_errand(
            age=AgeCheck(21, sober=True), handover=Handover.AT_DOOR, undeliverable=Undeliverable.DISPOSE, pin="1234"
        ),
        "",
        TUESDAY_NOON,
    )
    assert said["dropoff_verification"]["identification"] == {"min_age": 21, "no_sobriety_check": False}
    assert said["dropoff_verification"]["pincode"] == {"enabled": True, "type": "merchant_provided", "value": "1234"}
    assert said["deliverable_action"] == "deliverable_action_leave_at_door"
    assert said["undeliverable_action"] == "discard"
    assert "quote_id" not in said


@pytest.mark.parametrize(
    "related", [{"id": "ret_1", "relationship": "return"}, [{"id": "ret_1", "relationship": "return"}]]
)
def test_the_linked_delivery_may_be_one_or_a_list(related: Any) -> None:
    assert way_back({"related_deliveries": related}) == "ret_1"
    assert way_back({"related_deliveries": [{"id": "x", "relationship": "original"}]}) is None
    assert state_of_way_back({"status": "canceled"}) is CarrierState.LOST
