"""The way to a merchant's first delivery, ticked by what is there and not by clicks. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from homeward.merchants.model import ApiKey, Brand, Store


@dataclass(frozen=True, slots=True)
class StartStep:
    """`href` is empty where the reader's role may not take the step."""

    label: str
    help: str
    action: str
    href: str
    done: bool


@dataclass(frozen=True, slots=True)
class Start:
    steps: tuple[StartStep, ...]
    count: str


def start(
    stores: Sequence[Store], brand: Brand, keys: Sequence[ApiKey], role: str, *, tested: bool, live: bool
) -> Start:
    """`tested` and `live`: something was booked in that mode. A key counts once used: the first ones are given."""
    used = any(key.last_used_at for key in keys)
    steps = (
        StartStep(
            "Add your store", "Where couriers collect, and when.", "Add a store", "/portal/stores/new", bool(stores)
        ),
        StartStep(
            "Show your brand",
            "Your logo, colour and support contact, on everything that a recipient sees.",
            "Set the brand",
            "/portal/brand" if role == "owner" else "",
            brand != Brand(brand.display_name),
        ),
        StartStep(
            "Book a test delivery",
            "Switch to Test at the top of the page first: nobody drives and nothing is charged.",
            "Book in test",
            "/portal/book",
            tested,
        ),
        StartStep(
            "Connect your shop, or stay with these pages",
            "Use an API key to let your shop book by itself. Booking here needs none.",
            "See the keys",
            "/portal/keys" if role in ("owner", "developer") else "",
            used or live,
        ),
        StartStep(
            "Book the first live delivery",
            "Switch to Live: a courier comes and the price is charged.",
            "Book live",
            "/portal/book",
            live,
        ),
    )
    return Start(steps, f"{sum(step.done for step in steps)} of {len(steps)} done")
