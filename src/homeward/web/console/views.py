"""What the console's board and lists show, from what the services answer. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from homeward.coverage.model import Market, ServiceArea
from homeward.deliveries.model import DeliveryView
from homeward.deliveries.states import OPEN, State
from homeward.dispatch.desk.model import SavedFilter, Step
from homeward.fleets.couriers.model import Courier
from homeward.kit.places import Box, LatLon
from homeward.merchants.model import Merchant, Store
from homeward.web import words
from homeward.web.format import Formats, Moment
from homeward.web.maps import Pin, map_config, style_url
from homeward.web.shell import NavLink
from homeward.web.stories import door, formats_of, short_id, standing
from homeward.web.words import Word

LINKS: Final = (
    NavLink("/console", "Live board", "map-2"),
    NavLink("/console/deliveries", "Deliveries", "packages"),
    NavLink("/console/routes", "Routes", "timeline"),
    NavLink("/console/exceptions", "Exceptions", "lifebuoy"),
    NavLink("/console/rescues", "Rescues", "alert-triangle"),
    NavLink("/console/couriers", "Couriers", "bike"),
    NavLink("/console/fleets", "Fleets", "robot"),
    NavLink("/console/reviews", "Reviews", "hand-stop"),
    NavLink("/console/merchants", "Merchants", "building-store"),
    NavLink("/console/markets", "Markets", "world"),
)
LIST: Final = "/console/deliveries"
EXCEPTIONS: Final = "/console/exceptions"
MAILBOX_LINK: Final = NavLink("/console/mailbox", "Mailbox", "mail")

TOLD: Final = {
    "reassigned": "Done. The delivery goes to the courier you chose.",
    "moved": "Moved. The couriers see their new routes.",
    "searching": "Done. We are looking for another courier.",
    "goes-on": "Done. Whoever was stranded goes on; nobody is sent any more.",
    "cancelled": "The delivery is cancelled.",
    "failed": "The delivery has ended as failed.",
    "courier-activated": "They may work from now on, and are told so when they look.",
    "document-reviewed": "Recorded. The applicant sees it.",
    "check-recorded": "Recorded.",
    "application-declined": "Declined. The applicant reads your reason.",
    "courier-created": "The courier is entered and can sign in with this phone number.",
    "market-paused": "The market is paused: it takes no new deliveries.",
    "market-resumed": "The market takes deliveries again.",
    "fleet-joined": "The fleet has joined. Its vehicles are in the plan.",
    "fleet-paused": "The fleet is paused. What it carries is finished; nothing new is given to it.",
    "fleet-resumed": "The fleet takes deliveries again.",
    "machine-asked": "The fleet has agreed. Its answer stands below.",
    "settled": "Settled.",
    "filter-saved": "Saved. The list stands above the deliveries.",
    "filter-forgotten": "Forgotten. The deliveries stay.",
    "address-confirmed": "The pin is confirmed. A courier is asked now.",
    "called-back": "It is called back to the store.",
    "given": "Done. The delivery goes to the courier you chose.",
    "taken": "It is yours. The others see your name beside it.",
    "snoozed": "Put off. It comes back by itself.",
    "released": "It is nobody's again.",
}


def with_exceptions(links: Sequence[NavLink], count: int) -> tuple[NavLink, ...]:
    """The links, with how many exceptions are open beside theirs."""
    live = f"{EXCEPTIONS}/count"
    counted = (
        replace(link, count=count, urgent=count > 0, live=live) if link.href == EXCEPTIONS else link for link in links
    )
    return tuple(counted)


# ── deliveries in lists ──


@dataclass(frozen=True, slots=True)
class DeliveryItem:
    """One delivery in a list; `href` is its story."""

    id: str
    href: str
    short_id: str
    state: Word
    attention: str | None
    store: str
    merchant: str
    address: str
    promise: str
    promised_by: Moment
    standing: Word
    courier: str | None
    service: Word
    created_at: Moment
    test: bool


def delivery_item(view: DeliveryView, formats: Formats, now: datetime) -> DeliveryItem:
    delivery = view.delivery
    return DeliveryItem(
        id=delivery.id,
        href=f"/console/deliveries/{delivery.id}",
        short_id=short_id(delivery.id),
        state=words.word(words.DELIVERY, delivery.state.value),
        attention=words.attention(delivery.attention) if delivery.attention else None,
        store=view.store_name,
        merchant=view.merchant_name,
        address=door(delivery),
        promise=formats.window(delivery.window_earliest, delivery.promised_by, now),
        promised_by=formats.moment(delivery.promised_by, now),
        standing=standing(delivery, formats, now),
        courier=view.courier.first_name if view.courier else None,
        service=words.word(words.SERVICE_CLASS, delivery.service_class.value),
        created_at=formats.moment(delivery.created_at, now),
        test=delivery.mode == "test",
    )


# ── the board ──


@dataclass(frozen=True, slots=True)
class Group:
    title: str
    icon: str
    tone: str
    items: tuple[DeliveryItem, ...]


@dataclass(frozen=True, slots=True)
class Filters:
    """What is asked for, as in the address; empty = all."""

    market: str = ""
    state: str = ""
    store: str = ""
    merchant: str = ""
    attention: bool = False
    text: str = ""
    courier: str = ""

    @property
    def any(self) -> bool:
        return bool(self.state or self.store or self.merchant or self.attention or self.text or self.courier)


Options = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Choices:
    """What the filters offer: (value, label)."""

    markets: Options
    states: Options
    merchants: Options
    stores: Options


@dataclass(frozen=True, slots=True)
class Supply:
    free: int
    busy: int
    lost: int
    open: int


@dataclass(frozen=True, slots=True)
class BoardView:
    market_name: str
    filters: Filters
    choices: Choices
    groups: tuple[Group, ...]
    supply: Supply
    map: dict[str, Any]
    live_url: str
    empty: bool


GROUPS: Final[tuple[tuple[str, str, str, frozenset[State]], ...]] = (
    ("Finding a courier", "search", "info", frozenset({State.SEARCHING})),
    (
        "To the store",
        "building-store",
        "info",
        frozenset({State.ASSIGNED, State.TO_PICKUP, State.AT_PICKUP}),
    ),
    ("To the door", "truck-delivery", "accent", frozenset({State.PICKED_UP, State.TO_DROPOFF, State.AT_DROPOFF})),
    ("On the way back", "arrow-back-up", "warn", frozenset({State.RETURNING, State.AT_RETURN})),
    ("Scheduled", "calendar-event", "idle", frozenset({State.SCHEDULED})),
)


def grouped(views: Sequence[DeliveryView], formats: Formats, now: datetime) -> tuple[Group, ...]:
    """What needs a person comes first, then the states in the order of a delivery's life; most urgent first in each."""
    urgent = sorted(views, key=lambda view: (view.delivery.promised_by, view.delivery.id))
    calling = [view for view in urgent if view.delivery.attention]
    groups = [_group("Needs attention", "alert-triangle", "bad", calling, formats, now)]
    for title, icon, tone, states in GROUPS:
        held = [view for view in urgent if view.delivery.state in states and not view.delivery.attention]
        groups.append(_group(title, icon, tone, held, formats, now))
    return tuple(group for group in groups if group.items)


