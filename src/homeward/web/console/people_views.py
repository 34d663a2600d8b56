"""Couriers, merchants and markets as the console shows them. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any, Final

from homeward.coverage.model import Market, MarketSettings, ParcelSize, ServiceArea, ServiceClass
from homeward.deliveries.model import DeliveryView
from homeward.dispatch.route_view import CourierRoute, RouteStopView
from homeward.fleets.couriers.model import VEHICLES, Courier, Engagement, VehicleKind
from homeward.kit.money import Money
from homeward.kit.places import LatLon
from homeward.kit.windows import OpeningHours
from homeward.merchants.model import Merchant, Store
from homeward.quotes.tariff import Scale, Tariff, TariffRules
from homeward.web import words
from homeward.web.console.views import (
    MARKET_STATE,
    CourierItem,
    DeliveryItem,
    area_map,
    courier_item,
    courier_state,
    delivery_item,
)
from homeward.web.format import Formats, Moment
from homeward.web.forms import Form
from homeward.web.maps import Line, Pin, PinIcon, map_config, style_url, vehicle_icon
from homeward.web.stories import formats_of
from homeward.web.words import Word

Pair = tuple[str, str]
DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


# ── couriers ──

_ENGAGEMENTS: Final = {
    Engagement.CONTRACT: "for pay by the offer",
    Engagement.EMPLOYED: "as a merchant's own driver",
    Engagement.VOLUNTEER: "as a volunteer",
}


@dataclass(frozen=True, slots=True)
class CouriersView:
    items: tuple[CourierItem, ...]
    on_duty: int
    busy: int
    text: str
    only: str
    may_create: bool


@dataclass(frozen=True, slots=True)
class NewCourierView:
    form: Form
    markets: tuple[Pair, ...]
    vehicles: tuple[Pair, ...]


@dataclass(frozen=True, slots=True)
class StopItem:
    number: int
    icon: str
    what: str
    name: str
    address: str
    eta: str
    latest: str
    state: str
    href: str


@dataclass(frozen=True, slots=True)
class CourierPage:
    item: CourierItem
    state: Word
    facts: tuple[Pair, ...]
    stops: tuple[StopItem, ...]
    trip: str
    deliveries: tuple[DeliveryItem, ...]
    map: dict[str, Any] | None


def couriers_page(
    couriers: Sequence[Courier],
    load: dict[str, int],
    formats: dict[str, Formats],
    now: datetime,
    *,
    text: str,
    only: str,
    may_create: bool,
) -> CouriersView:
    shown = [c for c in couriers if _fits(c, load.get(c.id, 0), text, only)]
    items = [courier_item(c, load.get(c.id, 0), formats.get(c.market_id, Formats()), now) for c in shown]
    order = [words.COURIER[key] for key in ("lost", "busy", "idle", "off", "suspended")]
    items.sort(key=lambda item: (order.index(item.state), item.name))
    on_duty = sum(1 for c in couriers if c.on_duty)
    return CouriersView(tuple(items), on_duty, sum(1 for c in couriers if load.get(c.id)), text, only, may_create)


def _fits(courier: Courier, load: int, text: str, only: str) -> bool:
    if only and courier_state(courier, load > 0) != only:
        return False
    wanted = text.strip().lower()
    return not wanted or wanted in courier.name.lower() or wanted.replace(" ", "") in courier.phone


def new_courier_page(markets: Sequence[Market], form: Form) -> NewCourierView:
    vehicles = tuple((kind.value, _vehicle_choice(kind)) for kind in VehicleKind)
    return NewCourierView(form, tuple((market.id, market.name) for market in markets), vehicles)


def _vehicle_choice(kind: VehicleKind) -> str:
    traits = VEHICLES[kind]
    return f"{words.VEHICLE[kind.value].label} – up to {traits.capacity_g // 1000} kg, {traits.capacity_l} l"


def courier_page(
    courier: Courier,
    market: Market,
    route: CourierRoute | None,
    deliveries: Sequence[DeliveryView],
    now: datetime,
) -> CourierPage:
    formats = formats_of(market)
    open_count = len(deliveries)
    stops = tuple(_stop_item(n, stop, formats) for n, stop in enumerate(route.stops, 1)) if route else ()
    trip = f"{formats.distance(route.distance_m)}, {formats.span(route.duration_s)} to go" if route and stops else ""
    return CourierPage(
        item=courier_item(courier, open_count, formats, now),
        state=words.COURIER[courier_state(courier, open_count > 0)],
        facts=(*_courier_facts(courier, market, formats, now), *_hint(route, formats)),
        stops=stops,
        trip=trip,
        deliveries=tuple(delivery_item(view, formats, now) for view in deliveries),
        map=_courier_map(courier, market, route),
    )


def _hint(route: CourierRoute | None, formats: Formats) -> tuple[Pair, ...]:
    """What their own app suggests to a courier with nothing to do."""
    if route is None or route.wait_at is None:
        return ()
    return (("Good place to wait", f"{route.wait_at.name}, about {formats.span(route.wait_at.drive_s)} away"),)


def _courier_facts(courier: Courier, market: Market, formats: Formats, now: datetime) -> tuple[Pair, ...]:
    seen = formats.ago(courier.position_at, now) if courier.position_at else "never"
    duty = f"since {formats.moment(courier.duty_since, now).text}" if courier.duty_since else "off"
    return (
        ("Phone", courier.phone),
        ("Market", market.name),
        ("Vehicle", words.word(words.VEHICLE, courier.vehicle.value).label),
        ("Carries", f"{formats.weight(courier.capacity_g)}, {courier.capacity_l} l"),
        ("At once", f"{courier.max_deliveries} deliveries"),
        ("Works", _ENGAGEMENTS[courier.engagement]),
        ("Skills", ", ".join(sorted(skill.replace("_", " ") for skill in courier.skills)) or "–"),
        ("On duty", duty if courier.on_duty else "no"),
        ("Shift ends", formats.moment(courier.shift_ends, now).text if courier.shift_ends else "–"),
        ("Last position", seen),
    )


_STOP: Final = {
    "pickup": ("Pick up", "package-export"),
    "dropoff": ("Hand over", "home"),
    "return": ("Bring back", "arrow-back-up"),
}


def _stop_item(number: int, stop: RouteStopView, formats: Formats) -> StopItem:
    what, icon = _STOP.get(stop.ref.kind.value, ("Stop", "map-pin"))
    return StopItem(
        number=number,
        icon="check" if stop.state == "done" else icon,
        what=what,
        name=stop.name,
        address=f"{stop.address}, {stop.unit}" if stop.unit else stop.address,
        eta=formats.clock(stop.eta) if stop.eta else "–",
        latest=formats.clock(stop.latest) if stop.latest else "–",
        state=stop.state,
        href=f"/console/deliveries/{stop.ref.delivery_id}",
    )


def _courier_map(courier: Courier, market: Market, route: CourierRoute | None) -> dict[str, Any] | None:
    if courier.place is None:
        return None
    pins = [Pin("courier", courier.place, vehicle_icon(courier.vehicle.value), courier.name, "accent", "dot")]
    lines = []
    if route:
        for number, stop in enumerate(route.stops, 1):
            if stop.state != "done":
                icon: PinIcon = "home" if stop.ref.kind.value == "dropoff" else "store"
                pins.append(Pin(stop.ref.id, stop.place, icon, f"{number}. {stop.address}", "idle"))
        if route.geometry:
            lines.append(Line("route", [LatLon(lat, lon) for lat, lon in route.geometry]))
    return map_config(style_url(market.slug), market.box, pins=pins, lines=lines)


# ── merchants ──


@dataclass(frozen=True, slots=True)
class MerchantItem:
    id: str
    href: str
    name: str
    slug: str
    state: Word
    stores: int
    created: Moment
    tracking: str


@dataclass(frozen=True, slots=True)
class MerchantsView:
    items: tuple[MerchantItem, ...]
    may_create: bool


@dataclass(frozen=True, slots=True)
class NewMerchantView:
    form: Form


@dataclass(frozen=True, slots=True)
class MerchantMadeView:
    """The one moment at which the keys are shown."""

    name: str
    id: str
    live_key: str
    test_key: str
    owner_email: str | None


@dataclass(frozen=True, slots=True)
class StoreItem:
    name: str
    address: str
    prep: str
    state: Word


@dataclass(frozen=True, slots=True)
class MerchantPage:
    item: MerchantItem
    facts: tuple[Pair, ...]
    stores: tuple[StoreItem, ...]
    deliveries: tuple[DeliveryItem, ...]


_MERCHANT_STATE: Final = {"active": Word("Active", "circle-check", "ok"), "suspended": Word("Suspended", "lock", "bad")}
_STORE_STATE: Final = {"active": Word("Open for orders", "circle-check", "ok"), "closed": Word("Closed", "x", "idle")}


def merchant_item(merchant: Merchant, stores: int, formats: Formats, now: datetime) -> MerchantItem:
    return MerchantItem(
        id=merchant.id,
        href=f"/console/merchants/{merchant.id}",
        name=merchant.name,
        slug=merchant.slug,
        state=words.word(_MERCHANT_STATE, merchant.status),
        stores=stores,
        created=formats.moment(merchant.created_at, now),
        tracking=merchant.tracking_domain or "the neutral host",
    )


def store_item(store: Store, formats: Formats) -> StoreItem:
    return StoreItem(
        store.name, store.address, formats.span(store.preparation_s), words.word(_STORE_STATE, store.status)
    )


def merchant_page(
    merchant: Merchant, stores: Sequence[Store], deliveries: Sequence[DeliveryView], formats: Formats, now: datetime
) -> MerchantPage:
    brand = merchant.brand
    return MerchantPage(
        item=merchant_item(merchant, len(stores), formats, now),
        facts=(
            ("Shoppers see", brand.display_name),
            ("Tracking pages on", merchant.tracking_domain or "the neutral host"),
            ("Support phone", brand.support_phone or "–"),
            ("Support e-mail", brand.support_email or "–"),
            ("Id", merchant.id),
        ),
        stores=tuple(store_item(store, formats) for store in stores),
        deliveries=tuple(delivery_item(view, formats, now) for view in deliveries),
    )


# ── markets ──


@dataclass(frozen=True, slots=True)
class MarketCard:
    id: str
    href: str
    name: str
    slug: str
    state: Word
    on_duty: int
    open: int


@dataclass(frozen=True, slots=True)
class MarketsView:
    items: tuple[MarketCard, ...]


@dataclass(frozen=True, slots=True)
class TariffPart:
    title: str
    lines: tuple[Pair, ...]


@dataclass(frozen=True, slots=True)
class MarketPage:
    id: str
    name: str
    slug: str
    paused: bool
    state: Word
    facts: tuple[Pair, ...]
    limits: tuple[Pair, ...]
    hours: tuple[Pair, ...]
    areas: tuple[str, ...]
    tariff_version: str
    tariff: tuple[TariffPart, ...]
    map: dict[str, Any]
    may_change: bool
    form: Form


def market_card(market: Market, on_duty: int, open_deliveries: int) -> MarketCard:
    return MarketCard(
        market.id,
        f"/console/markets/{market.id}",
        market.name,
        market.slug,
        MARKET_STATE[market.status.value],
        on_duty,
        open_deliveries,
    )


def market_page(
    market: Market, areas: Sequence[ServiceArea], tariff: Tariff | None, now: datetime, *, may_change: bool, form: Form
) -> MarketPage:
    formats = formats_of(market)
    since = f", since {formats.date(tariff.effective_from)}" if tariff else ""
    return MarketPage(
        id=market.id,
        name=market.name,
        slug=market.slug,
        paused=market.paused,
        state=MARKET_STATE[market.status.value],
        facts=(
            ("Currency", market.currency),
            ("Time zone", f"{market.time_zone} (now {formats.clock(now)})"),
            ("Units", market.units),
            ("Roads", market.graph_version),
        ),
        limits=limit_pairs(market.settings, market.currency, formats),
        hours=hour_pairs(market.hours, formats),
        areas=tuple(area.name for area in areas if area.active),
        tariff_version=f"Version {tariff.version}{since}" if tariff else "",
        tariff=tariff_parts(tariff.rules, formats) if tariff else (),
        map=area_map(market, areas),
        may_change=may_change,
        form=form,
    )


def limit_pairs(settings: MarketSettings, currency: str, formats: Formats) -> tuple[Pair, ...]:
    services = ", ".join(words.SERVICE_CLASS[service.value].label for service in settings.service_classes)
    lengths = ", ".join(formats.span(length) for length in settings.window_lengths_s)
    return (
        ("Offers", services),
        ("Windows of", lengths),
        ("Farthest", f"{formats.distance(settings.max_distance_m)} by road"),
        ("Heaviest", formats.weight(settings.max_weight_g)),
        ("Largest", settings.max_size.value.replace("_", " ")),
        ("Booked ahead at most", formats.span(settings.horizon_s)),
        ("Express promises", formats.span(settings.express_promise_s)),
        ("A quote holds", formats.span(settings.quote_valid_s)),
        ("Couriers decide within", formats.span(settings.offer_decision_s)),
        ("Pay per offer", _pay_words(settings, currency, formats)),
    )


def _pay_words(settings: MarketSettings, currency: str, formats: Formats) -> str:
    def money(minor: int) -> str:
        return formats.money(Money(minor, currency))

    return (
        f"{money(settings.pay_base_minor)} + {money(settings.pay_per_km_minor)} per km"
        f" + {money(settings.pay_per_minute_minor)} per minute"
    )


def hour_pairs(hours: OpeningHours, formats: Formats) -> tuple[Pair, ...]:
    """One line per weekday; a closed day says so."""
    lines = []
    for number, day in enumerate(DAYS):
        spans = sorted(hours.weekly.get(number, ()), key=lambda span: span.since)
        if not spans:
            lines.append((day, "Closed"))
        elif len(spans) == 1 and spans[0].since == spans[0].until == time(0):
            lines.append((day, "Round the clock"))
        else:
            lines.append((day, ", ".join(f"{span.since:%H:%M}–{span.until:%H:%M}" for span in spans)))
    return tuple(lines)


def tariff_parts(rules: TariffRules, formats: Formats) -> tuple[TariffPart, ...]:
    """A tariff as a person reads it."""

    def money(minor: int) -> str:
        return formats.money(Money(minor, rules.currency))

    parts = [
        TariffPart("By distance", _scale(rules.distance, formats.distance, money)),
        TariffPart(
            "By service",
            tuple((words.SERVICE_CLASS[s.value].label, money(rules.service.get(s, 0))) for s in ServiceClass),
        ),
        TariffPart("By length of the window", _scale(rules.window, formats.span, money)),
        TariffPart(
            "By size", tuple((s.value.replace("_", " ").capitalize(), money(rules.size.get(s, 0))) for s in ParcelSize)
        ),
        TariffPart("By weight", _scale(rules.weight, formats.weight, money)),
        TariffPart(
            "Busy hours",
            tuple(
                (f"{p.label} ({p.since:%H:%M}–{p.until:%H:%M})", _peak(p.per_mille, p.minor, money)) for p in rules.peak
            ),
        ),
        TariffPart("Afterwards", _fees(rules)),
    ]
    return tuple(part for part in parts if part.lines)


def _scale(scale: Scale, show: Any, money: Any) -> tuple[Pair, ...]:
    lines = [(f"up to {show(band.up_to)}", money(band.minor)) for band in scale.bands]
    if scale.beyond:
        lines.append((f"each {show(scale.beyond.unit)} beyond", f"+ {money(scale.beyond.minor)}"))
    return tuple(lines)


def _peak(per_mille: int, minor: int, money: Any) -> str:
    said = [f"+ {per_mille / 10:g}%"] if per_mille else []
    return " and ".join([*said, f"+ {money(minor)}"] if minor else said) or "–"


def _fees(rules: TariffRules) -> tuple[Pair, ...]:
    fees = rules.fees
    return (
        ("Cancelled before a courier has it", f"{fees.cancel_before_assignment / 10:g}% of the price"),
        ("Cancelled before pickup", f"{fees.cancel_before_pickup / 10:g}% of the price"),
        ("Cancelled at the store's door", f"{fees.cancel_at_pickup / 10:g}% of the price"),
        ("Brought back to the store", f"+ {fees.return_to_store / 10:g}% of the price"),
    )


# ── the mailbox ──


@dataclass(frozen=True, slots=True)
class Letter:
    icon: str
    channel: str
    recipient: str
    sender: str
    subject: str
    body: str
    at: Moment
    state: Word


@dataclass(frozen=True, slots=True)
class MailboxView:
    letters: tuple[Letter, ...]
