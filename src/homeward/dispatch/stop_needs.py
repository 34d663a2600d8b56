"""What a courier is shown of a stop besides its address: what to prove, where exactly, what to mind. Pure."""

from collections.abc import Sequence
from typing import Any

from homeward.deliveries.model import AGE_RESTRICTED, Barcode, Delivery, Handshake, Requirements, Step, StepProof
from homeward.dispatch.model import StopKind
from homeward.kit.problems import jsonable


def needs_of(delivery: Delivery, kind: StopKind) -> dict[str, Any]:
    """What must be shown at this stop. The PIN itself only the shopper or the store knows."""
    wanted = delivery.requirements
    match kind:
        case StopKind.PICKUP:
            shown = delivery.pickup.code
            return {"code": wanted.pickup_code, **_of_step(wanted.at_pickup), **_meeting(wanted, Step.PICKUP, shown)}
        case StopKind.DROPOFF:
            return _at_the_door(delivery)
        case StopKind.RETURN:
            asks_pin = wanted.return_pin is not None and wanted.return_pin_tries_left > 0
            locked = wanted.return_pin is not None and not asks_pin
            usual = _of_step(wanted.at_return)
            meeting = _meeting(wanted, Step.RETURN, wanted.return_code)
            return {**usual, "photo": usual["photo"] or locked, "pin": asks_pin, **meeting}


def _at_the_door(delivery: Delivery) -> dict[str, Any]:
    wanted = delivery.requirements
    return {
        "photo": wanted.photo or wanted.pin_replaced,
        "signature": wanted.signature,
        "signer_name": wanted.signature and wanted.signer_name,
        "signer_relationship": wanted.signature and wanted.signer_relationship,
        "pin": wanted.asks_pin,
        "pin_strict": wanted.pin_strict,
        "pin_locked": wanted.pin_locked,
        "labels": _labels(wanted.barcodes),
        "age": jsonable(wanted.age),
        "handover": str(wanted.handover),
        "round_trip": list(wanted.round_trip),
    }


def _of_step(wanted: StepProof) -> dict[str, Any]:
    return {"photo": wanted.photo, "signature": wanted.signature, "labels": _labels(wanted.barcodes)}


def _meeting(wanted: Requirements, step: Step, code: str | None) -> dict[str, Any]:
    """The code that the courier shows to the store, and whether the store has said yes."""
    if wanted.handshake is Handshake.NONE:
        return {"show_code": None, "handshake": str(Handshake.NONE), "confirmed": False}
    return {"show_code": code, "handshake": str(wanted.handshake), "confirmed": step in wanted.confirmed}


def _labels(barcodes: Sequence[Barcode]) -> list[dict[str, str]]:
    return [{"value": barcode.value, "format": barcode.format} for barcode in barcodes]


def way_in(delivery: Delivery, kind: StopKind) -> dict[str, Any]:
    """How to find the very door; nothing at a store."""
    door = delivery.dropoff
    if kind is not StopKind.DROPOFF:
        return {}
    names = ("company", "building", "spot", "gate_code", "neighbour")
    said = {name: getattr(door, name) for name in names}
    return {name: str(value) for name, value in said.items() if value}


def restricted_goods(delivery: Delivery) -> list[str]:
    """Goods in the parcel that the law gives to people of age only."""
    return [str(goods) for goods in delivery.contents.goods if goods in AGE_RESTRICTED]
