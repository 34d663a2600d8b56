"""The merchant's own deliveries and settings, as the portal shows them. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from homeward.coverage.model import Market
from homeward.deliveries.booking_policy import check_redelivery, check_tip
from homeward.deliveries.feedback.model import BEST, Feedback
from homeward.deliveries.model import Delivery, DeliveryEvent, DeliveryView, Proof
from homeward.deliveries.states import BEFORE_PICKUP, ON_THE_WAY, OPEN, State
from homeward.kit.places import Box
from homeward.merchants.model import Store
from homeward.quotes.model import CONFIRM_ADDRESS
from homeward.web import words
from homeward.web.format import Formats, Moment
from homeward.web.forms import Form, Pick
from homeward.web.maps import Pin, map_config, style_url
from homeward.web.portal.shopper_views import ReportRow
from homeward.web.portal.start_views import Start
from homeward.web.shell import NavLink
from homeward.web.stories import (
    EventView,
    PriceView,
    ProofView,
    Together,
    door,
    event_views,
    formats_of,
    price_view,
    proof_views,
    short_id,
    standing,
    together,
)
from homeward.web.words import Word

Pair = tuple[str, str]

LINKS: Final = (
    NavLink("/portal", "Overview", "layout-dashboard"),
    NavLink("/portal/deliveries", "Deliveries", "packages"),
    NavLink("/portal/counter", "Counter", "clipboard-check"),
    NavLink("/portal/stores", "Stores", "building-store"),
)
BUILDER_LINKS: Final = (
    NavLink("/portal/drivers", "Drivers", "users"),
    NavLink("/portal/keys", "API keys", "key"),
    NavLink("/portal/credentials", "Move in", "arrow-right"),
    NavLink("/portal/webhooks", "Webhooks", "webhook"),
)
OWNER_LINKS: Final = (
    NavLink("/portal/brand", "Brand", "palette"),
    NavLink("/portal/shoppers", "Shoppers", "shopping-bag"),
    NavLink("/portal/team", "People", "users"),
)

TOLD: Final = {
    "booked": "Booked. The tracking page is ready for the recipient.",
    "cancelled": "The delivery is cancelled.",
    "returning": "The courier brings it back to the store.",
    "tipped": "Thank you. The tip is the courier's.",
    "confirmed": "The pin is confirmed.",
    "opened": "It stands open, and closes by itself.",
    "ready": "Whoever comes knows that it is ready.",
    "handshake": "Confirmed. They may take it.",
    "store-saved": "The store is saved.",
    "driver-added": "Added. They can sign in to the courier app now.",
    "driver-removed": "Removed. They are signed out.",
    "key-revoked": "The key is revoked; nothing can use it any more.",
    "invitation-withdrawn": "Withdrawn. The link opens nothing any more.",
    "role-changed": "Changed. It holds from their next click.",
    "person-removed": "Removed. They are signed out.",
    "password-changed": "Changed. You are signed out everywhere else.",
    "joined": "Welcome. You are signed in.",
    "shoppers-saved": "Saved. It holds for every delivery at once.",
    "brand-saved": "Saved. Recipients see it at once.",
    "endpoint-saved": "The endpoint is saved.",
    "endpoint-removed": "The endpoint is removed.",
    "replayed": "Queued again; the tries appear in the log.",
}


def links_for(role: str) -> tuple[NavLink, ...]:
    """Staff book and follow; developers hold keys; owners also the brand."""
    links: tuple[NavLink, ...] = LINKS
    if role in ("owner", "developer"):
        links += BUILDER_LINKS
    return links + OWNER_LINKS if role == "owner" else links


# ── deliveries ──


@dataclass(frozen=True, slots=True)
class Row:
    id: str
    href: str
    short_id: str
    external_id: str
    state: Word
    attention: str | None
    recipient: str
    address: str
    store: str
    promise: str
    standing: Word
    price: str
    created_at: Moment


def row(view: DeliveryView, formats: Formats, now: datetime) -> Row:
    delivery = view.delivery
    return Row(
        id=delivery.id,
        href=f"/portal/deliveries/{delivery.id}",
        short_id=short_id(delivery.id),
        external_id=delivery.external_id or "",
        state=words.word(words.DELIVERY, delivery.state.value),
        attention=words.attention(delivery.attention) if delivery.attention else None,
        recipient=delivery.dropoff.contact.name,
        address=door(delivery),
        store=view.store_name,
        promise=formats.window(delivery.window_earliest, delivery.promised_by, now),
        standing=standing(delivery, formats, now),
        price=formats.money(delivery.total),
        created_at=formats.moment(delivery.created_at, now),
    )


@dataclass(frozen=True, slots=True)
class Figure:
    label: str
    icon: str
    value: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Overview:
    figures: tuple[Figure, ...]
    calling: tuple[Row, ...]
    open: tuple[Row, ...]
    done: tuple[Row, ...]
    has_store: bool
    mode: str
    start: Start | None = None


def overview(
    open_views: Sequence[DeliveryView],
    today: Sequence[DeliveryView],
    formats: Formats,
    now: datetime,
    *,
    has_store: bool,
    mode: str,
    start: Start | None = None,
) -> Overview:
    """`today`: everything booked since the local midnight, ended or not."""
    delivered = [v.delivery for v in today if v.delivery.state is State.DELIVERED]
    in_time = sum(1 for d in delivered if d.ended_at and d.ended_at <= d.promised_by)
    minutes = [int((d.ended_at - d.created_at).total_seconds() / 60) for d in delivered if d.ended_at]
    urgent = sorted(open_views, key=lambda view: (view.delivery.promised_by, view.delivery.id))
    ended = [view for view in today if view.delivery.ended_at]
    return Overview(
        figures=(
            Figure("Under way", "truck-delivery", str(len(open_views))),
            Figure("Booked today", "clipboard-check", str(len(today))),
            Figure("Delivered today", "circle-check", str(len(delivered))),
            Figure("On time", "target", formats.share(in_time, len(delivered)), "of today's, against the promise"),
            Figure("Door to door", "clock", _median(minutes), "median from booking, today"),
        ),
        calling=tuple(row(view, formats, now) for view in urgent if view.delivery.attention),
        open=tuple(row(view, formats, now) for view in urgent if not view.delivery.attention),
        done=tuple(row(view, formats, now) for view in ended[:8]),
        has_store=has_store,
        mode=mode,
        start=start,
    )


def _median(minutes: Sequence[int]) -> str:
    return f"{sorted(minutes)[len(minutes) // 2]} min" if minutes else "–"


def midnight(now: datetime, time_zone: str) -> datetime:
    """When the local day began."""
    local = now.astimezone(ZoneInfo(time_zone))
    return local.replace(hour=0, minute=0, second=0, microsecond=0)


@dataclass(frozen=True, slots=True)
class Asked:
    """The list's filters, as in the address."""

    state: str = ""
    store: str = ""
    since: str = ""
    text: str = ""
    attention: bool = False

    @property
    def any(self) -> bool:
        return bool(self.state or self.store or self.since or self.text or self.attention)


