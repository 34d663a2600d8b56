"""Who plays in the town, written down once so that a second start goes on with the same people."""

import gzip
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from homeward.kit.places import LatLon
from homeward.simulator.day import Demand, Home


@dataclass(frozen=True, slots=True)
class CastShop:
    """A merchant of the town with one store, and the key that its web shop uses."""

    merchant_id: str
    slug: str
    name: str
    goods: str
    store_id: str
    live_key: str
    place: LatLon
    portal_email: str


@dataclass(frozen=True, slots=True)
class CastCourier:
    """A courier's account; who it is comes from the seed (`day.couriers_of`)."""

    courier_id: str
    phone: str


@dataclass(frozen=True, slots=True)
class Cast:
    """Everything that `run.run_town` needs to know."""

    seed: int
    market_id: str
    time_zone: str
    orders_per_day: float
    addresses_file: str
    shops: tuple[CastShop, ...]
    couriers: tuple[CastCourier, ...]

    def demand(self, homes: Sequence[Home]) -> Demand:
        return Demand(
            self.seed,
            [shop.place for shop in self.shops],
            [shop.goods for shop in self.shops],
            homes,
            self.time_zone,
            self.orders_per_day,
        )

    def save(self, path: Path) -> None:
        staging = path.with_suffix(".new")
        staging.touch(mode=0o600)  # it holds keys
        staging.write_text(json.dumps(asdict(self), indent=1))
        staging.replace(path)

    @classmethod
    def load(cls, path: Path) -> Self:
        body: dict[str, Any] = json.loads(path.read_text())
        shops = tuple(CastShop(**{**shop, "place": LatLon(**shop["place"])}) for shop in body.pop("shops"))
        couriers = tuple(CastCourier(**courier) for courier in body.pop("couriers"))
        return cls(**body, shops=shops, couriers=couriers)


class Phones:
    """What couriers' phones remember between two starts of the town: that they are signed in."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._tokens: dict[str, str] = json.loads(path.read_text()) if path and path.exists() else {}

    def token(self, phone: str) -> str | None:
        return self._tokens.get(phone)

    def remember(self, phone: str, token: str) -> None:
        self._tokens[phone] = token
        if self._path is not None:
            self._path.touch(mode=0o600)
            self._path.write_text(json.dumps(self._tokens))


def read_homes(addresses_file: Path) -> list[Home]:
    """The doors of a town, from the address file that its import made."""
    with gzip.open(addresses_file, "rt", encoding="utf-8") as lines:
        return [_home(json.loads(line)) for line in lines]


def _home(row: dict[str, Any]) -> Home:
    return Home(row["number"], row["street"], row["city"], row["postcode"], LatLon(row["lat"], row["lon"]))