def _group(title: str, icon: str, tone: str, views: Sequence[DeliveryView], formats: Formats, now: datetime) -> Group:
    return Group(title, icon, tone, tuple(delivery_item(view, formats, now) for view in views))


def board(
    market: Market | None,
    deliveries: Sequence[DeliveryView],
    couriers: Sequence[Courier],
    stores: Sequence[Store],
    filters: Filters,
    choices: Choices,
    now: datetime,
) -> BoardView:
    formats = formats_of(market)
    busy = busy_couriers(deliveries)
    states = [courier_state(courier, courier.id in busy) for courier in couriers]
    return BoardView(
        market_name=market.name if market else "",
        filters=filters,
        choices=choices,
        groups=grouped(deliveries, formats, now),
        supply=Supply(states.count("idle"), states.count("busy"), states.count("lost"), len(deliveries)),
        map=board_map(market, deliveries, stores),
        live_url=f"/console/live?market={market.id}" if market else "",
        empty=not deliveries and not filters.any,
    )


def board_map(market: Market | None, deliveries: Sequence[DeliveryView], stores: Sequence[Store]) -> dict[str, Any]:
    """Stores and doors as pins; the couriers move and come with the live snapshot."""
    # Where things happen, not where the map ends: a county may be mostly forest.
    places = [store.place for store in stores] + [view.delivery.dropoff.place for view in deliveries]
    box = around(places) or (market.box if market else Box(-60, -170, 75, 170))
    pins = [Pin(store.id, store.place, "store", store.name, "idle", "dot") for store in stores]
    style = style_url(market.slug) if market else None
    return map_config(style, box, pins=pins, fit=False, scroll=True)


def around(places: Sequence[LatLon]) -> Box | None:
    """A box that holds all places; None for fewer than two."""
    if len(places) < 2:
        return None
    lats, lons = [place.lat for place in places], [place.lon for place in places]
    return Box(min(lats), min(lons), max(lats), max(lons))


BULK: Final = {
    Step.SEARCH_AGAIN: "Take from the courier and search again",
    Step.CANCEL: "Cancel",
    Step.CALL_BACK: "Call back to the store",
    Step.CONFIRM_ADDRESS: "Confirm the pin",
    Step.GOES_ON: "End the rescue: it goes on by itself",
    Step.FAIL: "End as failed",
}


# ── couriers ──


