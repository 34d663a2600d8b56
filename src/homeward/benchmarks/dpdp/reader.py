"""Reads the competition's files: `factory_info.csv`, `route_info.csv` and one folder `instance_N` per day."""

import csv
import io
import re
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from random import Random
from typing import Final

import numpy as np

from homeward.benchmarks.dpdp.model import QUARTERS_PER_PALLET, Instance, Item, Order, Roads, Truck
from homeward.benchmarks.inputs import UnreadableInput, members

EXPECTED: Final = (
    "a folder or zip with factory_info.csv, route_info.csv and folders instance_N (orders, vehicle_info_*)"
)
# The competition's own: where its trucks stand at midnight is drawn with it, the same for every contestant.
SEED_OF_STARTS: Final = 0
DAY_S: Final = 86_400

Rows = list[dict[str, str]]


def read(path: Path, pattern: str = "*") -> Iterator[Instance]:
    """Every instance whose folder's name fits `pattern` (`instance_1`, `instance_[135]`), in the order of numbers.

    Raises
    ------
    UnreadableInput
        If factories, roads or instances are missing, or a file is not what it should be; it names the file.
    """
    files = {name: content for name, content in members(path, expected=EXPECTED) if name.endswith(".csv")}
    roads = _roads(_only(path, files, "factory_info.csv"), _only(path, files, "route_info.csv"))
    folders = sorted({_folder(name) for name in files if _folder(name).startswith("instance_")}, key=_number)
    chosen = [folder for folder in folders if fnmatch(folder, pattern)]
    if not chosen:
        raise UnreadableInput(str(path), f"no instance is named like {pattern!r}.", EXPECTED)
    for folder in chosen:
        inside = {name: content for name, content in files.items() if _folder(name) == folder}
        yield _instance(folder, roads, inside)


def _only(path: Path, files: dict[str, bytes], ending: str) -> tuple[str, bytes]:
    found = [(name, content) for name, content in files.items() if name.rpartition("/")[2] == ending]
    if len(found) != 1:
        raise UnreadableInput(str(path), f"there are {len(found)} files {ending}.", EXPECTED)
    return found[0]


def _folder(name: str) -> str:
    return ("/" + name).split("/")[-2]


def _number(folder: str) -> tuple[int, str]:
    digits = re.search(r"\d+", folder)
    return (int(digits.group()) if digits else 0), folder


def _rows(file: tuple[str, bytes], columns: str) -> Rows:
    name, content = file
    try:
        rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    except (UnicodeDecodeError, csv.Error) as damage:
        raise UnreadableInput(name, f"this is no CSV in UTF-8: {damage}.", EXPECTED) from damage
    missing = [column for column in columns.split() if not rows or not rows[0].get(column)]
    if missing:
        raise UnreadableInput(name, f"it has no rows, or no {', '.join(missing)} in them.", EXPECTED)
    return rows


def _roads(factory_file: tuple[str, bytes], route_file: tuple[str, bytes]) -> Roads:
    factories = _rows(factory_file, "factory_id port_num")
    index = {row["factory_id"]: number for number, row in enumerate(factories)}
    travel_s = np.full((len(index), len(index)), -1, dtype=np.int64)
    metres = np.zeros_like(travel_s)
    np.fill_diagonal(travel_s, 0)
    try:
        docks = tuple(int(row["port_num"]) for row in factories)
        for row in _rows(route_file, "start_factory_id end_factory_id distance time"):
            pair = index[row["start_factory_id"]], index[row["end_factory_id"]]
            if pair[0] != pair[1]:
                travel_s[pair], metres[pair] = int(row["time"]), round(float(row["distance"]) * 1_000)
    except (ValueError, KeyError) as wrong:
        raise UnreadableInput(route_file[0], f"a number or a factory is wrong: {wrong}.", EXPECTED) from wrong
    if min(docks) < 1:
        raise UnreadableInput(factory_file[0], "a factory has no dock.", EXPECTED)
    if (travel_s < 0).any() or (metres < 0).any():
        raise UnreadableInput(route_file[0], "some pairs of factories have no road, or a negative one.", EXPECTED)
    return Roads(tuple(index), docks, travel_s, metres)


def _instance(folder: str, roads: Roads, files: dict[str, bytes]) -> Instance:
    trucks = [file for file in files.items() if file[0].rpartition("/")[2].startswith("vehicle")]
    orders = [file for file in files.items() if file not in trucks]
    if len(trucks) != 1 or len(orders) != 1:
        raise UnreadableInput(folder, f"it has {len(trucks)} vehicle and {len(orders)} order files.", EXPECTED)
    return Instance(folder, roads, _orders(orders[0], roads), _trucks(trucks[0], roads))


def _trucks(file: tuple[str, bytes], roads: Roads) -> tuple[Truck, ...]:
    draw = Random(SEED_OF_STARTS)
    try:
        return tuple(
            Truck(row["car_num"], int(row["capacity"]) * QUARTERS_PER_PALLET, draw.randint(0, len(roads.factories) - 1))
            for row in _rows(file, "car_num capacity")
        )
    except ValueError as wrong:
        raise UnreadableInput(file[0], f"a number is wrong: {wrong}.", EXPECTED) from wrong


def _orders(file: tuple[str, bytes], roads: Roads) -> tuple[Order, ...]:
    index = {name: number for number, name in enumerate(roads.factories)}
    orders: list[Order] = []
    first = 0
    for row in _rows(file, "order_id q_standard q_small q_box creation_time committed_completion_time pickup_id"):
        try:
            order = _order(row, len(orders), first, index)
        except (ValueError, KeyError) as wrong:
            raise UnreadableInput(file[0], f"order {row['order_id']} is wrong: {wrong}.", EXPECTED) from wrong
        orders.append(order)
        first += len(order.items)
    return tuple(orders)


def _order(row: dict[str, str], number: int, first: int, index: dict[str, int]) -> Order:
    sizes = [4] * int(row["q_standard"]) + [2] * int(row["q_small"]) + [1] * int(row["q_box"])
    if not sizes:
        raise ValueError("it has no cargo")
    created_at, promised_by = _seconds(row["creation_time"]), _seconds(row["committed_completion_time"])
    return Order(
        name=row["order_id"],
        pickup=index[row["pickup_id"]],
        dropoff=index[row["delivery_id"]],
        created_at=created_at,
        # Only times of day are written; a promise before its order belongs to the next day.
        promised_by=promised_by + (DAY_S if promised_by < created_at else 0),
        items=tuple(Item(first + place, number, quarters) for place, quarters in enumerate(sizes)),
        quarters=sum(sizes),
    )


def _seconds(time_of_day: str) -> int:
    hours, minutes, seconds = time_of_day.split(":")
    return int(hours) * 3_600 + int(minutes) * 60 + int(seconds)
