"""The words of a move: what is moved, the times it leads to, what it does to each promise. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from homeward.dispatch.machines import MachineSeen
from homeward.dispatch.model import CourierSeen, OpenDelivery, Ruling, StopRef


@dataclass(frozen=True, slots=True)
class Move:
    """Deliveries for another courier, or for another place on the route of the one who has them.

    Parameters
    ----------
    courier_id
        None: back to those that nobody has; the planner searches again.
    at
        How many stops of the courier's route left come before the first new one; None: where it costs least.
        The stop that they are heading to stays first.
    """

    delivery_ids: tuple[str, ...]
    courier_id: str | None
    at: int | None = None


@dataclass(frozen=True, slots=True)
class Visit:
    """A stop with its times: reached, begun, left."""

    ref: StopRef
    arrival: datetime
    start: datetime
    departure: datetime


@dataclass(frozen=True, slots=True)
class Lane:
    """One carrier's stops left, in order, with their times."""

    courier_id: str
    visits: tuple[Visit, ...]


@dataclass(frozen=True, slots=True)
class PromiseEffect:
    """What the move does to one delivery. None: nobody is expected to bring it."""

    delivery_id: str
    moved: bool
    earliest: datetime
    promised_by: datetime
    before: datetime | None
    after: datetime | None

    @property
    def late_before_s(self) -> int:
        return _late_s(self.before, self.promised_by)

    @property
    def late_after_s(self) -> int:
        return _late_s(self.after, self.promised_by)


@dataclass(frozen=True, slots=True)
class Effect:
    """What a move would do.

    `order` is the target's whole route after it. `basis` is a fingerprint of all that the effect was worked out from:
    whoever confirms hands it back. Costs are the planner's own points, without its odds of a no: nobody is asked.
    """

    move: Move
    order: tuple[StopRef, ...]
    basis: str
    promises: tuple[PromiseEffect, ...]
    limits: tuple[Ruling, ...]  # that the target courier would break by it, and does not break now
    before: tuple[Lane, ...]
    after: tuple[Lane, ...]
    distance_m: int  # these three: how much more, or less, than now
    driving_s: int
    costs: Mapping[str, int] = field(default_factory=dict)

    @property
    def cost(self) -> int:
        return sum(self.costs.values())

    @property
    def newly_late(self) -> int:
        return sum(1 for one in self.promises if one.late_after_s and not one.late_before_s)


@dataclass(frozen=True, slots=True)
class Carried:
    """An open delivery with what a person calls it by."""

    seen: OpenDelivery
    pickup_address: str
    dropoff_address: str
    pickup_eta: datetime | None
    batch_id: str | None


@dataclass(frozen=True, slots=True)
class RouteBoard:
    """A market's routes: the asked couriers with their lanes, and how many there are in all."""

    now: datetime
    couriers: tuple[CourierSeen, ...]
    machines: tuple[MachineSeen, ...]
    lanes: Mapping[str, Lane]
    deliveries: Mapping[str, Carried]
    everybody: tuple[CourierSeen, ...]  # on duty, whoever is asked for
    found: int
    on_roads: bool  # False: times are those that were last stored, since the roads do not answer


def _late_s(eta: datetime | None, promised_by: datetime) -> int:
    return 0 if eta is None else max(0, int((eta - promised_by).total_seconds()))
