"""What is carried together. Pure; the rule is in docs/explanation/batches.md."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Batch:
    """Carried together with others: this one's door is the `position`-th of `count`, from 1.

    `together_with` names those of the same merchant; what other merchants send along is in `count` and nowhere else.
    """

    id: str
    position: int
    count: int
    together_with: tuple[str, ...] = ()

    @classmethod
    def told_in(cls, data: Mapping[str, Any]) -> "Batch":
        """As an event `delivery.batched` tells it."""
        return cls(data["batch_id"], data["position"], data["count"], tuple(data["together_with"]))


@dataclass(frozen=True, slots=True)
class BatchMember:
    """One delivery that a courier has, with the batch that it is in so far.

    `going_back`: not to be handed over any more, so it stays in its batch as it is.
    """

    delivery_id: str
    merchant_id: str
    batch: Batch | None
    going_back: bool = False
