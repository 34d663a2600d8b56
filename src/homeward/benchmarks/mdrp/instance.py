"""One day of the meal delivery set: restaurants, couriers with shifts, orders. Whole minutes, metres.

Format and rules: Reyes, Erera, Savelsbergh, Sahasrabudhe, O'Neil, "The Meal Delivery Routing Problem" (2018).
"""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final, TypeVar

from homeward.benchmarks.inputs import UnreadableInput, members

Point = tuple[float, float]

EXPECTED: Final = (
    "a folder or zip with one folder per instance that holds orders.txt, restaurants.txt, couriers.txt and "
    "instance_parameters.txt, tab separated with a header line"
)
_FILES: Final = ("orders.txt", "restaurants.txt", "couriers.txt", "instance_parameters.txt")
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Order:
    id: str
    at: Point
    placed: int
    restaurant: str
    ready: int


@dataclass(frozen=True, slots=True)
class Restaurant:
    id: str
    at: Point


@dataclass(frozen=True, slots=True)
class Courier:
    """Stands at `at` when the shift begins; may pick up until `off`, and deliver after it."""

    id: str
    at: Point
    on: int
    off: int


@dataclass(frozen=True, slots=True)
class Rules:
    """What the day's numbers mean. Half of a service lies before the moment of pickup or drop-off, half after it."""

    metres_per_minute: float
    pickup_min: int = 4
    dropoff_min: int = 4
    target_min: int = 40
    maximum_min: int = 90
    pay_per_order: float = 10.0
    pay_per_hour: float = 15.0

    def travel_min(self, a: Point, b: Point) -> int:
        """Whole minutes, rounded up; the triangle inequality may fail by that."""
        east, north = a[0] - b[0], a[1] - b[1]
        return math.ceil(math.sqrt(east * east + north * north) / self.metres_per_minute)


@dataclass(frozen=True, slots=True)
class Setting:
    """What everybody knows when the day begins."""

    restaurants: tuple[Restaurant, ...]
    couriers: tuple[Courier, ...]
    rules: Rules


@dataclass(frozen=True, slots=True)
class Instance:
    name: str
    setting: Setting
    orders: tuple[Order, ...]  # by placement; nobody but the simulator and the checker sees them


def instances(path: Path, pattern: str = "*") -> Iterator[Instance]:
    """Every instance below `path` whose name matches, in the order of names.

    Raises
    ------
    UnreadableInput
        If there is none, one lacks a file, or a line does not hold what its header promises.
    """
    folders: dict[str, dict[str, bytes]] = {}
    for name, content in members(path, expected=EXPECTED):
        folder, _, file = name.rpartition("/")
        if file in _FILES:
            folders.setdefault(folder.rpartition("/")[2] or path.name, {})[file] = content
    chosen = {name: files for name, files in sorted(folders.items()) if fnmatchcase(name, pattern)}
    if not chosen:
        wrong = f"none of {len(folders)} instances is called {pattern}." if folders else "no instance in it."
        raise UnreadableInput(str(path), wrong, EXPECTED)
    for name, files in chosen.items():
        yield read_instance(name, files)


def read_instance(name: str, files: Mapping[str, bytes]) -> Instance:
    """An instance from the text of its four files."""
    for file in _FILES:
        if file not in files:
            raise UnreadableInput(name, f"{file} is missing.", EXPECTED)
    rules = _rows(name, "instance_parameters.txt", files, _rules)
    if len(rules) != 1:
        raise UnreadableInput(f"{name}/instance_parameters.txt", f"{len(rules)} lines of values.", "exactly one")
    restaurants = _rows(name, "restaurants.txt", files, lambda row: Restaurant(row["restaurant"], _point(row)))
    couriers = _rows(name, "couriers.txt", files, _courier)
    orders = _rows(name, "orders.txt", files, _order)
    known = {restaurant.id for restaurant in restaurants}
    strange = [order.id for order in orders if order.restaurant not in known]
    if strange:
        raise UnreadableInput(f"{name}/orders.txt", f"{strange[0]} names no restaurant of restaurants.txt.", EXPECTED)
    for kind in (restaurants, couriers, orders):
        if len({one.id for one in kind}) != len(kind):
            raise UnreadableInput(name, "the same id occurs twice in one file.", EXPECTED)
    by_placement = sorted(orders, key=lambda order: (order.placed, order.id))
    return Instance(name, Setting(tuple(restaurants), tuple(couriers), rules[0]), tuple(by_placement))


def _rows(name: str, file: str, files: Mapping[str, bytes], make: Callable[[Mapping[str, str]], _T]) -> list[_T]:
    path = f"{name}/{file}"
    try:
        lines = files[file].decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as damage:
        raise UnreadableInput(path, "it is not text.", EXPECTED) from damage
    header = [column.strip() for column in lines[0].split("\t")] if lines else []
    made = []
    for number, line in enumerate(lines[1:], start=2):
        if not line.strip():
            continue
        try:
            made.append(make(dict(zip(header, (cell.strip() for cell in line.split("\t")), strict=True))))
        except (KeyError, ValueError) as wrong:
            raise UnreadableInput(path, f"line {number} does not fit: {wrong}.", EXPECTED) from wrong
    return made


def _point(row: Mapping[str, str]) -> Point:
    east, north = float(row["x"]), float(row["y"])
    if not (math.isfinite(east) and math.isfinite(north)):
        raise ValueError("a position must be two finite numbers")
    return east, north


def _courier(row: Mapping[str, str]) -> Courier:
    courier = Courier(row["courier"], _point(row), int(row["on_time"]), int(row["off_time"]))
    if courier.off < courier.on:
        raise ValueError("the shift ends before it begins")
    return courier


def _order(row: Mapping[str, str]) -> Order:
    order = Order(row["order"], _point(row), int(row["placement_time"]), row["restaurant"], int(row["ready_time"]))
    if order.ready < order.placed:
        raise ValueError("ready before it was placed")
    return order


def _rules(row: Mapping[str, str]) -> Rules:
    rules = Rules(
        metres_per_minute=float(row["meters_per_minute"]),
        pickup_min=int(row["pickup service minutes"]),
        dropoff_min=int(row["dropoff service minutes"]),
        target_min=int(row["target click-to-door"]),
        maximum_min=int(row["maximum click-to-door"]),
        pay_per_order=float(row["pay per order"]),
        pay_per_hour=float(row["guaranteed pay per hour"]),
    )
    if not rules.metres_per_minute > 0 or rules.pickup_min < 0 or rules.dropoff_min < 0:
        raise ValueError("speed and service times must be positive")
    if rules.pickup_min % 2 or rules.dropoff_min % 2:
        raise ValueError("service times must be even: half before the moment of pickup or drop-off, half after it")
    return rules
