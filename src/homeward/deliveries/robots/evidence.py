"""What a robot hands in: real pictures, and the very codes that were asked for. No chance and no clock in it."""

from collections.abc import Sequence
from datetime import date, datetime
from io import BytesIO
from typing import Final

from PIL import Image, ImageDraw

from homeward.deliveries.model import (
    AgeCheck,
    Barcode,
    Delivery,
    Evidence,
    EvidenceKind,
    Handover,
    Requirements,
    StepProof,
)
from homeward.deliveries.robots.model import Step

SIGNER: Final = {"name": "Robin R", "relationship": "self"}
_YEARS_TO_SPARE: Final = 20


def evidence_for(delivery: Delivery, step: Step, now: datetime) -> list[Evidence]:
    """Everything that this step is asked to prove, as it should be."""
    wanted = delivery.requirements
    match step:
        case Step.PICK_UP:
            code = [Evidence(EvidenceKind.CODE, text=delivery.pickup.code)] if wanted.pickup_code else []
            return [*code, *_of_step(wanted.at_pickup)]
        case Step.HAND_OVER:
            return _at_the_door(wanted, now.date())
        case Step.RETURN_HANDED:
            asks_pin = wanted.return_pin is not None and wanted.return_pin_tries_left > 0
            pin = [Evidence(EvidenceKind.PIN, text=wanted.return_pin)] if asks_pin else []
            locked = wanted.return_pin is not None and not asks_pin
            return [*pin, *_of_step(wanted.at_return), *([_photo()] if locked and not wanted.at_return.photo else [])]
        case _:
            return []


def _at_the_door(wanted: Requirements, today: date) -> list[Evidence]:
    shows = wanted.photo or wanted.handover is Handover.AT_DOOR or wanted.pin_replaced
    pieces = [_photo()] if shows else []
    if wanted.signature:
        pieces.append(_signature())
    if wanted.asks_pin:
        pieces.append(Evidence(EvidenceKind.PIN, text=wanted.pin))
    if wanted.age is not None:
        pieces.append(_of_age(wanted.age, today))
    return [*pieces, *_scans(wanted.barcodes)]


def _of_step(wanted: StepProof) -> list[Evidence]:
    pictures = [*([_photo()] if wanted.photo else []), *([_signature()] if wanted.signature else [])]
    return [*pictures, *_scans(wanted.barcodes)]


def _scans(barcodes: Sequence[Barcode]) -> list[Evidence]:
    return [Evidence(EvidenceKind.SCAN, text=code.value, details={"format": code.format}) for code in barcodes]


def _of_age(wanted: AgeCheck, today: date) -> Evidence:
    born = date(today.year - wanted.min_age - _YEARS_TO_SPARE, 1, 1)
    return Evidence(EvidenceKind.AGE_CHECK, text=born.isoformat(), details={"sober": True})


def _photo() -> Evidence:
    """A parcel in front of a door."""
    image = Image.new("RGB", (640, 480), "#d8d2c6")
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 380, 640, 480), fill="#8d8578")
    draw.rectangle((210, 60, 430, 380), fill="#35506b", outline="#22364a", width=6)
    draw.ellipse((395, 215, 415, 235), fill="#d9b44a")
    draw.rectangle((240, 310, 400, 430), fill="#b98a54", outline="#8c6539", width=4)
    draw.line((320, 310, 320, 430), fill="#e2c08d", width=14)
    draw.text((255, 385), "TEST", fill="#4d3517", font_size=24)
    return Evidence(EvidenceKind.PHOTO, content=_bytes(image, "JPEG"))


def _signature() -> Evidence:
    """A wavy line in ink on nothing, as phones send it."""
    image = Image.new("RGBA", (480, 160), (0, 0, 0, 0))
    line = [(40 + 8 * n, 80 + (-1) ** n * (50 - n)) for n in range(50)]
    ImageDraw.Draw(image).line(line, fill=(20, 30, 90, 255), width=4, joint="curve")
    return Evidence(EvidenceKind.SIGNATURE, content=_bytes(image, "PNG"), details=SIGNER)


def _bytes(image: Image.Image, kind: str) -> bytes:
    out = BytesIO()
    image.save(out, kind)
    return out.getvalue()
