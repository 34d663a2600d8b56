"""What is in a parcel, as the merchant says it: items, values, labels, goods that the law treats apart. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from homeward.kit.money import Money
from homeward.kit.units import Grams, Millimetres


class Goods(StrEnum):
    """Goods that the law treats apart; named for the whole parcel, whichever item it is."""

    ALCOHOL = "alcohol"
    TOBACCO = "tobacco"
    HEMP = "hemp"
    PHARMACY = "pharmacy"
    AGE_RESTRICTED_PHARMACY = "age_restricted_pharmacy"
    OVER_THE_COUNTER = "over_the_counter"
    DANGEROUS = "dangerous"


AGE_RESTRICTED: Final = frozenset({Goods.ALCOHOL, Goods.TOBACCO, Goods.HEMP, Goods.AGE_RESTRICTED_PHARMACY})
"""Never handed over without an age check, and never left at a door."""


@dataclass(frozen=True, slots=True)
class DangerousGoods:
    """As on the transport document. Source: UN Model Regulations; only limited quantities are carried."""

    un_number: str  # 'UN1950'
    proper_name: str
    hazard_class: str = ""
    packing_group: str = ""  # 'I', 'II', 'III' or none


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the merchant's order. Lengths and weight are of one piece; None is not said."""

    name: str
    quantity: int = 1
    external_id: str = ""
    description: str = ""
    weight_g: Grams | None = None
    length_mm: Millimetres | None = None
    width_mm: Millimetres | None = None
    height_mm: Millimetres | None = None
    price: Money | None = None
    barcode: str = ""
    upright: bool = False
    dangerous: DangerousGoods | None = None


@dataclass(frozen=True, slots=True)
class Contents:
    """What the merchant says is in the parcel; priced and carried is the `Parcel` of the quote."""

    description: str = ""
    count: int = 1
    value: Money | None = None
    items: tuple[Item, ...] = ()
    goods: tuple[Goods, ...] = ()


def contents_from(said: Mapping[str, Any]) -> Contents:
    """From the JSON that `jsonable` makes of it. Deliveries of the release before have no items and goods."""
    return Contents(
        said["description"],
        said["count"],
        _money(said["value"]),
        tuple(_item_from(item) for item in said.get("items", ())),
        tuple(Goods(each) for each in said.get("goods", ())),
    )


def _item_from(said: Mapping[str, Any]) -> Item:
    dangerous = DangerousGoods(**said["dangerous"]) if said["dangerous"] else None
    return Item(**{**said, "price": _money(said["price"]), "dangerous": dangerous})


def _money(said: Mapping[str, Any] | None) -> Money | None:
    return Money(said["minor"], said["currency"]) if said else None
