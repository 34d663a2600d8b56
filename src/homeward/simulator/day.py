"""What happens on a day, before anybody acts: who orders what and when, and what fate has in store. Pure.

Everything is drawn from the seed and the hour or the name it belongs to, never from the order in which things run.
So the same seed gives the same day, whichever hour one asks for first, and however often the town is stopped.
"""

import math
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from homeward.kit.places import LatLon, great_circle_m
from homeward.simulator import names

# Share of a day's orders by local hour: shops wake at eight, lunch and supper are busy, the night is quiet.
HOURLY_SHARE: Final = (
    0.002, 0.001, 0.001, 0.001, 0.001, 0.002, 0.008, 0.020, 0.040, 0.050, 0.058, 0.078,
    0.092, 0.078, 0.056, 0.054, 0.064, 0.094, 0.106, 0.088, 0.056, 0.034, 0.012, 0.004,
)  # fmt: skip
# How fast willingness to order falls with the distance to the shop.
_TASTE_FOR_NEAR_M: Final = 3_500.0
_FARTHEST_M: Final = 14_000.0


@dataclass(frozen=True, slots=True)
class Home:
    """A door of the town."""

    number: str
    street: str
    city: str
    postcode: str
    place: LatLon

    @property
    def line(self) -> str:
        return f"{self.number} {self.street}, {self.city} {self.postcode}"


@dataclass(frozen=True, slots=True)
class Fate:
    """What will happen to one order, known to nobody in the town."""

    late_preparation_s: int
    door_s: int
    nobody_home: bool
    cancels_after_s: int | None
    machines: str = "never"  # what the shopper says of robots and drones: at checkout, or 'ask' and yes a little later


@dataclass(frozen=True, slots=True)
class Order:
    """One shopper's order in one merchant's shop."""

    external_id: str
    at: datetime
    shop: int
    shopper: str
    phone: str
    home: Home
    typed_address: str
    goods: str
    weight_g: int
    size: str
    service_class: str
    option: int
    proof: Mapping[str, bool]
    instructions: str
    fate: Fate


@dataclass(frozen=True, slots=True)
class Demand:
    """What a town wants: `per_day` orders on the mean, from shops at these doors, each selling these goods."""

    seed: int
    shops: Sequence[LatLon]
    goods: Sequence[str]
    homes: Sequence[Home]
    time_zone: str
    per_day: float


@dataclass(frozen=True, slots=True)
class Person:
    """A courier as born: the same name, vehicle and temper for the same seed."""

    name: str
    phone: str
    vehicle: str
    shift_starts: time
    shift_h: int
    pace: float
    decline_rate: float
    home: Home


def orders_of_hour(demand: Demand, hour: datetime) -> list[Order]:
    """The orders placed in the hour that begins at `hour` (UTC, on the hour), in order of time."""
    assert hour.minute == hour.second == hour.microsecond == 0, "an hour begins on the hour"
    number = int(hour.timestamp()) // 3600
    rng = random.Random(f"{demand.seed}/orders/{number}")
    mean = demand.per_day * HOURLY_SHARE[hour.astimezone(ZoneInfo(demand.time_zone)).hour]
    seconds = sorted(rng.uniform(0, 3600) for _ in range(_poisson(rng, mean)))
    return [
        _order(demand, f"T{demand.seed}-{number}-{i:03d}", hour + timedelta(seconds=after_s))
        for i, after_s in enumerate(seconds)
    ]


def orders_from(demand: Demand, since: datetime) -> Iterator[Order]:
    """All orders from a moment on, without end."""
    hour = since.replace(minute=0, second=0, microsecond=0)
    while True:
        yield from (order for order in orders_of_hour(demand, hour) if order.at >= since)
        hour += timedelta(hours=1)


def fate_of(seed: int, external_id: str) -> Fate:
    """What will happen to an order, from its number alone: so it can be looked up again after a restart."""
    rng = random.Random(f"{seed}/fate/{external_id}")
    late = rng.random() < 0.15
    return Fate(
        late_preparation_s=int(rng.uniform(120, 900)) if late else 0,
        door_s=int(rng.lognormvariate(math.log(90), 0.4)),
        nobody_home=rng.random() < 0.02,
        cancels_after_s=int(rng.uniform(60, 600)) if rng.random() < 0.015 else None,
        machines=rng.choices(["allowed", "ask", "never"], [60, 20, 20])[0],
    )


def couriers_of(seed: int, count: int, homes: Sequence[Home]) -> list[Person]:
    """The town's couriers. Shifts are staggered so that somebody is on duty from early to late."""
    return [_person(random.Random(f"{seed}/courier/{i}"), i, count, homes) for i in range(count)]


