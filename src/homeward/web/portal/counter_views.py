"""What stands on the tablet beside the counter: who fetches what, when, and what the staff can do. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from homeward.deliveries.model import Delivery, DeliveryView, Handshake, Step
from homeward.deliveries.states import GOING_BACK, ON_THE_WAY_TO_PICKUP, State
from homeward.dispatch.machines import SAYS
from homeward.fleets.autonomous.model import MachineLeg
from homeward.fleets.contract.words import LegState
from homeward.web.format import Formats, Moment
from homeward.web.stories import short_id
from homeward.web.words import VEHICLE, Word

WAITING: Final = (State.SCHEDULED, State.SEARCHING, State.ASSIGNED, State.TO_PICKUP, State.AT_PICKUP)
SHOWN: Final = (*WAITING, *sorted(GOING_BACK))
GONE: Final = (State.PICKED_UP, State.TO_DROPOFF, State.AT_DROPOFF, State.DELIVERED)
GONE_FOR: Final = timedelta(hours=1)
_OPENS_AT: Final = frozenset({LegState.AT_PICKUP, LegState.LOADING, LegState.AT_RETURN})
_SOMEBODY: Final = Word("Somebody", "user")


@dataclass(frozen=True, slots=True)
class CounterAct:
    """A large button."""

    code: str
    label: str
    icon: str
    primary: bool = False


@dataclass(frozen=True, slots=True)
class Card:
    """One parcel. `who` is empty while nobody comes for it; `found` if the scanner asked for it."""

    id: str
    href: str
    reference: str
    parcel: str
    to: str
    who: str
    vehicle: Word
    when: Moment | None
    waits: str
    code: str
    acts: tuple[CounterAct, ...]
    found: bool


@dataclass(frozen=True, slots=True)
class Group:
    title: str
    icon: str
    cards: tuple[Card, ...]


@dataclass(frozen=True, slots=True)
class Gone:
    """What has left within the hour."""

    reference: str
    href: str
    at: Moment


@dataclass(frozen=True, slots=True)
class Counter:
    stores: tuple[tuple[str, str], ...]
    store: str
    find: str
    missing: bool  # the scanner asked for something that is not here
    groups: tuple[Group, ...]
    gone: tuple[Gone, ...]
    trouble: str


@dataclass(frozen=True, slots=True)
class Asked:
    """Which store, and what the scanner read."""

    store: str = ""
    find: str = ""


def counter(
    views: Sequence[DeliveryView],
    gone: Sequence[DeliveryView],
    legs: Mapping[str, MachineLeg],
    stores: tuple[tuple[str, str], ...],
    asked: Asked,
    formats: Formats,
    now: datetime,
    trouble: str = "",
) -> Counter:
    """Who stands here comes first; the rest by when it is fetched."""
    cards = [(view.delivery, _card(view, legs.get(view.delivery.id), asked, formats, now)) for view in views]
    cards.sort(key=lambda one: one[0].pickup_eta or one[0].ready_at)
    groups = (
        Group("Here now", "map-pin", _those(cards, lambda one: one.state in (State.AT_PICKUP, State.AT_RETURN))),
        Group("Coming to fetch", "navigation", _those(cards, lambda one: one.state in ON_THE_WAY_TO_PICKUP)),
        Group("Coming back", "arrow-back-up", _those(cards, lambda one: one.state is State.RETURNING)),
        Group("Nobody yet", "hourglass", _those(cards, lambda one: one.state is State.SEARCHING)),
        Group("Later", "calendar-event", _those(cards, lambda one: one.state is State.SCHEDULED)),
    )
    return Counter(
        stores=stores,
        store=asked.store,
        find=asked.find,
        missing=bool(asked.find) and not any(card.found for _, card in cards),
        groups=tuple(group for group in groups if group.cards),
        gone=tuple(_gone(view, formats, now) for view in gone),
        trouble=trouble,
    )


def refused(limit: str, said: str) -> str:
    """A fleet's no, in the words of explanations."""
    words = SAYS.get(f"fleet_{limit}", "said no").format(subject="").strip()
    return f"The machine {words}. {said}".strip()


def _those(cards: Sequence[tuple[Delivery, Card]], wanted: Callable[[Delivery], bool]) -> tuple[Card, ...]:
    return tuple(card for delivery, card in cards if wanted(delivery))


def _card(view: DeliveryView, leg: MachineLeg | None, asked: Asked, formats: Formats, now: datetime) -> Card:
    delivery, courier = view.delivery, view.courier
    here = delivery.state in (State.AT_PICKUP, State.AT_RETURN)
    later = delivery.ready_at if delivery.state is State.SCHEDULED else None
    when = (delivery.pickup_eta or later) if not here else None
    waits = leg.waits_until if leg and here else None
    return Card(
        id=delivery.id,
        href=f"/portal/deliveries/{delivery.id}",
        reference=_reference(delivery),
        parcel=", ".join(
            part for part in (delivery.contents.description, formats.weight(delivery.parcel.weight_g)) if part
        ),
        to=delivery.dropoff.contact.name,
        who=f"{courier.first_name} {courier.initial}".strip() if courier else "",
        vehicle=VEHICLE.get(courier.vehicle, _SOMEBODY) if courier else _SOMEBODY,
        when=formats.moment(when, now) if when else None,
        waits=f"waits until {formats.clock(waits)}" if waits else "",
        code=(delivery.pickup.code or "") if delivery.state in WAITING else "",
        acts=_acts(delivery, leg, now),
        found=bool(asked.find) and asked.find in (delivery.id, delivery.external_id, _reference(delivery)),
    )


def _acts(delivery: Delivery, leg: MachineLeg | None, now: datetime) -> tuple[CounterAct, ...]:
    acts = []
    if leg is not None and leg.locked and leg.state in _OPENS_AT:
        label = "Open it and take the parcel out" if leg.state is LegState.AT_RETURN else "Open the hatch"
        acts.append(CounterAct("open", label, "lock-open", primary=True))
    wanted = delivery.requirements
    if (
        delivery.state is State.AT_PICKUP
        and wanted.handshake is not Handshake.NONE
        and Step.PICKUP not in wanted.confirmed
    ):
        acts.append(CounterAct("confirm", "The code is right", "check", primary=True))
    if delivery.state in WAITING and delivery.ready_at > now:
        acts.append(CounterAct("ready", "It is ready", "package"))
    return tuple(acts)


def _gone(view: DeliveryView, formats: Formats, now: datetime) -> Gone:
    delivery = view.delivery
    at = delivery.times[State.PICKED_UP]
    return Gone(_reference(delivery), f"/portal/deliveries/{delivery.id}", formats.moment(at, now))


def _reference(delivery: Delivery) -> str:
    return delivery.external_id or short_id(delivery.id)
