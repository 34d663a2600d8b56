"""What stands on the shopper's page. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

from homeward.coverage.model import Market
from homeward.deliveries.model import Delivery, DeliveryView, EvidenceKind, Handover, Proof
from homeward.deliveries.relay import CourierContact
from homeward.deliveries.shopper.policy import asks_for_pin
from homeward.deliveries.states import GOING_BACK, ON_THE_WAY, OPEN, TERMINAL, WITH_COURIER_BEFORE_PICKUP, State
from homeward.fleets.couriers.model import Courier
from homeward.kit.places import LatLon, great_circle_m
from homeward.merchants.model import Brand
from homeward.web.format import Formats, Moment, locale_for
from homeward.web.maps import Pin, map_config, style_url, vehicle_icon
from homeward.web.tracking.act_phrases import ACTS
from homeward.web.tracking.act_views import ActsView, in_days_words
from homeward.web.tracking.machines import NO_MACHINE, MachineSeen, OnTheMove, OpenCard, asks_consent, open_card
from homeward.web.tracking.phrases import LANGUAGES, Headline, Phrases, Tone

NEAR_M: Final = 500
"""Before the pick-up a courier is shown only this near to the store: where they were before is not the shopper's."""
FRESH: Final = timedelta(minutes=5)
"""An older position is not shown: it would say something that is no longer so."""
KEPT: Final = timedelta(days=30)
"""How long a link answers after the end; then photo and address are gone from the web."""

_STEP_OF: Final[dict[State, int]] = {
    State.SCHEDULED: 0,
    State.SEARCHING: 0,
    State.ASSIGNED: 0,
    State.TO_PICKUP: 0,
    State.AT_PICKUP: 0,
    State.PICKED_UP: 1,
    State.TO_DROPOFF: 2,
    State.AT_DROPOFF: 2,
    State.DELIVERED: 3,
}
_STEP_ICONS: Final = ("shopping-bag", "package-export", "truck-delivery", "home-check")
LOOKS: Final[dict[State, tuple[str, Tone]]] = {
    State.SCHEDULED: ("calendar-event", "info"),
    State.SEARCHING: ("shopping-bag", "info"),
    State.ASSIGNED: ("user", "info"),
    State.TO_PICKUP: ("navigation", "info"),
    State.AT_PICKUP: ("building-store", "info"),
    State.PICKED_UP: ("package-export", "info"),
    State.TO_DROPOFF: ("truck-delivery", "info"),
    State.AT_DROPOFF: ("home", "info"),
    State.DELIVERED: ("circle-check", "ok"),
    State.RETURNING: ("arrow-back-up", "warn"),
    State.AT_RETURN: ("arrow-back-up", "warn"),
    State.RETURNED: ("package-import", "warn"),
    State.CANCELLED: ("circle-x", "idle"),
    State.FAILED: ("alert-circle", "bad"),
}


_VEHICLE_ICONS: Final = {
    "foot": "walk",
    "bicycle": "bike",
    "scooter": "moped",
    "car": "car",
    "robot": "robot",
    "robot_car": "car",
    "drone": "drone",
}
_TO_CONFIRM: Final[tuple[str, Tone]] = ("map-pin", "warn")


@dataclass(frozen=True, slots=True)
class Step:
    label: str
    icon: str
    said: str  # for those who do not see the marks
    state: str  # 'done', 'now', 'open'


@dataclass(frozen=True, slots=True)
class CourierLine:
    first_name: str
    by: str
    icon: str
    call: str = ""  # the relay's number with the code; never the courier's own


@dataclass(frozen=True, slots=True)
class Notice:
    tone: str
    text: str


@dataclass(frozen=True, slots=True)
class TrackingView:
    """`eta` is what we now expect, `promised` what we told; the page shows them apart and never one for the other."""

    lang: str
    words: Phrases
    token: str = field(repr=False)
    brand: Brand
    title: str
    headline: Headline
    icon: str
    tone: Tone
    reason: str | None
    steps: tuple[Step, ...]
    promised: str
    eta: Moment | None
    late: bool
    ended: Moment | None
    store_name: str
    address: str
    instructions: str
    neighbour: str
    neighbour_words: str
    pin: str | None = field(repr=False)
    have_id: str
    spot: str
    test: bool
    courier: CourierLine | None
    map: dict[str, Any] | None
    confirm: bool
    door: LatLon
    refused: bool
    consent: bool  # the shopper is asked whether a machine may come
    opens: OpenCard | None
    photos: tuple[str, ...]
    moving: bool
    seq: int
    acts: ActsView | None = None
    notice: Notice | None = None
    shared: str = ""  # what is said to those whom the shopper handed the link


