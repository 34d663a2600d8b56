"""A rating with a comment. Pure."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

WORST: Final = 1
BEST: Final = 5


@dataclass(frozen=True, slots=True)
class Feedback:
    """One shopper's word on one delivery; a delivery may get several."""

    id: str
    delivery_id: str
    rating: int
    comment: str
    received_at: datetime
