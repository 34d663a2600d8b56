"""Whom a call is put through to."""

from dataclasses import replace

import pytest

from homeward.deliveries.model import Contact, Delivery
from homeward.deliveries.states import State
from homeward.messages.relay import policy
from homeward.messages.relay.policy import Party
from tests.facades.doordash_drive.test_telling import a_delivery

COURIER, SHOPPER, STORE = "+41790000003", "+41791234567", "+41790000001"


def connected(state: State, caller: str | None) -> tuple[Party | None, Party, str] | None:
    delivery = a_delivery(state)
    found = policy.connection(with_phones(delivery), COURIER, caller)
    return (found.caller, found.party, found.phone) if found else None


def with_phones(delivery: Delivery, shopper: str | None = SHOPPER) -> Delivery:
    pickup = replace(delivery.pickup, contact=Contact(phone=STORE))
    return replace(delivery, pickup=pickup, dropoff=replace(delivery.dropoff, contact=Contact(phone=shopper)))


@pytest.mark.parametrize(
    ("state", "party", "phone"),
    [
        (State.ASSIGNED, Party.STORE, STORE),
        (State.AT_PICKUP, Party.STORE, STORE),
        (State.PICKED_UP, Party.SHOPPER, SHOPPER),
        (State.AT_DROPOFF, Party.SHOPPER, SHOPPER),
        (State.DELIVERED, Party.SHOPPER, SHOPPER),
        (State.RETURNING, Party.STORE, STORE),
    ],
)
def test_the_courier_reaches_the_stop_that_they_are_busy_with(state: State, party: Party, phone: str) -> None:
    assert connected(state, COURIER) == (Party.COURIER, party, phone)


@pytest.mark.parametrize(
    ("caller", "taken_for"),
    [
        (SHOPPER, Party.SHOPPER),
        ("0041 79 123 45 67", Party.SHOPPER),
        (STORE, Party.STORE),
        ("+41440000000", None),
        (None, None),
    ],
)
def test_everybody_else_reaches_the_courier(caller: str | None, taken_for: Party | None) -> None:
    assert connected(State.TO_DROPOFF, caller) == (taken_for, Party.COURIER, COURIER)


def test_without_a_number_nobody_is_reached_and_the_caller_is_told() -> None:
    delivery = with_phones(a_delivery(State.TO_DROPOFF), shopper=None)
    assert policy.connection(delivery, COURIER, COURIER) is None
    assert policy.connection(delivery, None, SHOPPER) is None
    assert policy.to_caller("Bakery", None) == "Bakery: nobody can be reached for this delivery. Goodbye."
