"""Whether the evidence of a report is what the merchant asked for: codes, labels, age, signatures. Pure.

A refusal may carry `events` all the same: a wrong PIN, a wrong label and a failed age check are part of the story.
"""

import hmac
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from homeward.deliveries.errors import (
    HandshakeMissing,
    PinLocked,
    PinWrong,
    ProofMissing,
    RecipientNotAllowed,
    WrongParcel,
)
from homeward.deliveries.model import Barcode, Delivery, Evidence, EvidenceKind, Handshake, Requirements, Step
from homeward.kit.places import LatLon
from homeward.kit.problems import FieldError, MalformedRequest, Problem

PIN_LOCKED: Final = "pin_locked"
PICTURES: Final = frozenset({EvidenceKind.PHOTO, EvidenceKind.SIGNATURE})
_SHOWN_OF_A_LABEL: Final = 64


@dataclass(frozen=True, slots=True)
class ProofVerdict:
    """`refusal` None: the step may be taken. `tried` is told as an event although the step is refused.

    `requirements` may have changed (a spent PIN try) even then.
    """

    requirements: Requirements
    refusal: Problem | None = None
    attention: str | None = None
    tried: dict[str, Any] | None = None


def check_pickup(delivery: Delivery, evidence: Sequence[Evidence]) -> ProofVerdict:
    """Whether the parcel taken is the right one. A code that is sent must fit, also where none was asked for."""
    wanted = delivery.requirements
    labels = [barcode.value for barcode in wanted.at_pickup.barcodes]
    codes = [text for text in (delivery.id, delivery.external_id, delivery.pickup.code) if text]
    scanned = _texts(evidence, EvidenceKind.SCAN) + _texts(evidence, EvidenceKind.CODE)
    wrong = _first_stranger(scanned, [*codes, *labels])
    if wrong is not None:
        return _wrong_label(delivery, Step.PICKUP, wrong)
    if wanted.handshake is Handshake.REQUIRED and Step.PICKUP not in wanted.confirmed:
        return ProofVerdict(wanted, HandshakeMissing(delivery.id, Step.PICKUP))
    needs = _pictures_needed(evidence, photo=wanted.at_pickup.photo, signature=wanted.at_pickup.signature)
    if wanted.pickup_code and not scanned:
        needs.append(EvidenceKind.CODE)
    return _verdict(delivery, needs, _not_scanned(labels, scanned))


def check_handover(delivery: Delivery, evidence: Sequence[Evidence], at: datetime) -> ProofVerdict:
    """Whether the evidence at the door is enough.

    A wrong PIN costs a try; without tries the photo takes its place, or, of a strict PIN, nothing does.
    """
    wanted = delivery.requirements
    refused = _refused_label(delivery, Step.DROPOFF, wanted.barcodes, evidence) or _refused_age(delivery, evidence, at)
    if refused is not None:
        return refused
    if wanted.pin_locked:
        return ProofVerdict(wanted, PinLocked(delivery.id))
    pin = next(iter(_texts(evidence, EvidenceKind.PIN)), None)
    if wanted.asks_pin and pin is not None and not _same(pin, str(wanted.pin)):
        tries_left = wanted.pin_tries_left - 1
        return _wrong_pin(delivery, replace(wanted, pin_tries_left=tries_left), tries_left)
    needs = _pictures_needed(evidence, photo=wanted.photo or wanted.pin_replaced, signature=wanted.signature)
    if wanted.asks_pin and pin is None:
        needs.append(EvidenceKind.PIN)
    if wanted.age is not None and not _texts(evidence, EvidenceKind.AGE_CHECK):
        needs.append(EvidenceKind.AGE_CHECK)
    needs_of_signer = _signer_needed(wanted, evidence)
    missing = _not_scanned([barcode.value for barcode in wanted.barcodes], _texts(evidence, EvidenceKind.SCAN))
    return _verdict(delivery, [*needs, *needs_of_signer], missing)


def check_return(delivery: Delivery, evidence: Sequence[Evidence]) -> ProofVerdict:
    """Whether the store's side of a return is proven: its PIN, its confirmation, pictures and labels."""
    wanted = delivery.requirements
    refused = _refused_label(delivery, Step.RETURN, wanted.at_return.barcodes, evidence)
    if refused is not None:
        return refused
    if wanted.handshake is Handshake.REQUIRED and Step.RETURN not in wanted.confirmed:
        return ProofVerdict(wanted, HandshakeMissing(delivery.id, Step.RETURN))
    asks_pin = wanted.return_pin is not None and wanted.return_pin_tries_left > 0
    pin = next(iter(_texts(evidence, EvidenceKind.PIN)), None)
    if asks_pin and pin is not None and not _same(pin, str(wanted.return_pin)):
        tries_left = wanted.return_pin_tries_left - 1
        return _wrong_pin(delivery, replace(wanted, return_pin_tries_left=tries_left), tries_left)
    pin_locked = wanted.return_pin is not None and not asks_pin
    needs = _pictures_needed(evidence, photo=wanted.at_return.photo or pin_locked, signature=wanted.at_return.signature)
    if asks_pin and pin is None:
        needs.append(EvidenceKind.PIN)
    labels = [barcode.value for barcode in wanted.at_return.barcodes]
    return _verdict(delivery, needs, _not_scanned(labels, _texts(evidence, EvidenceKind.SCAN)))


