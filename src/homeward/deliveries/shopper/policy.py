"""What a shopper may do at which moment. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from homeward.coverage.model import ServiceClass
from homeward.deliveries import booking_policy
from homeward.deliveries.model import (
    Building,
    ChangeRequest,
    Delivery,
    Handover,
    Requirements,
    Spot,
    Undeliverable,
)
from homeward.deliveries.requirements import SPOTS_OF
from homeward.deliveries.shopper.model import NOTHING, Leave, Possible
from homeward.deliveries.states import BEFORE_COURIER, CHANGEABLE_IN, OPEN, TERMINAL, State
from homeward.merchants.model import ShopperRights
from homeward.quotes.model import CONFIRM_ADDRESS, QuoteOption

REPORT_FOR: Final = timedelta(days=14)
"""How long after its end a problem may be reported and the delivery be rated."""


def asks_for_pin(delivery: Delivery) -> bool:
    """Whether the shopper is to say where the door is."""
    return delivery.attention == CONFIRM_ADDRESS and delivery.state in OPEN


def possible(delivery: Delivery, rights: ShopperRights, now: datetime, *, by_machine: bool) -> Possible:
    """`by_machine`: a machine brings it, which waits at the kerb and finds no door."""
    if delivery.handed_over_at is not None and delivery.state in OPEN:
        return NOTHING  # a round trip: the shopper has it, and the courier is on the way back
    if delivery.state in TERMINAL:
        return _afterwards(delivery, rights, now)
    to_person = not by_machine

    def open_for(field: str) -> bool:
        return delivery.state in CHANGEABLE_IN[field]

    return Possible(
        details=rights.details and to_person and open_for("instructions"),
        pin=asks_for_pin(delivery) or (rights.pin and open_for("handover")),
        leave=rights.leave and to_person and open_for("handover") and not _needs_person(delivery.requirements),
        time=(rights.time or rights.dearer_time) and open_for("window"),
        cancel=rights.cancel and delivery.state in BEFORE_COURIER,
        share=rights.share,
    )


def _afterwards(delivery: Delivery, rights: ShopperRights, now: datetime) -> Possible:
    fresh = delivery.ended_at is not None and now <= delivery.ended_at + REPORT_FOR
    arrived = delivery.state is State.DELIVERED
    tippable = arrived and booking_policy.check_tip(delivery, delivery.tip, now) is None
    return Possible(
        tip=rights.tip and tippable,
        rating=rights.rating and fresh and arrived,
        report=rights.report and fresh and delivery.state is not State.CANCELLED,
    )


def _needs_person(wanted: Requirements) -> bool:
    """What is signed, told or shown at the door is for whoever ordered it."""
    return wanted.signature or wanted.pin is not None or wanted.age is not None or bool(wanted.round_trip)


# ── where to leave it ──


def spots_of(building: Building | None) -> tuple[Spot, ...]:
    """In the order in which a person looks for them."""
    fitting = SPOTS_OF[building or Building.OTHER]
    return tuple(spot for spot in Spot if spot in fitting)


def leave_change(delivery: Delivery, leave: Leave, spot: Spot | None, neighbour: str) -> ChangeRequest:
    """The shopper's wish as a change that the merchant could have asked for."""
    wanted = delivery.requirements
    match leave:
        case Leave.IN_PERSON:
            never = Undeliverable.RETURN if wanted.undeliverable is Undeliverable.LEAVE_AT_DOOR else None
            return ChangeRequest(handover=Handover.TO_PERSON, neighbour="", undeliverable=never)
        case Leave.AT_SPOT:
            building = delivery.dropoff.building or Building.OTHER
            return ChangeRequest(handover=Handover.AT_DOOR, spot=spot, building=building, neighbour="")
        case Leave.NEIGHBOUR:
            return ChangeRequest(handover=Handover.ANY, neighbour=neighbour)


def left_how(delivery: Delivery) -> Leave | None:
    """How it would be left now; None while the courier decides at the door."""
    if delivery.dropoff.neighbour:
        return Leave.NEIGHBOUR
    return {Handover.AT_DOOR: Leave.AT_SPOT, Handover.TO_PERSON: Leave.IN_PERSON}.get(delivery.requirements.handover)


# ── when ──


def times_to_choose(
    options: Sequence[QuoteOption], delivery: Delivery, rights: ShopperRights
) -> tuple[QuoteOption, ...]:
    """Fixed windows other than the booked one; those that cost the merchant more only if it lets shoppers."""
    windows = [option for option in options if option.service_class is ServiceClass.SCHEDULED]
    other = [o for o in windows if (o.window.earliest, o.promised_by) != booked_window(delivery)]
    if not rights.dearer_time:
        other = [option for option in other if option.price.total.minor <= delivery.total.minor]
    return tuple(sorted(other, key=lambda option: option.window.earliest))


def booked_window(delivery: Delivery) -> tuple[datetime, datetime]:
    return delivery.window_earliest, delivery.promised_by


def time_change(option: QuoteOption) -> ChangeRequest:
    """For as much as was shown, and no more."""
    return ChangeRequest(window=option.window, accept_price=option.price.total)
