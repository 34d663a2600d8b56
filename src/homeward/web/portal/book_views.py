"""Booking by form: the request, the options with their prices and reasons, the pin to confirm. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

from homeward.coverage.model import Market, ParcelSize
from homeward.deliveries.model import (
    AgeCheck,
    Barcode,
    BookRequest,
    Building,
    Contact,
    Contents,
    DeliveryView,
    DropoffRequest,
    Handover,
    Item,
    ProofRequest,
    Spot,
    StepProof,
)
from homeward.kit.places import LatLon
from homeward.kit.problems import FieldError, MalformedRequest
from homeward.kit.units import Grams
from homeward.merchants.model import Store
from homeward.quotes.model import CONFIRM_ADDRESS, AddressAsked, Parcel, Quote, QuoteOption, QuoteRequest
from homeward.web import words
from homeward.web.format import Formats
from homeward.web.forms import Form, Pick, tip_of
from homeward.web.maps import Pin, map_config, style_url
from homeward.web.stories import PriceView, ReasonLine, formats_of, price_view, reason_lines
from homeward.web.words import Word

# Carried from the request to the booking, since the quote itself holds nobody's name.
KEPT: Final = (
    "store_id", "address", "unit", "name", "phone", "email", "instructions", "size", "weight", "description",
    "external_id", "photo", "signature", "pin", "age_check", "lat", "lon", "ready_in", "key", "building", "spot",
    "gate_code", "handover", "items", "barcode", "tip", "min_age", "sober", "redelivery_of",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class BookPage:
    form: Form
    stores: tuple[tuple[str, str], ...]
    weight_unit: str
    candidates: tuple[Pick, ...] = ()


@dataclass(frozen=True, slots=True)
class OptionView:
    id: str
    service: Word
    window: str
    held: str
    price: PriceView
    reasons: tuple[ReasonLine, ...]
    longest_s: int
    chosen: bool


@dataclass(frozen=True, slots=True)
class RefusalView:
    service: Word
    title: str
    detail: str


@dataclass(frozen=True, slots=True)
class OptionsPage:
    quote_id: str
    kept: tuple[tuple[str, str], ...]
    recipient: str
    address: str
    store: str
    trip: str
    parcel: str
    valid_until: str
    options: tuple[OptionView, ...]
    refusals: tuple[RefusalView, ...]
    uncertain: bool
    lat: float
    lon: float
    map: dict[str, Any]
    form: Form


def weight_unit(formats: Formats) -> str:
    return "lb" if formats.units == "imperial" else "kg"


def weight_g(text: str, unit: str) -> int | None:
    """Grams from what was typed in kilograms or pounds; a decimal comma counts as a point."""
    try:
        value = float(text.strip().replace(",", "."))
    except ValueError:
        return None
    grams = round(value * (453.59237 if unit == "lb" else 1000))
    return grams if 0 < grams <= 1_000_000 else None


def quote_request(values: Mapping[str, str], unit: str, now: datetime) -> QuoteRequest:
    """From the form. Raises MalformedRequest with every wrong field."""
    wrong = []
    if not values.get("store_id"):
        wrong.append(FieldError("/store_id", "missing", "choose a store"))
    if not values.get("address", "").strip():
        wrong.append(FieldError("/address", "missing", "type the recipient's address"))
    if not values.get("name", "").strip():
        wrong.append(FieldError("/name", "missing", "the courier asks for this name at the door"))
    grams = weight_g(values.get("weight", ""), unit)
    if grams is None:
        wrong.append(FieldError("/weight", "bad-weight", f"give the weight in {unit}, such as 2.5"))
    if values.get("size") not in ParcelSize._value2member_map_:
        wrong.append(FieldError("/size", "unknown", "choose a size"))
    if wrong or grams is None:
        raise MalformedRequest(wrong)
    return QuoteRequest(
        store_id=values["store_id"],
        parcel=Parcel(Grams(grams), ParcelSize(values["size"]), ("age_check",) if values.get("age_check") else ()),
        address=AddressAsked(text=values["address"].strip()),
        place=pin_of(values),
        ready_at=_ready(values.get("ready_in", ""), now),
    )


def pin_of(values: Mapping[str, str]) -> LatLon | None:
    """A pin that somebody confirmed; None if there is none or it is no place."""
    try:
        return LatLon(float(values["lat"]), float(values["lon"]))
    except (KeyError, ValueError):
        return None


def _ready(minutes: str, now: datetime) -> datetime | None:
    return now + timedelta(minutes=int(minutes)) if minutes.isdecimal() and int(minutes) <= 20_160 else None


READY: Final[tuple[tuple[str, str], ...]] = (
    ("", "As the store usually needs"),
    ("0", "Now"),
    ("15", "In 15 minutes"),
    ("30", "In 30 minutes"),
    ("60", "In an hour"),
    ("120", "In two hours"),
)


def book_request(values: Mapping[str, str], quote_id: str, option_id: str, currency: str) -> BookRequest:
    """From the form. Raises MalformedRequest for a tip that is no amount."""
    return BookRequest(
        dropoff=DropoffRequest(
            address=AddressAsked(text=values.get("address", "").strip()),
            place=pin_of(values),
            unit=values.get("unit", "").strip(),
            contact=Contact(
                values.get("name", "").strip(),
                values.get("phone", "").strip() or None,
                values.get("email", "").strip() or None,
            ),
            instructions=values.get("instructions", "").strip(),
            building=_choice(Building, values, "building"),
            spot=_choice(Spot, values, "spot"),
            gate_code=values.get("gate_code", "").strip(),
        ),
        quote_id=quote_id,
        option_id=option_id,
        contents=Contents(values.get("description", "").strip(), items=items_of(values.get("items", ""))),
        external_id=values.get("external_id", "").strip() or None,
        proof=ProofRequest(
            photo=bool(values.get("photo")),
            signature=bool(values.get("signature")),
            pin=bool(values.get("pin")),
            age=_age_check(values),
            barcodes=_barcodes(values),
            at_pickup=StepProof(barcodes=_barcodes(values)),
        ),
        handover=_choice(Handover, values, "handover") or Handover.ANY,
        tip=tip_of(values.get("tip", ""), currency),
        redelivery_of=values.get("redelivery_of") or None,
    )


def items_of(text: str) -> tuple[Item, ...]:
    """One line each, such as `2 x Rye bread`; without a number it is one."""
    items = []
    for line in text.splitlines():
        found = _ITEM.fullmatch(line.strip())
        if found and found["name"]:
            items.append(Item(found["name"][:120], min(1000, max(1, int(found["count"] or 1)))))
    return tuple(items[:200])


_ITEM: Final = re.compile(r"(?:(?P<count>\d{1,4})\s*[x×]\s+)?(?P<name>.*)")


Choice = TypeVar("Choice", Building, Spot, Handover)


def _choice(kind: type[Choice], values: Mapping[str, str], name: str) -> Choice | None:
    said = values.get(name, "")
    return kind(said) if said in [str(each) for each in kind] else None


def _age_check(values: Mapping[str, str]) -> AgeCheck | None:
    if not values.get("age_check"):
        return None
    typed = values.get("min_age", "")
    return AgeCheck(int(typed) if typed in _AGES else 18, bool(values.get("sober")))


_AGES: Final = ("16", "18", "21")


def _barcodes(values: Mapping[str, str]) -> tuple[Barcode, ...]:
    """One label, scanned at the store and again at the door."""
    label = values.get("barcode", "").strip()
    return (Barcode(label),) if label else ()


def again(view: DeliveryView, formats: Formats) -> dict[str, str]:
    """The form filled in for another try of a delivery that did not arrive."""
    delivery = view.delivery
    door, contact = delivery.dropoff, delivery.dropoff.contact
    per_unit = 453.59237 if weight_unit(formats) == "lb" else 1000
    values = {
        "redelivery_of": delivery.id,
        "store_id": delivery.store_id,
        "address": door.address,
        "unit": door.unit,
        "name": contact.name,
        "phone": contact.phone,
        "email": contact.email,
        "instructions": door.instructions,
        "building": door.building,
        "spot": door.spot,
        "gate_code": door.gate_code,
        "size": delivery.parcel.size,
        "weight": f"{delivery.parcel.weight_g / per_unit:.2f}",
        "description": delivery.contents.description,
        "photo": "on" if delivery.requirements.photo else "",
    }
    return {name: str(value) for name, value in values.items() if value}


def book_page(stores: Sequence[Store], formats: Formats, form: Form, candidates: Sequence[Pick] = ()) -> BookPage:
    open_stores = tuple((store.id, store.name) for store in stores if store.active)
    return BookPage(form, open_stores, weight_unit(formats), tuple(candidates))


def options_page(
    quote: Quote, store: Store, market: Market, values: Mapping[str, str], form: Form, now: datetime
) -> OptionsPage:
    formats = formats_of(market)
    uncertain = CONFIRM_ADDRESS in quote.attention
    place = quote.dropoff.place
    door = Pin("door", place, "home", "The door: drag it where it belongs", "accent", draggable=uncertain)
    pins = [door] if uncertain else [Pin("store", store.place, "store", store.name, "idle"), door]
    picked = form.value("option_id") or quote.options[0].id
    return OptionsPage(
        quote_id=quote.id,
        kept=tuple((name, values[name]) for name in KEPT if values.get(name)),
        recipient=values.get("name", ""),
        address=quote.dropoff.label,
        store=store.name,
        trip=f"{formats.distance(quote.distance_m)} by road, {formats.span(quote.duration_s)} without traffic",
        parcel=f"{quote.parcel.size.value.replace('_', ' ')}, {formats.weight(quote.parcel.weight_g)}",
        valid_until=formats.moment(quote.expires_at, now).text,
        options=tuple(_option(option, option.id == picked, formats, now) for option in quote.options),
        refusals=tuple(
            RefusalView(words.word(words.SERVICE_CLASS, r.service_class.value), r.title, r.detail or "")
            for r in quote.refusals
        ),
        uncertain=uncertain,
        lat=place.lat,
        lon=place.lon,
        map=map_config(style_url(market.slug), market.box, pins=pins),
        form=form,
    )


def _option(option: QuoteOption, chosen: bool, formats: Formats, now: datetime) -> OptionView:
    reasons = reason_lines(option.reasoning, formats)
    return OptionView(
        id=option.id,
        service=words.word(words.SERVICE_CLASS, option.service_class.value),
        window=_promise(option, formats, now),
        held=_held(option),
        price=price_view(option.price.to_json(), formats),
        reasons=reasons,
        longest_s=max((line.seconds for line in reasons), default=1),
        chosen=chosen,
    )


def _held(option: QuoteOption) -> str:
    """How likely the promise is kept, in words that do not sound surer than they are."""
    hundredths = round(100 * option.confidence.share)
    if option.confidence.basis == "default":
        return f"meant to hold {hundredths} times of 100, not measured here yet"
    return f"held {hundredths} times of 100 here, by {option.confidence.sample} earlier deliveries"


def _promise(option: QuoteOption, formats: Formats, now: datetime) -> str:
    if option.service_class.value == "express":
        return f"by {formats.moment(option.window.latest, now).text}"
    return formats.window(option.window.earliest, option.window.latest, now)
