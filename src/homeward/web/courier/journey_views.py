"""Journeys as the courier's page shows them. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from homeward.fleets.couriers.journeys.model import Announced, JourneyState
from homeward.fleets.couriers.model import Courier
from homeward.kit.problems import FieldError, MalformedRequest
from homeward.web.format import Formats
from homeward.web.forms import Form
from homeward.web.words import Word

DETOURS_MIN: Final = (10, 15, 30, 60)
_STATES: Final = {
    JourneyState.ANNOUNCED: Word("Announced", "calendar"),
    JourneyState.OPEN: Word("Offers may come", "bolt", "ok"),
}


@dataclass(frozen=True, slots=True)
class JourneyItem:
    id: str
    start: str
    to: str
    leaves: str
    arrives: str
    way: str
    state: Word


@dataclass(frozen=True, slots=True)
class JourneysPage:
    """`pay` is what the courier is told about money: it depends on their engagement."""

    items: tuple[JourneyItem, ...]
    detours: tuple[tuple[str, str], ...]
    pay: str
    form: Form
    told: str | None


def journeys_page(
    courier: Courier, found: Sequence[Announced], formats: Formats, now: datetime, form: Form, told: str | None
) -> JourneysPage:
    paid, say = courier.engagement.paid_by_offer, formats.say
    return JourneysPage(
        items=tuple(_item(one, formats, now) for one in found),
        detours=tuple((str(minutes), f"{minutes} min") for minutes in DETOURS_MIN),
        pay=say("The detour and the stops are paid.") if paid else say("You do it without pay from us."),
        form=form,
        told=told,
    )


def _item(one: Announced, formats: Formats, now: datetime) -> JourneyItem:
    journey = one.journey
    return JourneyItem(
        id=one.id,
        start=one.start_name,
        to=one.to_name,
        leaves=formats.moment(journey.leaves_at, now).text,
        arrives=formats.clock(journey.arrives_by),
        way=f"{formats.distance(one.distance_m)}, {formats.span(one.drive_s)}",
        state=_STATES[one.state(now)],
    )


def leaving(typed: str, time_zone: str) -> datetime:
    """What a browser's field of date and time holds, as local time of the market. Raises MalformedRequest."""
    try:
        return datetime.fromisoformat(typed).replace(tzinfo=ZoneInfo(time_zone))
    except ValueError:
        raise MalformedRequest([FieldError("/leaves_at", "invalid", "choose a day and a time")]) from None


def detour(typed: str) -> timedelta:
    """Raises MalformedRequest."""
    if typed not in {str(minutes) for minutes in DETOURS_MIN}:
        raise MalformedRequest([FieldError("/detour_min", "unknown", "choose one of the list")])
    return timedelta(minutes=int(typed))