@dataclass(frozen=True, slots=True)
class ListPage:
    asked: Asked
    states: tuple[Pair, ...]
    stores: tuple[Pair, ...]
    rows: tuple[Row, ...]
    next_url: str | None
    first_url: str | None


STATE_CHOICES: Final[tuple[Pair, ...]] = (
    ("open", "Under way"),
    *((state.value, words.DELIVERY[state.value].label) for state in State),
)


def asked_states(asked: str) -> list[State]:
    """The states behind a choice of the list; unknown words ask for all."""
    if asked == "open":
        return sorted(OPEN)
    return [State(asked)] if asked in State._value2member_map_ else []


# ── one delivery ──


@dataclass(frozen=True, slots=True)
class DeliveryPage:
    id: str
    short_id: str
    state: Word
    standing: Word
    attention: str | None
    mode: str
    store: str
    address: str
    promise: str
    eta: Moment | None
    courier: str | None
    vehicle: Word | None
    steps: tuple["Step", ...]
    facts: tuple[Pair, ...]
    price: PriceView
    fee: str
    tracking_url: str
    map: dict[str, Any]
    events: tuple[EventView, ...]
    proofs: tuple[ProofView, ...]
    may_cancel: bool
    may_return: bool
    may_tip: bool
    tip: str
    may_try_again: bool
    together: Together | None
    confirm: "PinToConfirm | None"
    form: Form
    feedback: tuple["FeedbackRow", ...] = ()
    reports: tuple[ReportRow, ...] = ()