@dataclass(frozen=True, slots=True)
class NothingView:
    """A page without a delivery: wrong link, too many tries, a fault."""

    lang: str
    words: Phrases
    said: Headline
    icon: str


@dataclass(frozen=True, slots=True)
class Seen:
    """What the page is made of besides the delivery."""

    brand: Brand
    market: Market
    courier: Courier | OnTheMove | None
    proofs: Sequence[Proof]
    reason: str | None
    now: datetime
    contact: CourierContact | None = None
    machine: MachineSeen = NO_MACHINE


def expired(view: DeliveryView, now: datetime) -> bool:
    """Whether the link has had its time."""
    ended_at = view.delivery.ended_at
    return ended_at is not None and ended_at + KEPT < now


def courier_shown(view: DeliveryView, courier: Courier | OnTheMove | None, now: datetime) -> LatLon | None:
    """Where the courier is, if the shopper may know it now."""
    if courier is None or courier.place is None or courier.position_at is None:
        return None
    delivery = view.delivery
    if courier.contact_lost_at is not None or now - courier.position_at > FRESH:
        return None
    if delivery.state in ON_THE_WAY:
        return courier.place
    near = great_circle_m(courier.place, delivery.pickup.place) <= NEAR_M
    return courier.place if delivery.state in WITH_COURIER_BEFORE_PICKUP and near else None


def shown_state(delivery: Delivery) -> State:
    """On a round trip the shopper has the order: the way back is between the courier and the store."""
    return State.DELIVERED if delivery.handed_over_at is not None else delivery.state


def _headline(delivery: Delivery, state: State, words: Phrases, *, confirm: bool) -> Headline:
    if confirm:
        return words.confirm
    return words.changing_hands if delivery.rescue and state in ON_THE_WAY else words.states[state]


def tracking_view(view: DeliveryView, seen: Seen, lang: str, *, refused: bool = False) -> TrackingView:
    delivery, words = view.delivery, LANGUAGES[lang]
    formats = formats_for(seen.market, lang)
    state, now, wanted = shown_state(delivery), seen.now, delivery.requirements
    not_yet_handed = state in OPEN - GOING_BACK
    confirm = asks_for_pin(delivery)
    icon, tone = _TO_CONFIRM if confirm else LOOKS[state]
    eta = delivery.eta if state in OPEN and state not in GOING_BACK and state is not State.SCHEDULED else None
    ended_at = delivery.handed_over_at or delivery.ended_at
    ended = in_words(formats.moment(ended_at, now), words) if ended_at else None
    return TrackingView(
        lang=lang,
        words=words,
        token=delivery.tracking_token,
        brand=seen.brand,
        title=words.page_title.format(merchant=seen.brand.display_name),
        headline=_headline(delivery, state, words, confirm=confirm),
        icon=icon,
        tone=tone,
        reason=words.reasons.get(seen.reason or ""),
        steps=steps_of(state, words),
        promised=in_days_words(formats, delivery.window_earliest, delivery.promised_by, now, words),
        eta=in_words(formats.moment(eta, now), words) if eta else None,
        late=eta is not None and eta > delivery.promised_by,
        ended=ended,
        store_name=view.store_name,
        address=", ".join(part for part in (delivery.dropoff.address, delivery.dropoff.unit) if part),
        instructions=delivery.dropoff.instructions,
        neighbour=delivery.dropoff.neighbour if not_yet_handed else "",
        neighbour_words=ACTS[lang].leave_ways["neighbour"],
        pin=wanted.pin if not_yet_handed else None,
        have_id=words.have_id_help.format(age=wanted.age.min_age) if wanted.age and not_yet_handed else "",
        spot=_spot(delivery, words) if not_yet_handed else "",
        test=delivery.mode == "test",
        courier=_courier(view, words, seen.contact),
        map=_map(view, seen, words, confirm) if state in OPEN else None,
        confirm=confirm,
        door=delivery.dropoff.place,
        refused=refused,
        consent=asks_consent(view, seen.machine),
        opens=open_card(seen.machine, words, formats) if state in OPEN else None,
        photos=tuple(proof.id for proof in seen.proofs if _is_photo_of_the_door(proof)) if _arrived(state) else (),
        moving=delivery.state not in TERMINAL,
        seq=delivery.seq,
    )


