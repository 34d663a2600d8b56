"""A believable market from a seed: the same seed and sizes give the same snapshot on every machine.

The mix is that of a town with food, groceries and small goods: some popular stores and many quiet ones, doors mostly
within a few kilometres of them, promises of about an hour beside booked windows, three in ten parcels under way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from homeward.benchmarks.market.model import (
    KINDS,
    Area,
    Courier,
    Kind,
    Load,
    NextStop,
    Parcel,
    Point,
    Snapshot,
    Town,
    may_carry,
)
from homeward.dispatch.engine import StopKind

MINUTE = 60
HOUR = 3_600

# Ten by ten kilometres for fifty couriers; a larger market is a larger town, not a denser one.
SIDE_OF_FIFTY_M = 10_000
STORES_PER_COURIER = 0.4
ROBOTS_PER_AREA = 5
AREA_RADIUS_M = 1_500
ON_BOARD_SHARE = 0.3
HOT_FOOD_S = 45 * MINUTE


@dataclass(frozen=True, slots=True)
class Pressure:
    """What makes a load calm or busy; spans are drawn evenly between their two ends."""

    promise_s: tuple[int, int]  # from booking to the promise
    shift_left_s: tuple[int, int]
    idle_share: float


PRESSURE = {
    Load.CALM: Pressure((65 * MINUTE, 150 * MINUTE), (HOUR, 5 * HOUR), 0.15),
    Load.BUSY: Pressure((35 * MINUTE, 80 * MINUTE), (HOUR // 2, 4 * HOUR), 0.03),
}


def draw(*, seed: int, couriers: int, deliveries: int, load: Load) -> Snapshot:
    """A market at noon."""
    rng = np.random.default_rng([seed, couriers, deliveries, list(Load).index(load)])
    now = 12 * HOUR
    town = _town(rng, couriers)
    crew = _crew(rng, town, couriers, now, load)
    waiting = deliveries - round(ON_BOARD_SHARE * deliveries)
    parcels = [new_parcel(rng, town, now=now, load=load, number=number, couriers=couriers) for number in range(waiting)]
    for number in range(waiting, deliveries):
        parcels.append(_on_board(rng, town, crew, parcels, now, load, number))
    under_way = _under_way(rng, town, crew, parcels, load)
    return Snapshot(now, load, town, tuple(under_way), tuple(parcels))


def new_parcel(
    rng: np.random.Generator, town: Town, *, now: int, load: Load, number: int, couriers: int, just_now: bool = False
) -> Parcel:
    """One more delivery, booked within the last half hour, or within the last minute if `just_now`."""
    store = _popular(rng, town.stores)
    booked_at = now - _between(rng, 0, MINUTE if just_now else 30 * MINUTE)
    promised_by = booked_at + _between(rng, *PRESSURE[load].promise_s)
    ready_at, earliest = booked_at + _between(rng, 4 * MINUTE, 18 * MINUTE), None
    if rng.random() < 0.15:
        # A booked window: the next quarter hours, one hour long.
        earliest = now + 15 * MINUTE * _between(rng, 1, 6)
        promised_by = earliest + HOUR
        ready_at = earliest - 20 * MINUTE
    hot = rng.random() < 0.35
    declined = {int(rng.integers(couriers)) for _ in range(2)} if rng.random() < 0.04 else set()
    return Parcel(
        id=f"p{number}",
        store=store,
        door=_somewhere_near(rng, store, 2_000, town.side_m),
        weight_g=_between(rng, 300, 4_000) * (3 if rng.random() < 0.1 else 1),
        volume_ml=_between(rng, 1_000, 14_000) * (3 if rng.random() < 0.1 else 1),
        ready_at=ready_at,
        earliest=earliest,
        promised_by=promised_by,
        priority=3 if rng.random() < 0.08 else 1,
        age_check=rng.random() < 0.08,
        on_board_at_most_s=HOT_FOOD_S if hot else None,
        declined_by=frozenset(declined),
    )


# ── the town and who carries in it ───────────────────────────────────────────────────────────────────────────────────


def _town(rng: np.random.Generator, couriers: int) -> Town:
    side_m = round(SIDE_OF_FIFTY_M * (couriers / 50) ** 0.5)
    quarters = [Point(*(int(m) for m in rng.integers(0, side_m, size=2))) for _ in range(max(4, couriers // 6))]
    count = max(4, round(STORES_PER_COURIER * couriers))
    stores = tuple(_somewhere_near(rng, quarters[int(rng.integers(len(quarters)))], 600, side_m) for _ in range(count))
    robots = _count(Kind.ROBOT, couriers)
    areas = tuple(Area(store, AREA_RADIUS_M) for store in stores[: -(-robots // ROBOTS_PER_AREA)])
    return Town(side_m, stores, areas)


def _crew(rng: np.random.Generator, town: Town, couriers: int, now: int, load: Load) -> list[Courier]:
    kinds = [kind for kind in KINDS for _ in range(_count(kind, couriers))]
    # Rounding leaves a few over; they ride bicycles.
    kinds += [Kind.BICYCLE] * (couriers - len(kinds))
    crew = []
    for number, kind in enumerate(kinds):
        area = number % len(town.areas) if kind is Kind.ROBOT else None
        home = town.areas[area].centre if area is not None else _popular(rng, town.stores)
        point = _somewhere_near(rng, home, 400 if area is not None else 1_500, town.side_m)
        certified = kind is not Kind.ROBOT and rng.random() < 0.5
        shift_ends = now + _between(rng, *PRESSURE[load].shift_left_s)
        crew.append(Courier(f"c{number}", kind, point, now, False, certified, shift_ends, area))
    return crew


def _count(kind: Kind, couriers: int) -> int:
    return int(KINDS[kind].share * couriers)


# ── what is under way ────────────────────────────────────────────────────────────────────────────────────────────────


def _on_board(
    rng: np.random.Generator,
    town: Town,
    crew: Sequence[Courier],
    parcels: Sequence[Parcel],
    now: int,
    load: Load,
    number: int,
) -> Parcel:
    """A parcel that somebody carries already, to a door not far from where they are."""
    held = [parcel.carried_by for parcel in parcels]
    while True:
        courier = int(rng.integers(len(crew)))
        carrier = crew[courier]
        if held.count(courier) >= KINDS[carrier.kind].parcels_at_most:
            continue
        parcel = new_parcel(rng, town, now=now, load=load, number=number, couriers=len(crew))
        near, reach_m = carrier.point, 1_500
        if carrier.area is not None:
            near, reach_m = town.areas[carrier.area].centre, 400
        picked_up_at = now - _between(rng, MINUTE, 15 * MINUTE)
        parcel = replace(
            parcel,
            store=town.areas[carrier.area].centre if carrier.area is not None else parcel.store,
            door=_somewhere_near(rng, near, reach_m, town.side_m),
            ready_at=min(parcel.ready_at, picked_up_at),
            earliest=None,
            declined_by=frozenset(),
            carried_by=courier,
            picked_up_at=picked_up_at,
        )
        mine = [other for other in parcels if other.carried_by == courier]
        if may_carry(carrier, parcel, town) and _fits(carrier, [*mine, parcel]):
            return parcel


def _fits(courier: Courier, parcels: Sequence[Parcel]) -> bool:
    traits = KINDS[courier.kind]
    weight_g, volume_ml = sum(p.weight_g for p in parcels), sum(p.volume_ml for p in parcels)
    return weight_g <= traits.capacity_g and volume_ml <= traits.capacity_ml


def _under_way(
    rng: np.random.Generator, town: Town, crew: Sequence[Courier], parcels: Sequence[Parcel], load: Load
) -> list[Courier]:
    """Where everybody is heading to: a door of what they carry, a store, or nowhere. Some stand at a door."""
    aboard: dict[int, list[Parcel]] = {}
    for parcel in parcels:
        if parcel.carried_by is not None:
            aboard.setdefault(parcel.carried_by, []).append(parcel)
    untaken = {parcel.id: parcel for parcel in parcels if parcel.carried_by is None}
    moving = []
    for number, courier in enumerate(crew):
        mine = aboard.get(number, [])
        if rng.random() < 0.25:
            at = _nearest_store(courier.point, town) if courier.area is None else town.areas[courier.area].centre
            free_at = courier.free_at + _between(rng, 10, 120)
            moving.append(replace(courier, point=at, free_at=free_at, parked=True))
        elif mine:
            first = min(mine, key=lambda parcel: _squared_m(courier.point, parcel.door))
            moving.append(replace(courier, heading_to=NextStop(first.id, StopKind.DROPOFF)))
        elif rng.random() < PRESSURE[load].idle_share:
            moving.append(courier)
        else:
            moving.append(_to_a_store(number, courier, untaken, town))
    return moving


def _to_a_store(number: int, courier: Courier, untaken: dict[str, Parcel], town: Town) -> Courier:
    """Heading to the nearest parcel of theirs to fetch, which nobody else will be sent to any more."""
    able = [p for p in untaken.values() if may_carry(courier, p, town) and number not in p.declined_by]
    if not able:
        return courier
    first = min(able, key=lambda parcel: _squared_m(courier.point, parcel.store))
    del untaken[first.id]
    return replace(courier, heading_to=NextStop(first.id, StopKind.PICKUP))


# ── chance ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _between(rng: np.random.Generator, low: int, high: int) -> int:
    return int(rng.integers(low, high + 1))


def _popular(rng: np.random.Generator, stores: Sequence[Point]) -> Point:
    """A few stores get most of it: squaring an even draw does that."""
    return stores[int(rng.random() ** 2 * len(stores))]


def _somewhere_near(rng: np.random.Generator, centre: Point, typical_m: int, side_m: int) -> Point:
    """Within three times the typical distance, nearer ones likelier, inside the town."""
    offset = (rng.random(2) + rng.random(2) + rng.random(2) - 1.5) * 2 * typical_m
    x_m, y_m = (int(min(side_m, max(0, middle + off))) for middle, off in zip(centre, offset, strict=True))
    return Point(x_m, y_m)


def _nearest_store(point: Point, town: Town) -> Point:
    return min(town.stores, key=lambda store: _squared_m(point, store))


def _squared_m(a: Point, b: Point) -> int:
    return (a.x_m - b.x_m) ** 2 + (a.y_m - b.y_m) ** 2