def wants(seed: int, phone: str, delivery_ids: Sequence[str], decline_rate: float) -> bool:
    """Whether this courier takes this offer: always the same answer to the same question."""
    return random.Random(f"{seed}/offer/{phone}/{','.join(delivery_ids)}").random() >= decline_rate


def vanishes(seed: int, phone: str, offer_id: str) -> bool:
    """Whether the courier's phone dies on the way to this pickup."""
    return random.Random(f"{seed}/vanish/{phone}/{offer_id}").random() < 0.005


def on_shift(person: Person, now: datetime, time_zone: str) -> datetime | None:
    """When the running shift ends, or None outside of it. A shift may pass midnight."""
    zone = ZoneInfo(time_zone)
    today = now.astimezone(zone).date()
    for day in (today - timedelta(days=1), today):
        starts = datetime.combine(day, person.shift_starts, zone).astimezone(UTC)
        ends = starts + timedelta(hours=person.shift_h)
        if starts <= now < ends:
            return ends
    return None


def _order(demand: Demand, external_id: str, at: datetime) -> Order:
    rng = random.Random(f"{demand.seed}/order/{external_id}")
    shop = rng.randrange(len(demand.shops))
    home = _near(rng, demand.shops[shop], demand.homes)
    service_class = rng.choices(["express", "same_day", "scheduled"], [70, 22, 8])[0]
    return Order(
        external_id=external_id,
        at=at,
        shop=shop,
        shopper=names.person(rng),
        phone=names.phone(rng),
        home=home,
        typed_address=mistyped(rng, home),
        goods=names.goods_of(demand.goods[shop], rng),
        weight_g=int(min(18_000, rng.lognormvariate(math.log(1_800), 0.8))),
        size=rng.choices(["small", "medium", "large"], [55, 38, 7])[0],
        service_class=service_class,
        option=rng.randrange(3),
        proof={"photo": True, "signature": rng.random() < 0.10, "pin": rng.random() < 0.12},
        instructions=rng.choice(names.INSTRUCTIONS),
        fate=fate_of(demand.seed, external_id),
    )


def mistyped(rng: random.Random, home: Home) -> str:
    """An address as people type it: three in five flawless, the rest lazy or clumsy."""
    street, tail = home.street, f", {home.city} {home.postcode}"
    match rng.randrange(10):
        case 0:
            return f"{home.number} {street}, {home.city}".lower()
        case 1:
            return f"{home.number} {_abbreviated(street)}{tail}"
        case 2:
            return f"{home.number} {_slipped(rng, street)}{tail}"
        case 3:
            return f"{home.number} {street}, Apt {rng.randint(1, 40)}{tail}"
        case _:
            return f"{home.number} {street}{tail}"


def _abbreviated(street: str) -> str:
    for long, short in (
        ("Street", "St"),
        ("Avenue", "Ave"),
        ("Road", "Rd"),
        ("Lane", "Ln"),
        ("Drive", "Dr"),
        ("Boulevard", "Blvd"),
    ):
        if street.endswith(long):
            return street.removesuffix(long) + short
    return street


def _slipped(rng: random.Random, street: str) -> str:
    """Two neighbouring letters change places somewhere inside the first word."""
    first = street.split(maxsplit=1)[0]
    if len(first) < 4:
        return street
    at = rng.randint(1, len(first) - 2)
    return street[:at] + street[at + 1] + street[at] + street[at + 2 :]


def _near(rng: random.Random, shop: LatLon, homes: Sequence[Home]) -> Home:
    """A door, the likelier the nearer it is to the shop."""
    while True:
        home = homes[rng.randrange(len(homes))]
        distance_m = great_circle_m(shop, home.place)
        if distance_m < _FARTHEST_M and rng.random() < math.exp(-distance_m / _TASTE_FOR_NEAR_M):
            return home


def _person(rng: random.Random, number: int, count: int, homes: Sequence[Home]) -> Person:
    vehicle = rng.choices(["bicycle", "scooter", "car", "van"], [25, 25, 45, 5])[0]
    # Starts from 06:00 on, evenly over ten hours: at noon two in three are on duty.
    starts_min = 360 + (600 * number) // max(1, count)
    return Person(
        name=names.person(rng),
        phone=names.courier_phone(number),
        vehicle=vehicle,
        shift_starts=time(starts_min // 60, starts_min % 60 // 15 * 15),
        shift_h=rng.choice([8, 9, 10]),
        pace=rng.uniform(0.85, 1.1),
        decline_rate=rng.choice([0.0, 0.03, 0.05, 0.10, 0.25]),
        home=homes[rng.randrange(len(homes))],
    )


def _poisson(rng: random.Random, mean: float) -> int:
    """Knuth's method: good for the small means of single hours."""
    limit, count, product = math.exp(-mean), 0, rng.random()
    while product > limit:
        count += 1
        product *= rng.random()
    return count
