"""From the app's form to a report with its evidence."""

import binascii
from base64 import b64decode

from fastapi import UploadFile

from homeward.deliveries.model import Evidence, EvidenceKind
from homeward.kit.problems import FieldError, MalformedRequest

_PNG_URL = "data:image/png;base64,"
# What a phone's camera makes at most; the app sends far less, and deliveries check again.
_PHOTO_LIMIT = 12_000_000


async def evidence_of(photo: UploadFile | None, signature: str, pin: str, code: str, note: str) -> list[Evidence]:
    """What was filled in. Raises MalformedRequest for a picture that is none."""
    pieces: list[Evidence] = []
    content = await photo.read(_PHOTO_LIMIT) if photo is not None else b""
    if content:
        pieces.append(Evidence(EvidenceKind.PHOTO, content=content))
    if signature:
        pieces.append(Evidence(EvidenceKind.SIGNATURE, content=_drawn(signature)))
    for kind, text in ((EvidenceKind.PIN, pin), (EvidenceKind.CODE, code), (EvidenceKind.NOTE, note)):
        if text.strip():
            pieces.append(Evidence(kind, text=text.strip()))
    return pieces


def _drawn(data_url: str) -> bytes:
    try:
        if not data_url.startswith(_PNG_URL):
            raise binascii.Error
        return b64decode(data_url.removeprefix(_PNG_URL), validate=True)
    except ValueError as cause:  # binascii.Error is one; text that is not ASCII is another
        raise MalformedRequest([FieldError("/signature", "not-a-drawing", "sign again")]) from cause
