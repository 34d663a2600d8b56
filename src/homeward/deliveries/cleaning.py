"""What a courier hands in, made fit to be kept: pictures are decoded and written anew, with no transaction open."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from homeward.deliveries import photos
from homeward.deliveries.model import Evidence
from homeward.deliveries.proof_policy import PICTURES


@dataclass(frozen=True, slots=True)
class CleanEvidence:
    """A piece as it came, and what is kept of it."""

    piece: Evidence
    content: bytes | None
    data: Mapping[str, Any]


async def cleaned(piece: Evidence) -> CleanEvidence:
    """Raises PhotoRefused."""
    if piece.content is not None and piece.kind in PICTURES:
        photo = await photos.clean(piece.content)
        return CleanEvidence(piece, photo.content, {"width": photo.width, "height": photo.height})
    return CleanEvidence(piece, None, {})
