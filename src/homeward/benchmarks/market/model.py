"""A drawn market at one moment: its town, who carries and what is to be carried. Pure.

Moments are whole seconds on the town's own clock; places are metres on a plane.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final, NamedTuple

from homeward.dispatch.engine import StopKind

AGE_CHECK: Final = "age-check"


class Point(NamedTuple):
    """Metres east and north of the town's south-west corner. The same point is the same door."""

    x_m: int
    y_m: int


class Load(StrEnum):
    """How much there is to do for the couriers on shift: with slack, or more than they can bring in time."""

    CALM = "calm"
    BUSY = "busy"


class Kind(StrEnum):
    BICYCLE = "bicycle"
    SCOOTER = "scooter"
    CAR = "car"
    ROBOT = "robot"


@dataclass(frozen=True, slots=True)
class KindTraits:
    """What a kind of carrier is like.

    Parameters
    ----------
    share
        Of all couriers of a market.
    speed_mps, detour
        Pace on its own roads, and how much longer they are than the straight line.
    rush
        How much slower a way into the very centre is than one at the edge.
    cost_per_s, cost_per_m
        In thousandths of a minor unit.
    """

    share: float
    speed_mps: float
    detour: float
    rush: float
    parking_s: int
    capacity_g: int
    capacity_ml: int
    parcels_at_most: int
    cost_per_s: int
    cost_per_m: int


# The order is that of the travel matrices.
KINDS: Final[Mapping[Kind, KindTraits]] = MappingProxyType(
    {
        Kind.BICYCLE: KindTraits(0.35, 4.2, 1.20, 0.00, 15, 12_000, 45_000, 3, 400, 4),
        Kind.SCOOTER: KindTraits(0.30, 7.5, 1.30, 0.15, 20, 20_000, 70_000, 4, 420, 15),
        Kind.CAR: KindTraits(0.25, 8.5, 1.35, 0.35, 60, 80_000, 350_000, 6, 450, 30),
        Kind.ROBOT: KindTraits(0.10, 1.6, 1.15, 0.00, 0, 10_000, 40_000, 2, 60, 2),
    }
)


@dataclass(frozen=True, slots=True)
class Area:
    """Where robots may drive: a circle around a store."""

    centre: Point
    radius_m: int

    def holds(self, point: Point) -> bool:
        dx, dy = point.x_m - self.centre.x_m, point.y_m - self.centre.y_m
        return dx * dx + dy * dy <= self.radius_m * self.radius_m


@dataclass(frozen=True, slots=True)
class Town:
    """What stays the same from one minute to the next."""

    side_m: int
    stores: tuple[Point, ...]
    areas: tuple[Area, ...]


@dataclass(frozen=True, slots=True)
class Parcel:
    """One open delivery. `carried_by` is the index of the courier who has it on board."""

    id: str
    store: Point
    door: Point
    weight_g: int
    volume_ml: int
    ready_at: int
    earliest: int | None
    promised_by: int
    priority: int
    age_check: bool
    on_board_at_most_s: int | None
    declined_by: frozenset[int] = frozenset()
    carried_by: int | None = None
    picked_up_at: int | None = None


class NextStop(NamedTuple):
    """Where a courier is heading to, which no plan changes."""

    parcel: str
    kind: StopKind


@dataclass(frozen=True, slots=True)
class Courier:
    """Free to be told something at `free_at`, at `point`; `parked` says that they stand at that door."""

    id: str
    kind: Kind
    point: Point
    free_at: int
    parked: bool
    certified: bool
    shift_ends: int
    area: int | None = None  # of a robot
    heading_to: NextStop | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A market at one moment. The order of couriers and parcels is that of the problem made from it."""

    now: int
    load: Load
    town: Town
    couriers: tuple[Courier, ...]
    parcels: tuple[Parcel, ...]


def may_carry(courier: Courier, parcel: Parcel, town: Town) -> bool:
    """Whether this carrier is one for this parcel at all, its load and its time aside."""
    traits = KINDS[courier.kind]
    if parcel.age_check and not courier.certified:
        return False
    if courier.area is not None:
        area = town.areas[courier.area]
        if not (area.holds(parcel.store) and area.holds(parcel.door)):
            return False
    return parcel.weight_g <= traits.capacity_g and parcel.volume_ml <= traits.capacity_ml