def shared_view(shown: TrackingView, token: str) -> TrackingView:
    """For those whom the shopper let follow: the way and the time, but no door, no code and nothing to do."""
    pins = [pin for pin in shown.map["pins"] if pin["id"] != "door"] if shown.map else []
    headline = shown.words.states["searching"] if shown.confirm else shown.headline
    return replace(
        shown,
        token=token,
        headline=headline,
        courier=replace(shown.courier, call="") if shown.courier else None,
        map={**shown.map, "pins": pins} if shown.map and not shown.confirm else None,
        address="",
        instructions="",
        neighbour="",
        pin=None,
        have_id="",
        spot="",
        confirm=False,
        consent=False,
        opens=None,
        photos=(),
        shared=ACTS[shown.lang].shared,
    )


def formats_for(market: Market, lang: str) -> Formats:
    """The reader's language, the market's habits: an English reader in Zurich still reads 24-hour clocks."""
    return Formats(
        locale_for(lang, market.locale), market.time_zone, "imperial" if market.units == "imperial" else "metric"
    )


def _arrived(state: State) -> bool:
    return state is State.DELIVERED


def _is_photo_of_the_door(proof: Proof) -> bool:
    return proof.kind is EvidenceKind.PHOTO and proof.step == "dropoff" and proof.media_type is not None


def may_see(view: DeliveryView, proof: Proof) -> bool:
    """The photo at the door, once it has arrived; nothing else that a courier handed in."""
    return _arrived(shown_state(view.delivery)) and _is_photo_of_the_door(proof)


def wants_reason(state: State) -> bool:
    """Whether the page says why it did not arrive."""
    return state in GOING_BACK | {State.RETURNED, State.FAILED}


def _courier(view: DeliveryView, words: Phrases, contact: CourierContact | None) -> CourierLine | None:
    card = view.courier
    if card is None or view.delivery.state in GOING_BACK or view.delivery.state in TERMINAL:
        return None
    icon = _VEHICLE_ICONS.get(card.vehicle, "truck")
    name = f"{card.first_name} {card.initial}." if card.initial else card.first_name
    return CourierLine(name, words.vehicles.get(card.vehicle, ""), icon, contact.dialled if contact else "")


def _spot(delivery: Delivery, words: Phrases) -> str:
    """Where it belongs, if somebody said so; the door itself where nobody needs to open."""
    spot = delivery.dropoff.spot
    if spot is None and delivery.requirements.handover is not Handover.AT_DOOR:
        return ""
    return words.spots.get(spot or "", "")


def steps_of(state: State, words: Phrases) -> tuple[Step, ...]:
    reached = _STEP_OF.get(state)
    if reached is None:
        return ()
    shown = []
    for number, label in enumerate(words.steps):
        done = number < reached or state is State.DELIVERED or (number == 0 and reached == 0)
        now = number == reached and state is not State.DELIVERED and number > 0
        said = words.step_now if now else words.step_done if done else words.step_open
        shown.append(Step(label, _STEP_ICONS[number], said, "now" if now else "done" if done else "open"))
    return tuple(shown)


def _map(view: DeliveryView, seen: Seen, words: Phrases, confirm: bool) -> dict[str, Any]:
    pins = pins_of(view, seen, words, confirm)
    return map_config(style_url(seen.market.slug), seen.market.box, pins=pins)


def pins_of(view: DeliveryView, seen: Seen, words: Phrases, confirm: bool) -> list[Pin]:
    delivery = view.delivery
    door = Pin("door", delivery.dropoff.place, "home", words.you, draggable=confirm)
    if confirm:
        return [door]
    pins = [Pin("store", delivery.pickup.place, "store", view.store_name, tone="idle"), door]
    place = courier_shown(view, seen.courier, seen.now)
    if place is not None and view.courier is not None:
        pins.append(Pin("courier", place, vehicle_icon(view.courier.vehicle), view.courier.first_name, form="dot"))
    return pins


def in_words(moment: Moment, words: Phrases) -> Moment:
    day, comma, rest = moment.text.partition(",")
    return replace(moment, text=words.days.get(day, day) + comma + rest)
