"""A merchant's own drivers as the portal shows them. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from homeward.fleets.couriers.model import Courier, VehicleKind
from homeward.merchants.model import Store
from homeward.web import words
from homeward.web.forms import Form
from homeward.web.words import Word

_ON_DUTY: Final = Word("On duty", "circle-check", "ok")
_OFF_DUTY: Final = Word("Off duty", "circle")


@dataclass(frozen=True, slots=True)
class DriverRow:
    id: str
    name: str
    phone: str
    vehicle: Word
    market: str
    duty: Word


@dataclass(frozen=True, slots=True)
class DriversPage:
    """`app_url` is where drivers sign in; `stores` and `vehicles` are what the form offers."""

    rows: tuple[DriverRow, ...]
    stores: tuple[tuple[str, str], ...]
    vehicles: tuple[tuple[str, str], ...]
    app_url: str
    form: Form


def drivers_page(
    drivers: Sequence[Courier], stores: Sequence[Store], markets: Mapping[str, str], app_url: str, form: Form
) -> DriversPage:
    """`markets` are names by id."""
    return DriversPage(
        rows=tuple(
            DriverRow(
                driver.id,
                driver.name,
                driver.phone,
                words.word(words.VEHICLE, driver.vehicle.value),
                markets.get(driver.market_id, ""),
                _ON_DUTY if driver.on_duty else _OFF_DUTY,
            )
            for driver in drivers
        ),
        stores=tuple((store.id, store.name) for store in stores if store.status == "active"),
        vehicles=tuple((kind.value, words.word(words.VEHICLE, kind.value).label) for kind in VehicleKind),
        app_url=app_url,
        form=form,
    )
