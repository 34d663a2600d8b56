"""Links that open one picture, or the sheet with all of them, without a key, for a day. Pure.

Nothing is stored for them: the signature is made with the delivery's own tracking token, 128 random bits that live and
end with the delivery. Whoever has one link cannot make another, and erasing the delivery ends them all.
"""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import urlsplit, urlunsplit

from homeward.deliveries.model import DeliveryView, Proof
from homeward.deliveries.policy import tracking_url

LASTS: Final = timedelta(hours=24)
_SIGNATURE_CHARS: Final = 32


@dataclass(frozen=True, slots=True)
class ProofLink:
    url: str
    expires_at: datetime


def link_to(proof: Proof, view: DeliveryView, base_url: str, now: datetime) -> ProofLink | None:
    """On the host of the merchant's tracking pages; None for a proof without a picture.

    It lasts at least `LASTS`, to the full hour after that, so that the link stays the same for an hour.
    """
    return None if proof.media_type is None else _link(proof.id, "", view, base_url, now)


def link_to_pdf(view: DeliveryView, base_url: str, now: datetime) -> ProofLink:
    """To the sheet with everything on it, in the same manner."""
    return _link(view.delivery.id, "/proof.pdf", view, base_url, now)


def _link(subject: str, ending: str, view: DeliveryView, base_url: str, now: datetime) -> ProofLink:
    token = view.delivery.tracking_token
    ends = (now + LASTS).astimezone(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    expires_s = int(ends.timestamp())
    page = urlsplit(tracking_url(base_url, view.tracking_domain, token))
    path = f"/p/{subject}/{expires_s}/{signature(token, subject, expires_s)}{ending}"
    return ProofLink(urlunsplit((page.scheme, page.netloc, path, "", "")), ends)


def opens(token: str, subject: str, expires_s: int, signed: str, now: datetime) -> bool:
    """Whether this link may still be followed. `subject`: a proof's id, or the delivery's for its sheet."""
    right = hmac.compare_digest(signed.encode(), signature(token, subject, expires_s).encode())
    return right and now.timestamp() < expires_s


def signature(token: str, subject: str, expires_s: int) -> str:
    signed = hmac.new(token.encode(), f"proof:{subject}:{expires_s}".encode(), hashlib.sha256)
    return signed.hexdigest()[:_SIGNATURE_CHARS]