@dataclass(frozen=True, slots=True)
class FeedbackRow:
    """What the shopper thought of it, as it was passed on to us."""

    rating: str
    comment: str
    at: Moment


@dataclass(frozen=True, slots=True)
class Step:
    label: str
    icon: str
    state: str  # 'done', 'now', 'later'


@dataclass(frozen=True, slots=True)
class PinToConfirm:
    lat: float
    lon: float
    map: dict[str, Any]


_STEPS: Final[tuple[tuple[str, str, frozenset[State]], ...]] = (
    ("Booked", "clipboard-check", frozenset({State.SCHEDULED})),
    ("Courier", "search", frozenset({State.SEARCHING})),
    ("Store", "building-store", frozenset({State.ASSIGNED, State.TO_PICKUP, State.AT_PICKUP})),
    ("On the way", "truck-delivery", frozenset({State.PICKED_UP, State.TO_DROPOFF})),
    ("Door", "home", frozenset({State.AT_DROPOFF})),
    ("Delivered", "circle-check", frozenset({State.DELIVERED})),
)


def steps(state: State) -> tuple[Step, ...]:
    """How far it has come; nothing for the side roads (cancelled, returning), which the state's word tells."""
    here = next((number for number, (_, _, states) in enumerate(_STEPS) if state in states), None)
    if here is None:
        return ()
    done = state is State.DELIVERED
    return tuple(
        Step(label, icon, "done" if number < here or done else "now" if number == here else "later")
        for number, (label, icon, _) in enumerate(_STEPS)
    )


def delivery_page(
    view: DeliveryView,
    market: Market,
    events: Sequence[DeliveryEvent],
    proofs: Sequence[Proof],
    names: Mapping[str, str],
    tracking_url: str,
    form: Form,
    now: datetime,
    feedback: Sequence[Feedback] = (),
    mates: Sequence[DeliveryView] = (),
) -> DeliveryPage:
    delivery, formats = view.delivery, formats_of(market)
    courier = view.courier
    return DeliveryPage(
        id=delivery.id,
        short_id=short_id(delivery.id),
        state=words.word(words.DELIVERY, delivery.state.value),
        standing=standing(delivery, formats, now),
        attention=words.attention(delivery.attention) if delivery.attention else None,
        mode=delivery.mode,
        store=view.store_name,
        address=door(delivery),
        promise=formats.window(delivery.window_earliest, delivery.promised_by, now),
        eta=formats.moment(delivery.eta, now) if delivery.eta and delivery.state in OPEN else None,
        courier=courier.first_name if courier else None,
        vehicle=words.word(words.VEHICLE, courier.vehicle) if courier else None,
        steps=steps(delivery.state),
        facts=_facts(delivery, formats, now),
        price=price_view(delivery.price, formats),
        fee=_fee_now(delivery, formats),
        tracking_url=tracking_url,
        map=_delivery_map(view, market),
        events=event_views(events, names, formats, now),
        proofs=proof_views(proofs, formats, now, f"/portal/deliveries/{delivery.id}/proofs/"),
        may_cancel=delivery.state in BEFORE_PICKUP,
        may_return=delivery.state in ON_THE_WAY,
        may_tip=check_tip(delivery, delivery.tip, now) is None,
        tip=formats.money(delivery.tip) if delivery.tip_minor else "",
        may_try_again=check_redelivery(delivery) is None,
        together=together(view, mates, "/portal/deliveries/"),
        confirm=pin_to_confirm(delivery, market) if delivery.attention == CONFIRM_ADDRESS else None,
        form=form,
        feedback=tuple(
            FeedbackRow(f"{each.rating} of {BEST}", each.comment, formats.moment(each.received_at, now))
            for each in feedback
        ),
    )


def _facts(delivery: Delivery, formats: Formats, now: datetime) -> tuple[Pair, ...]:
    contact, parcel = delivery.dropoff.contact, delivery.parcel
    pairs: list[Pair | None] = [
        ("Recipient", contact.name or "–"),
        ("Phone", contact.phone) if contact.phone else None,
        ("E-mail", contact.email) if contact.email else None,
        ("To the door", delivery.dropoff.instructions) if delivery.dropoff.instructions else None,
        ("Parcel", f"{parcel.size.value.replace('_', ' ')}, {formats.weight(parcel.weight_g)}"),
        ("Contents", delivery.contents.description) if delivery.contents.description else None,
        ("Pickup code", delivery.pickup.code) if delivery.pickup.code else None,
        ("PIN for the door", delivery.requirements.pin) if delivery.requirements.pin else None,
        ("Your number", delivery.external_id) if delivery.external_id else None,
        ("Service", words.word(words.SERVICE_CLASS, delivery.service_class.value).label),
        ("Ready", formats.moment(delivery.ready_at, now).text),
        ("Booked", formats.moment(delivery.created_at, now).text),
    ]
    return tuple(pair for pair in pairs if pair)


