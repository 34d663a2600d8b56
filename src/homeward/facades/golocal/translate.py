"""From this dialect to ours and what is remembered for the way back. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from homeward.deliveries.contents import Contents, Goods, Item
from homeward.deliveries.model import (
    AgeCheck,
    Barcode,
    BookRequest,
    Building,
    ChangeRequest,
    Contact,
    Door,
    DropoffRequest,
    Handover,
    Handshake,
    ProofRequest,
    Spot,
    StepProof,
)
from homeward.facades.golocal.checks import parcel_of
from homeward.facades.golocal.names import NAMES
from homeward.facades.golocal.reading import Said
from homeward.kit.money import Money
from homeward.kit.places import LatLon
from homeward.kit.windows import Window
from homeward.merchants.credentials.model import Dialect
from homeward.quotes.model import AddressAsked, QuoteRequest

MANUAL_ROBOT: Final = {"mode": "manual"}
"""In the sandbox nothing happens to a delivery but what its simulator is told."""

DIALECT: Final = str(Dialect.GOLOCAL)

_ADDRESS: Final = ("line1", "line2", "city", "state", "zip_code", "country_code")
_PIN: Final = ("latitude", "longitude", "coordinates_type")
_CUSTOMER: Final = ("customer_first_name", "customer_last_name", "customer_phone", "customer_email")
_CONTENTS: Final = ("total_items", "order_value", "order_items", "order_size", "order_weight_lb", "order_volume_cuft")
_NOT_KEPT: Final = ("client_id", "customer", "customer_phone", "customer_email")
_LONGEST_NAME: Final = 120


@dataclass(frozen=True, slots=True)
class Pickup:
    """The pickup point that a request names, as the network knows it."""

    store_id: str
    currency: str


# ── quotes ──


def quote_request(said: Said, pickup: Pickup) -> QuoteRequest:
    parcel = parcel_of(said)
    assert parcel, "what is too large was refused before"
    return QuoteRequest(
        store_id=pickup.store_id,
        parcel=parcel,
        address=address_of(said),
        place=place_of(said),
        ready_at=said.get("ready_at"),
        window=window_of(said),
    )


def window_of(said: Said) -> Window:
    return Window(said["window_from"], said["window_to"])


def address_of(said: Said) -> AddressAsked:
    """The state is for the eye: postcode and town already say which one is meant."""
    return AddressAsked(
        street=said.get("line1", ""),
        unit=said.get("line2", ""),
        city=said.get("city", ""),
        postcode=said.get("zip_code", ""),
    )


def place_of(said: Said) -> LatLon | None:
    """Coordinates count where the shopper set the pin; others are a guess no better than ours from the address."""
    if said.get("coordinates_type") != NAMES.defaults["pin_drop"]:
        return None
    if "latitude" not in said or "longitude" not in said:
        return None
    return LatLon(said["latitude"], said["longitude"])


# ── booking ──


def book_request(said: Said, pickup: Pickup) -> BookRequest:
    """A booking without a quote; one with a quote adds its ids."""
    return BookRequest(
        dropoff=DropoffRequest(
            address=address_of(said),
            place=place_of(said),
            unit=said.get("line2", ""),
            contact=contact_of(said),
            instructions=said.get("dropoff_instructions", ""),
            building=_building(said),
            spot=_spot(said),
            gate_code=said.get("gate_code", ""),
        ),
        store_id=pickup.store_id,
        parcel=parcel_of(said),
        ready_at=said["ready_at"],
        window=window_of(said),
        contents=contents_of(said, pickup.currency),
        external_id=said["external_order_id"],
        pickup_instructions=said.get("pickup_instructions") or None,
        proof=_proof(said),
        handover=Handover.TO_PERSON if _wants_person(said) else Handover.ANY,
        tip=_money(said["tip_amount"], said.get("tip_currency") or pickup.currency) if "tip_amount" in said else None,
        notify=said.get("text_messages", True),
        door=Door(DIALECT, {"said": kept(said)}),
    )


def contact_of(said: Said) -> Contact:
    names = (said.get("customer_first_name", ""), said.get("customer_last_name", ""))
    name = " ".join(filter(None, names))[:_LONGEST_NAME]
    return Contact(name, said.get("customer_phone") or None, said.get("customer_email") or None)


def contents_of(said: Said, currency: str) -> Contents:
    goods = (Goods.ALCOHOL,) if said.get("alcohol") else ()
    value = _money(said["order_value"], currency) if "order_value" in said else None
    items = tuple(Item(**line) for line in said.get("order_items", ()))
    return Contents(count=said.get("total_items", 1), value=value, items=items, goods=goods)


def _proof(said: Said) -> ProofRequest:
    """The service that is wanted decides; the flags that must come with it add nothing."""
    labels = tuple(Barcode(text) for text in said.get("scan_ids", ())) if said.get("chain_of_custody") else ()
    age = AgeCheck(NAMES.defaults["alcohol_min_age"]) if said.get("alcohol") else None
    return ProofRequest(
        photo=said.get("photo", False),
        signature=said.get("signature", False),
        # Stated: the driver cannot finish without the code, and brings the order back if the shopper has none.
        pin_strict=said.get("passcode", False),
        age=age,
        barcodes=labels,
        at_pickup=StepProof(barcodes=labels),
        handshake=_handshake(said),
    )


def _handshake(said: Said) -> Handshake:
    if not said.get("handshake"):
        return Handshake.NONE
    return Handshake.ASKED if said.get("handshake_bypass") else Handshake.REQUIRED


def _wants_person(said: Said) -> bool:
    return any(said.get(flag) for flag in ("attended", "signature", "passcode", "alcohol"))


def _building(said: Said) -> Building | None:
    return Building(said["property_type"]) if said.get("property_type") else None


def _spot(said: Said) -> Spot | None:
    return Spot(said["location_preference"]) if said.get("location_preference") else None


def _money(amount: float, currency: str) -> Money:
    scale = 10 ** Money(0, currency).exponent
    return Money(int((Decimal(str(amount)) * scale).to_integral_value()), currency)


def tip_of(said: Said, currency: str) -> Money | None:
    """None: the amount has parts that the currency does not know."""
    money = _money(said["tip_amount"], said.get("tip_currency") or currency)
    whole = Decimal(money.minor) / 10**money.exponent
    return money if whole == Decimal(str(said["tip_amount"])) else None


# ── what is remembered ──


def kept(said: Said) -> dict[str, Any]:
    """What the dialect reads back, ready for JSON: all that was said but how to reach the shopper."""
    return {name: _plain(value) for name, value in said.items() if name not in _NOT_KEPT}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, tuple):
        return list(value)
    return value


def remembered(data: Mapping[str, Any]) -> Said:
    """What `kept` made, as it was said."""
    said = dict(data.get("said", {}))
    for name, value in said.items():
        if NAMES.fields[name].kind == "moment":
            said[name] = datetime.fromisoformat(value)
        if NAMES.fields[name].kind == "texts":
            said[name] = tuple(value)
    return said


# ── changes ──


def change_request(after: Said, changed: Sequence[str], currency: str, pickup: Pickup | None) -> ChangeRequest:
    """`after` is everything as it shall be, `changed` what becomes different; `pickup` is the new pickup point, if any.

    Another pickup point has its own instructions; those of the order go with it.
    """

    def touches(*names: str) -> bool:
        return any(name in changed for name in names)

    labels = tuple(Barcode(text) for text in after.get("scan_ids", ())) if after.get("chain_of_custody") else None
    moved = touches(*_ADDRESS, *_PIN)
    return ChangeRequest(
        contact=contact_of(after) if touches(*_CUSTOMER) else None,
        instructions=after.get("dropoff_instructions", "") if touches("dropoff_instructions") else None,
        unit=after.get("line2", "") if touches("line2") else None,
        pickup_instructions=after.get("pickup_instructions")
        if touches("pickup_instructions", "pickup_point")
        else None,
        store_id=pickup.store_id if pickup else None,
        window=window_of(after) if touches("window_from", "window_to") else None,
        address=address_of(after) if moved else None,
        place=place_of(after) if moved else None,
        ready_at=after["ready_at"] if touches("ready_at") else None,
        building=_building(after) if touches("property_type") else None,
        spot=_spot(after) if touches("location_preference", "property_type") else None,
        gate_code=after.get("gate_code", "") if touches("gate_code") else None,
        contents=contents_of(after, currency) if touches(*_CONTENTS) else None,
        barcodes=labels if touches("scan_ids") else None,
        pickup_barcodes=labels if touches("scan_ids") else None,
        door_data={"said": kept(after)},
    )
