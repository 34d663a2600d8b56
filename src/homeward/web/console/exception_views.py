"""The exceptions queue: who, where, since when, and what to do next. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from homeward.coverage.model import Market
from homeward.deliveries.model import DeliveryView
from homeward.dispatch.desk.model import Care, Harm, Step, Trouble
from homeward.dispatch.desk.policy import harm, suggest, urgency
from homeward.fleets.couriers.model import Courier
from homeward.kit.places import great_circle_m
from homeward.merchants.model import Store
from homeward.web import words
from homeward.web.console.worklist import Found
from homeward.web.format import Formats
from homeward.web.stories import door, formats_of, problem_text, short_id, standing
from homeward.web.words import Word

# A longer list is read by nobody in a hurry; the delivery's page offers everybody.
_NEAREST: Final = 8


@dataclass(frozen=True, slots=True)
class StepView:
    """A button, a telephone link or a link; `couriers` to choose from where one is given."""

    step: str
    label: str
    icon: str
    href: str = ""
    danger: bool = False
    confirm: str = ""
    couriers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ExceptionItem:
    """`care` says who has it or until when it is put off."""

    anchor: str
    subject: str
    code: str
    what: str
    href: str
    name: str
    who: str
    where: str
    since: str
    standing: Word | None
    advice: str
    first: StepView | None
    also: tuple[StepView, ...]
    care: str
    taken: bool
    mine: bool


@dataclass(frozen=True, slots=True)
class QueueGroup:
    title: str
    why: str
    icon: str
    tone: str
    items: tuple[ExceptionItem, ...]


@dataclass(frozen=True, slots=True)
class ExceptionsView:
    groups: tuple[QueueGroup, ...]
    snoozed: tuple[ExceptionItem, ...]
    open: int
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Around:
    """What the queue shows beside the troubles themselves."""

    markets: Mapping[str, Market]
    stores: Mapping[str, Store]
    couriers: Sequence[Courier]
    operator_id: str
    may_act: bool


GROUPS: Final = {
    Harm.CUSTODY: ("A parcel is in danger", "Nobody knows where it is, or nobody has it safely", "package", "bad"),
    Harm.PROMISE: ("A promise breaks", "Late, or about to be", "clock", "warn"),
    Harm.QUESTION: ("A question is open", "There is time to ask", "message", "info"),
    Harm.NETWORK: ("Behind the scenes", "Fleets, shops and messages", "webhook", "idle"),
}

STEPS: Final = {
    Step.GIVE: Word("Give", "user", "info"),
    Step.SEARCH_AGAIN: Word("Search again", "refresh", "info"),
    Step.CONFIRM_ADDRESS: Word("Confirm the pin", "map-pin-check", "ok"),
    Step.CALL_COURIER: Word("Call the courier", "phone", "info"),
    Step.CALL_STORE: Word("Call the store", "phone", "info"),
    Step.CALL_SHOPPER: Word("Call the shopper", "phone", "info"),
    Step.CALL_BACK: Word("Call it back", "arrow-back-up", "warn"),
    Step.GOES_ON: Word("It goes on by itself", "check", "ok"),
    Step.CANCEL: Word("Cancel", "circle-x", "bad"),
    Step.FAIL: Word("End as failed", "circle-x", "bad"),
    Step.LOOK: Word("Open", "arrow-right", "info"),
}
_CALLS: Final = frozenset({Step.CALL_COURIER, Step.CALL_STORE, Step.CALL_SHOPPER})
_CONFIRM: Final = {
    Step.CANCEL: "Cancel this delivery? This cannot be taken back.",
    Step.FAIL: "End this delivery as failed? The parcel is written off, and this cannot be taken back.",
    Step.CALL_BACK: "Call the parcel back to the store?",
}


def exceptions_page(found: Found, around: Around, now: datetime, problem: str = "") -> ExceptionsView:
    """By how soon it hurts; what is put off stands apart."""
    by_harm: dict[Harm, list[ExceptionItem]] = {kind: [] for kind in GROUPS}
    snoozed = []
    for trouble in sorted(found.troubles, key=lambda one: urgency(one, now)):
        care = found.care(trouble, now)
        item = exception_item(trouble, care, found, around, now)
        if care and care.snoozed_until:
            snoozed.append(item)
        else:
            by_harm[harm(trouble, now)].append(item)
    groups = tuple(QueueGroup(*GROUPS[kind], tuple(items)) for kind, items in by_harm.items() if items)
    return ExceptionsView(groups, tuple(snoozed), sum(len(group.items) for group in groups), problem)


def exception_item(trouble: Trouble, care: Care | None, found: Found, around: Around, now: datetime) -> ExceptionItem:
    view = found.deliveries.get(trouble.subject)
    formats = formats_of(around.markets.get(view.delivery.market_id)) if view else Formats()
    href, name, who, where = _about(trouble, view, found)
    advice = suggest(trouble)
    steps = [_step(step, view, around, href) for step in (advice.step, *advice.also)]
    first, *also = steps
    return ExceptionItem(
        anchor=f"{trouble.subject}-{trouble.code}",
        subject=trouble.subject,
        code=trouble.code,
        what=words.attention(trouble.code),
        href=href,
        name=name,
        who=who,
        where=where,
        since=formats.ago(trouble.since, now) if trouble.since else "",
        standing=standing(view.delivery, formats, now) if view else None,
        advice=advice.text,
        first=first,
        also=tuple(step for step in also if step),
        care=_care_text(care, around.operator_id, formats, now),
        taken=care is not None and care.snoozed_until is None,
        mine=care is not None and care.operator_id == around.operator_id,
    )


def _about(trouble: Trouble, view: DeliveryView | None, found: Found) -> tuple[str, str, str, str]:
    """Address of its page, its name, who has to do with it, where."""
    if view is not None:
        delivery, rescue = view.delivery, view.delivery.rescue
        courier = view.courier.first_name if view.courier else "nobody yet"
        who = f"{view.store_name} · {courier} · {words.word(words.DELIVERY, delivery.state.value).label}"
        if rescue:
            who = f"{view.store_name} · {problem_text(rescue.reason)}"
        place = rescue.address if rescue and rescue.address else door(delivery)
        return f"/console/deliveries/{delivery.id}", short_id(delivery.id), who, place
    fleet = found.fleets.get(trouble.subject)
    if fleet is not None:
        return f"/console/fleets/{fleet.id}", fleet.name, fleet.trouble or "", fleet.base_url
    failure = found.failures[trouble.subject]
    page = f"/console/deliveries/{failure.delivery_id}" if failure.delivery_id else ""
    return page or f"/console/merchants/{failure.merchant_id}", failure.to, failure.why, ""


def _care_text(care: Care | None, operator_id: str, formats: Formats, now: datetime) -> str:
    if care is None:
        return ""
    who = "You" if care.operator_id == operator_id else care.operator_name
    if care.snoozed_until is None:
        return f"{who} took it {formats.ago(care.at, now)}"
    why = f": {care.reason}" if care.reason else ""
    return f"{who} put it off until {formats.moment(care.snoozed_until, now).text}{why}"


def _step(step: Step, view: DeliveryView | None, around: Around, href: str) -> StepView | None:
    """None where it is not possible: no number to call, nobody on duty, not their role."""
    word = STEPS[step]
    if step is Step.LOOK:
        return StepView(step, word.label, word.icon, href)
    assert view, "other steps are suggested for deliveries only"
    if step in _CALLS:
        phone = _phone(step, view, around)
        return StepView(step, f"{word.label}, {phone}", word.icon, f"tel:{phone}") if phone else None
    if not around.may_act:
        return None
    couriers = nearest_couriers(view, around) if step is Step.GIVE else ()
    if step is Step.GIVE and not couriers:
        return None
    return StepView(step, word.label, word.icon, "", word.tone == "bad", _CONFIRM.get(step, ""), couriers)


def _phone(step: Step, view: DeliveryView, around: Around) -> str:
    if step is Step.CALL_SHOPPER:
        return view.delivery.dropoff.contact.phone or ""
    if step is Step.CALL_STORE:
        store = around.stores.get(view.delivery.store_id)
        return (store.phone if store else "") or view.delivery.pickup.contact.phone or ""
    courier_id = view.leg.courier_id if view.leg else None
    return next((courier.phone for courier in around.couriers if courier.id == courier_id), "")


def nearest_couriers(view: DeliveryView, around: Around) -> tuple[tuple[str, str], ...]:
    """On duty, heard of, and near to where the parcel lies; as (id, name and distance)."""
    delivery = view.delivery
    formats = formats_of(around.markets.get(delivery.market_id))
    lies = delivery.rescue.place if delivery.rescue else delivery.pickup.place
    has_it = view.leg.courier_id if view.leg else None
    able = [
        (great_circle_m(courier.place, lies), courier)
        for courier in around.couriers
        if courier.on_duty
        and courier.place is not None
        and courier.contact_lost_at is None
        and courier.market_id == delivery.market_id
        and courier.id != has_it
        and courier.employer_id in (None, delivery.merchant_id)
    ]
    nearest = sorted(able, key=lambda pair: (pair[0], pair[1].id))[:_NEAREST]
    return tuple((courier.id, f"{courier.name}, {formats.distance(away)}") for away, courier in nearest)