def _fee_now(delivery: Delivery, formats: Formats) -> str:
    """What cancelling or calling it back costs now, said before the button is pressed."""
    if delivery.state in ON_THE_WAY:
        fee = delivery.total.per_mille(delivery.fees.return_to_store)
        return f"Calling it back costs {formats.money(fee)}." if fee.minor else "Calling it back costs nothing."
    if delivery.state not in BEFORE_PICKUP:
        return ""
    if delivery.state in (State.SCHEDULED, State.SEARCHING):
        rate = delivery.fees.cancel_before_assignment
    elif delivery.state is State.AT_PICKUP:
        rate = delivery.fees.cancel_at_pickup
    else:
        rate = delivery.fees.cancel_before_pickup
    fee = delivery.total.per_mille(rate)
    return f"Cancelling now costs {formats.money(fee)}." if fee.minor else "Cancelling now costs nothing."


def _delivery_map(view: DeliveryView, market: Market) -> dict[str, Any]:
    delivery = view.delivery
    done = delivery.state is State.DELIVERED
    pins = [
        Pin("store", delivery.pickup.place, "store", view.store_name, "idle"),
        Pin("door", delivery.dropoff.place, "check" if done else "home", door(delivery), "ok" if done else "accent"),
    ]
    return map_config(style_url(market.slug), market.box, pins=pins)


def pin_to_confirm(delivery: Delivery, market: Market) -> PinToConfirm:
    place = delivery.dropoff.place
    pin = Pin("door", place, "home", "The door: drag it where it belongs", "accent", draggable=True)
    return PinToConfirm(place.lat, place.lon, map_config(style_url(market.slug), market.box, pins=[pin]))


# ── stores ──


@dataclass(frozen=True, slots=True)
class StoreRow:
    id: str
    href: str
    name: str
    address: str
    hours: str
    prep: str
    state: Word


@dataclass(frozen=True, slots=True)
class StoresPage:
    rows: tuple[StoreRow, ...]
    may_change: bool


@dataclass(frozen=True, slots=True)
class StorePage:
    """The form of a store; `id` is None for a new one. `days` are (number, name)."""

    id: str | None
    name: str
    form: Form
    days: tuple[tuple[int, str], ...]
    map: dict[str, Any] | None
    candidates: tuple[Pick, ...] = ()


STORE_STATE: Final = {
    "active": Word("Open for orders", "circle-check", "ok"),
    "closed": Word("Closed for good", "x", "idle"),
}


def store_row(store: Store, formats: Formats, now: datetime) -> StoreRow:
    opening = store.hours.next_opening(now)
    if opening is None:
        hours = "No opening within 15 days"
    elif opening.earliest <= now:
        hours = f"Open until {formats.clock(opening.latest)}"
    else:
        hours = f"Opens {formats.moment(opening.earliest, now).text}"
    return StoreRow(
        id=store.id,
        href=f"/portal/stores/{store.id}",
        name=store.name,
        address=store.address,
        hours=hours,
        prep=formats.span(store.preparation_s),
        state=words.word(STORE_STATE, store.status),
    )


def store_map(store: Store, market: Market | None) -> dict[str, Any]:
    pin = Pin("store", store.place, "store", store.name, "accent", draggable=True)
    box = market.box if market else Box(store.place.lat, store.place.lon, store.place.lat, store.place.lon)
    return map_config(style_url(market.slug) if market else None, box, pins=[pin])


# ── a day's span, for lists that ask "since" ──


def since_moment(asked: str, now: datetime) -> datetime | None:
    return now - timedelta(days=int(asked)) if asked in ("1", "7", "30") else None


@dataclass(frozen=True, slots=True)
class Nothing:
    """For pages whose form is all there is."""

    form: Form = field(default_factory=Form)
