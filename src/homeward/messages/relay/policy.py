"""Whom a call is put through to. Pure; wired up in docs/howto/masked-telephone.md."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from homeward.deliveries.model import Delivery
from homeward.deliveries.states import ON_THE_WAY, State

_NOT_DIALLED: Final = str.maketrans("", "", " -./()")


class Party(StrEnum):
    """Who may be at an end of a call."""

    COURIER = "courier"
    SHOPPER = "shopper"
    STORE = "store"


@dataclass(frozen=True, slots=True)
class Connection:
    """Dial `phone` and never show it; `caller` is who we take the caller for."""

    caller: Party | None
    party: Party
    phone: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call flow does next. Without a `connect` it says `to_caller` and hangs up."""

    delivery_id: str
    connect: Connection | None
    to_caller: str
    to_called: str
    until: datetime | None


def same_number(one: str | None, other: str | None) -> bool:
    """Whether both are written for the same telephone. A withheld number is nobody's."""
    return bool(one and other) and _bare(one or "") == _bare(other or "")


def connection(delivery: Delivery, courier_phone: str | None, caller: str | None) -> Connection | None:
    """The courier is put through to the stop that they are busy with, everybody else to the courier.

    Whoever knows the code but calls from an unknown number is put through too: shoppers call from whatever phone is at
    hand, and all that they learn is the courier's voice. None: there is no number to dial.
    """
    if courier_phone and same_number(caller, courier_phone):
        return _from_courier(delivery)
    if courier_phone is None:
        return None
    return Connection(_who(delivery, caller), Party.COURIER, courier_phone)


def _who(delivery: Delivery, caller: str | None) -> Party | None:
    if same_number(caller, delivery.dropoff.contact.phone):
        return Party.SHOPPER
    return Party.STORE if same_number(caller, delivery.pickup.contact.phone) else None


def _from_courier(delivery: Delivery) -> Connection | None:
    """At the door and after it the shopper, before the pickup and on the way back the store."""
    if delivery.state in ON_THE_WAY | {State.DELIVERED}:
        party, phone = Party.SHOPPER, delivery.dropoff.contact.phone
    else:
        party, phone = Party.STORE, delivery.pickup.contact.phone
    return Connection(Party.COURIER, party, phone) if phone else None


def _bare(phone: str) -> str:
    """Digits with a plus before the country; some providers write 00 for it."""
    digits = phone.translate(_NOT_DIALLED)
    return f"+{digits[2:]}" if digits.startswith("00") else digits


def to_caller(merchant_name: str, connected: Connection | None) -> str:
    if connected is None:
        return f"{merchant_name}: nobody can be reached for this delivery. Goodbye."
    named = {Party.COURIER: "the courier", Party.SHOPPER: "the recipient", Party.STORE: "the store"}
    return f"{merchant_name}: we connect you with {named[connected.party]}."


def to_called(merchant_name: str, connected: Connection | None) -> str:
    return f"A call about a delivery of {merchant_name}." if connected else ""