def courier_state(courier: Courier, busy: bool) -> str:
    """`off`, `idle`, `busy`, `lost` or `suspended`: the key into words.COURIER."""
    if courier.status != "active":
        return "suspended"
    if courier.contact_lost_at is not None and (courier.on_duty or busy):
        return "lost"
    if busy:
        return "busy"
    return "idle" if courier.on_duty else "off"


def busy_couriers(deliveries: Sequence[DeliveryView]) -> Mapping[str, int]:
    """How many open deliveries each courier has."""
    counts: dict[str, int] = {}
    for view in deliveries:
        if view.delivery.courier_id and view.delivery.state in OPEN:
            counts[view.delivery.courier_id] = counts.get(view.delivery.courier_id, 0) + 1
    return counts


@dataclass(frozen=True, slots=True)
class CourierItem:
    id: str
    href: str
    name: str
    phone: str
    vehicle: Word
    state: Word
    deliveries: int
    seen: str
    shift: str


def courier_item(courier: Courier, deliveries: int, formats: Formats, now: datetime) -> CourierItem:
    shift = formats.clock(courier.shift_ends) if courier.on_duty and courier.shift_ends else ""
    return CourierItem(
        id=courier.id,
        href=f"/console/couriers/{courier.id}",
        name=courier.name,
        phone=courier.phone,
        vehicle=words.word(words.VEHICLE, courier.vehicle.value),
        state=words.COURIER[courier_state(courier, deliveries > 0)],
        deliveries=deliveries,
        seen=formats.ago(courier.position_at, now) if courier.position_at else "never",
        shift=f"until {shift}" if shift else "",
    )


@dataclass(frozen=True, slots=True)
class ListView:
    """Deliveries as a table, by pages."""

    filters: Filters
    choices: Choices
    items: tuple[DeliveryItem, ...]
    next_url: str | None
    first_url: str | None
    saved: tuple[SavedFilter, ...] = ()
    query: str = ""  # what is asked for now, as a saved list keeps it
    acts: Options = ()  # what may be done with many at once; empty: not their role


# ── the live snapshot for the map ──


def live_snapshot(
    couriers: Sequence[Courier], deliveries: Sequence[DeliveryView], formats: Formats, now: datetime
) -> dict[str, Any]:
    """Couriers on duty and open doors for the map; small enough to send every two seconds."""
    busy = busy_couriers(deliveries)
    return {
        "couriers": [_live_courier(c, busy.get(c.id, 0)) for c in couriers if c.place is not None],
        "doors": [_live_door(view, formats, now) for view in deliveries],
    }


def _live_courier(courier: Courier, deliveries: int) -> dict[str, Any]:
    assert courier.place is not None
    state = courier_state(courier, deliveries > 0)
    word, vehicle = words.COURIER[state], words.word(words.VEHICLE, courier.vehicle.value)
    load = f", {deliveries} on the route" if deliveries else ""
    return {
        "id": courier.id,
        "lat": round(courier.place.lat, 6),
        "lon": round(courier.place.lon, 6),
        "heading": courier.heading,
        "vehicle": courier.vehicle.value,
        "state": state,
        "label": f"{courier.name} · {vehicle.label} · {word.label}{load}",
        "name": courier.first_name,
    }


def _live_door(view: DeliveryView, formats: Formats, now: datetime) -> dict[str, Any]:
    delivery = view.delivery
    late = standing(delivery, formats, now)
    tone = "bad" if delivery.attention else "warn" if late.tone == "bad" else "accent"
    word = words.word(words.DELIVERY, delivery.state.value)
    return {
        "id": delivery.id,
        "lat": delivery.dropoff.place.lat,
        "lon": delivery.dropoff.place.lon,
        "tone": "idle" if delivery.state is State.SCHEDULED else tone,
        "label": f"{short_id(delivery.id)} · {word.label} · {door(delivery)}",
    }


# ── what filters offer ──


def choices(markets: Sequence[Market], merchants: Sequence[Merchant], stores: Sequence[Store]) -> Choices:
    return Choices(
        markets=[(market.id, market.name) for market in markets],
        states=[(state.value, words.DELIVERY[state.value].label) for state in State],
        merchants=sorted(((merchant.id, merchant.name) for merchant in merchants), key=lambda pair: pair[1].lower()),
        stores=sorted(((store.id, store.name) for store in stores), key=lambda pair: pair[1].lower()),
    )


# ── markets ──


MARKET_STATE: Final = {
    "active": Word("Open", "circle-check", "ok"),
    "paused": Word("Paused", "player-pause", "warn"),
}


def area_map(market: Market, areas: Sequence[ServiceArea]) -> dict[str, Any]:
    return map_config(
        style_url(market.slug),
        market.box,
        areas=[dict(area.polygon) for area in areas if area.active],
        fit=False,
    )
