"""From the app's form to a report with its evidence."""

import binascii
from base64 import b64decode
from collections.abc import Sequence

from fastapi import UploadFile

from homeward.deliveries.model import Evidence, EvidenceKind
from homeward.kit.problems import FieldError, MalformedRequest

_PNG_URL = "data:image/png;base64,"
# What a phone's camera makes at most; the app sends far less, and deliveries check again.
_PHOTO_LIMIT = 12_000_000


async def evidence_of(
    photo: UploadFile | None, signature: str, pin: str, code: str, note: str, *, signer: tuple[str, str]
) -> list[Evidence]:
    """What was filled in; `signer` is name and relationship. Raises MalformedRequest for a picture that is none."""
    pieces: list[Evidence] = []
    content = await photo.read(_PHOTO_LIMIT) if photo is not None else b""
    if content:
        pieces.append(Evidence(EvidenceKind.PHOTO, content=content))
    if signature:
        pieces.append(Evidence(EvidenceKind.SIGNATURE, content=_drawn(signature), details=_signed_by(*signer)))
    for kind, text in ((EvidenceKind.PIN, pin), (EvidenceKind.CODE, code), (EvidenceKind.NOTE, note)):
        if text.strip():
            pieces.append(Evidence(kind, text=text.strip()))
    return pieces


def scans_of(labels: Sequence[str]) -> list[Evidence]:
    """The labels that were scanned or typed."""
    return [Evidence(EvidenceKind.SCAN, text=label.strip()) for label in labels if label.strip()]


def age_check_of(born: str, *, sober: bool) -> list[Evidence]:
    """The date of birth as the document has it; deliveries compare it and keep the verdict alone."""
    text = born.strip()
    return [Evidence(EvidenceKind.AGE_CHECK, text=text, details={"sober": sober})] if text else []


def _signed_by(name: str, relationship: str) -> dict[str, str]:
    said = {"name": name.strip(), "relationship": relationship.strip()}
    return {member: text for member, text in said.items() if text}


def _drawn(data_url: str) -> bytes:
    try:
        if not data_url.startswith(_PNG_URL):
            raise binascii.Error
        return b64decode(data_url.removeprefix(_PNG_URL), validate=True)
    except ValueError as cause:  # binascii.Error is one; text that is not ASCII is another
        raise MalformedRequest([FieldError("/signature", "not-a-drawing", "sign again")]) from cause
