"""What a courier was shown, as one text that stays the same for ever, and a signature under it. Pure.

The signature proves that the text is ours, word for word: whoever keeps it can have it checked after years, also when
our own record were lost. Explained in docs/explanation/offers.md.
"""

import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from homeward.dispatch.model import Offer
from homeward.kit.problems import jsonable

_VERSION: Final = 1
HEAVY_FROM_G: Final = 15_000
"""A parcel that not everybody lifts; told beside what the law treats apart."""


@dataclass(frozen=True, slots=True)
class SealKey:
    """What texts are signed with. The id is told with each signature, so that a newer key may take over."""

    id: str
    secret: str = field(repr=False)


def goods_classes(goods: Sequence[str], weight_g: int) -> tuple[str, ...]:
    """What is special about what is carried: goods that the law treats apart, and `heavy`."""
    return (*sorted(goods), *(("heavy",) if weight_g >= HEAVY_FROM_G else ()))


def shown_text(offer: Offer) -> str:
    """Everything that is shown before the answer, as JSON with sorted names and without spaces."""
    facts: dict[str, Any] = {
        "version": _VERSION,
        "offer_id": offer.id,
        "courier_id": offer.courier_id,
        "delivery_ids": list(offer.delivery_ids),
        "pay": jsonable(offer.pay),
        "pay_terms": [[term.code, term.label, term.minor] for term in offer.pay_terms],
        "tips": "on top",
        "distance_m": offer.distance_m,
        "duration_s": offer.duration_s,
        "stops": [jsonable(stop) for stop in offer.stops],
        "goods": list(offer.goods),
        "weight_g": offer.weight_g,
        "shown_at": jsonable(offer.created_at),
        "answer_by": jsonable(offer.expires_at),
    }
    return json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def signature(key: SealKey, text: str) -> str:
    """HMAC-SHA256 over the text's UTF-8 bytes, in hex."""
    return hmac.new(key.secret.encode(), text.encode(), hashlib.sha256).hexdigest()


def holds(key: SealKey, text: str, signed: str) -> bool:
    """Whether the signature is of this very text."""
    return hmac.compare_digest(signature(key, text).encode(), signed.encode())