def age_on(born: date, day: date) -> int:
    """Whole years; who was born on the 29th of February has a birthday on the 1st of March in other years."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def _day_at(place: LatLon, at: datetime) -> date:
    """The date by the sun at a place: clocks run an hour or two before it, so nobody comes of age too early."""
    return (at.astimezone(UTC) + timedelta(hours=place.lon / 15)).date()


def kept_of(piece: Evidence, requirements: Requirements) -> dict[str, Any]:
    """What is stored of a piece of evidence besides its picture: never a PIN, never a date of birth."""
    match piece.kind:
        case EvidenceKind.PIN:
            return {}
        case EvidenceKind.AGE_CHECK:
            age = requirements.age
            sober = bool(piece.details.get("sober"))
            return {"verified": True, "min_age": age.min_age if age else None, "sober": sober}
        case EvidenceKind.SIGNATURE:
            return {name: str(piece.details[name]) for name in ("name", "relationship") if piece.details.get(name)}
        case EvidenceKind.SCAN:
            return {"text": piece.text or "", "format": str(piece.details.get("format", "")), "result": "success"}
        case EvidenceKind.PHOTO:
            return {}
        case _:
            return {"text": piece.text or ""}


# ── the single questions ──


def _refused_age(delivery: Delivery, evidence: Sequence[Evidence], at: datetime) -> ProofVerdict | None:
    wanted = delivery.requirements.age
    shown = next((piece for piece in evidence if piece.kind is EvidenceKind.AGE_CHECK), None)
    if wanted is None or shown is None:
        return None
    try:
        born = date.fromisoformat(shown.text or "")
    except ValueError:
        wrong = FieldError("/evidence", "bad-date", "give the date of birth as YYYY-MM-DD")
        return ProofVerdict(delivery.requirements, MalformedRequest([wrong]))
    too_young = age_on(born, _day_at(delivery.dropoff.place, at)) < wanted.min_age
    drunk = wanted.sober and shown.details.get("sober") is not True
    if not too_young and not drunk:
        return None
    why = "too_young" if too_young else "not_sober"
    refusal = RecipientNotAllowed(delivery.id, why, wanted.min_age)
    return ProofVerdict(delivery.requirements, refusal, tried={"age_check": why})


def _refused_label(
    delivery: Delivery, step: Step, barcodes: Sequence[Barcode], evidence: Sequence[Evidence]
) -> ProofVerdict | None:
    """Where labels are asked for, any other one belongs to another parcel."""
    if not barcodes:
        return None
    wrong = _first_stranger(_texts(evidence, EvidenceKind.SCAN), [barcode.value for barcode in barcodes])
    return None if wrong is None else _wrong_label(delivery, step, wrong)


def _wrong_label(delivery: Delivery, step: Step, label: str) -> ProofVerdict:
    tried = {"scan": "wrong", "step": step, "label": label[:_SHOWN_OF_A_LABEL]}
    return ProofVerdict(delivery.requirements, WrongParcel(delivery.id), tried=tried)


def _wrong_pin(delivery: Delivery, spent: Requirements, tries_left: int) -> ProofVerdict:
    attention = None if tries_left else PIN_LOCKED
    refusal = PinLocked(delivery.id) if spent.pin_locked else PinWrong(delivery.id, tries_left)
    return ProofVerdict(spent, refusal, attention, {"pin": "wrong", "tries_left": tries_left})


def _verdict(delivery: Delivery, needs: Sequence[str], labels: Sequence[str]) -> ProofVerdict:
    wanted = [str(need) for need in needs] + ([str(EvidenceKind.SCAN)] if labels else [])
    refusal = ProofMissing(delivery.id, wanted, list(labels)) if wanted else None
    return ProofVerdict(delivery.requirements, refusal)


def _pictures_needed(evidence: Sequence[Evidence], *, photo: bool, signature: bool) -> list[str]:
    given = {piece.kind for piece in evidence if piece.content is not None}
    wanted = ((EvidenceKind.PHOTO, photo), (EvidenceKind.SIGNATURE, signature))
    return [str(kind) for kind, asked in wanted if asked and kind not in given]


def _signer_needed(wanted: Requirements, evidence: Sequence[Evidence]) -> list[str]:
    if not wanted.signature:
        return []
    signed = next((piece.details for piece in evidence if piece.kind is EvidenceKind.SIGNATURE), {})
    asked = {"name": wanted.signer_name, "relationship": wanted.signer_relationship}
    return [f"signer_{member}" for member, is_asked in asked.items() if is_asked and not signed.get(member)]


def _not_scanned(labels: Sequence[str], scanned: Sequence[str]) -> list[str]:
    """The same label on two parcels must be scanned twice."""
    left = Counter(_plain(text) for text in scanned)
    missing = []
    for label in labels:
        if left[_plain(label)] > 0:
            left[_plain(label)] -= 1
        else:
            missing.append(label)
    return missing


def _first_stranger(texts: Sequence[str], fitting: Sequence[str]) -> str | None:
    known = {_plain(text) for text in fitting}
    return next((text for text in texts if _plain(text) not in known), None)


def _texts(evidence: Sequence[Evidence], kind: EvidenceKind) -> list[str]:
    return [piece.text or "" for piece in evidence if piece.kind is kind]


def _plain(text: str) -> str:
    return text.strip().upper()


def _same(given: str, right: str) -> bool:
    return hmac.compare_digest(given.encode(), right.encode())
