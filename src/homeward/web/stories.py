"""What happened to a delivery, in words; shared by console and portal. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from homeward.coverage.model import Market
from homeward.deliveries.model import Delivery, DeliveryEvent, DeliveryView, Proof
from homeward.deliveries.states import TERMINAL, State
from homeward.kit.money import Money
from homeward.quotes.model import ReasonTerm
from homeward.web import words
from homeward.web.format import Formats, Moment, locale_for
from homeward.web.translation import Speech
from homeward.web.words import Word

# Beyond this, when we heard of something is worth telling beside when it happened.
_HEARD_LATE: Final = timedelta(seconds=90)


@dataclass(frozen=True, slots=True)
class EventView:
    seq: int
    mark: Word
    text: str
    detail: str
    actor: str
    at: Moment
    day: str
    heard: Moment | None


@dataclass(frozen=True, slots=True)
class PriceLine:
    label: str
    amount: str


@dataclass(frozen=True, slots=True)
class PriceView:
    total: str
    lines: tuple[PriceLine, ...]


@dataclass(frozen=True, slots=True)
class ReasonLine:
    """One step of the promise; `seconds` for a bar beside the words."""

    label: str
    span: str
    seconds: int


@dataclass(frozen=True, slots=True)
class ProofView:
    kind: str
    icon: str
    step: str
    at: Moment
    image_url: str | None
    text: str


_REASONS: Final = {
    "preparation": "The store prepares it",
    "ready_at": "Until it is ready",
    "ready": "Until it is ready",
    "opens": "Until the store opens",
    "store_opens": "Until the store opens",
    "market_opens": "Until couriers start work",
    "courier_wait": "Expected wait for a courier",
    "wait": "Expected wait for a courier",
    "pickup": "At the store's counter",
    "drive": "On the road",
    "door": "Parking, stairs, handing over",
    "buffer": "Kept in hand",
    "calibration": "Kept in hand, as learned here",
    "slack": "Until the end of the window",
}

_ACTOR_KINDS: Final = {
    "merchant": "Merchant",
    "courier": "Courier",
    "operator": "Operator",
    "system": "System",
    "shopper": "Recipient",
}
_SYSTEM: Final = {
    "planner": "Planner",
    "clock": "Clock",
    "worker": "Worker",
    "dispatch": "Planner",
}

_FIELDS: Final = {
    "contact": "contact",
    "instructions": "instructions",
    "unit": "floor or unit",
    "pickup_instructions": "pickup instructions",
    "pickup_contact": "who is met at the pickup",
    "store_id": "store",
    "store_external_id": "store",
    "pickup": "place of pickup",
    "address": "address",
    "place": "pin",
    "window": "time at the door",
    "deliver_by": "time at the door",
    "ready_at": "ready time",
    "undeliverable": "what to do if nobody is there",
    "proof": "proof wanted",
    "metadata": "metadata",
}


def event_views(
    events: Iterable[DeliveryEvent],
    names: Mapping[str, str],
    formats: Formats,
    now: datetime,
    *,
    real_time: bool = True,
) -> tuple[EventView, ...]:
    """Newest first. `names` gives a person's name by the id in an actor's label.

    When we heard of something is the database's time: it says nothing while a simulation's clock runs fast.
    """
    views = (event_view(event, names, formats, now) for event in sorted(events, key=lambda e: -e.seq))
    return tuple(view if real_time else replace(view, heard=None) for view in views)


def event_view(event: DeliveryEvent, names: Mapping[str, str], formats: Formats, now: datetime) -> EventView:
    mark, text, detail = _told(event, formats, now)
    heard = event.recorded_at if event.recorded_at - event.at > _HEARD_LATE else None
    return EventView(
        seq=event.seq,
        mark=mark,
        text=text,
        detail=detail,
        actor=actor_name(event.actor, names),
        at=formats.second(event.at),
        day=formats.day(event.at, now),
        heard=formats.moment(heard, now) if heard else None,
    )


def actor_name(label: str, names: Mapping[str, str]) -> str:
    """`courier:cou_…` as "Ada Byron (courier)"; the system's parts by their own words."""
    kind, _, name = label.partition(":")
    if kind == "system":
        return _SYSTEM.get(name, name.replace("_", " ").capitalize() or "System")
    said = _ACTOR_KINDS.get(kind, kind.capitalize())
    known = names.get(name)
    return f"{known} ({said.lower()})" if known else said


def _told(event: DeliveryEvent, formats: Formats, now: datetime) -> tuple[Word, str, str]:
    subject, _, what = event.type.partition(".")
    data = event.data
    if subject == "leg":
        word = words.word(words.LEG, what)
        if what in ("to_pickup", "at_pickup"):  # before a take-over the delivery's own state says nothing of it
            return word, f"Rescuer: {word.label.lower()}", ""
        return word, f"Carrying: {word.label.lower()}", problem_text(data.get("problem"))
    if what in _RESCUE:
        return _rescue_told(what, data)
    if what in words.DELIVERY:
        return _state_told(what, data)
    return _other_told(what, data, formats, now)


def _state_told(state: str, data: Mapping[str, Any]) -> tuple[Word, str, str]:
    word = words.DELIVERY[state]
    text = word.label
    courier = data.get("courier")
    if state == "assigned" and courier:
        text = f"{courier['first_name']} has it"
    if state == "searching" and data.get("previous") not in (None, "scheduled", "searching"):
        text = "Looking for another courier"
    return word, text, problem_text(data.get("reason"))


_RESCUE: Final = {
    "rescuer_assigned": (Word("Rescue", "user", "accent"), "{who} comes to take it over"),
    "rescuer_unassigned": (Word("Rescue", "users", "warn"), "The rescuer does not come"),
    "taken_over": (Word("Taken over", "package-export", "ok"), "{who} has it now"),
    "rescue_over": (Word("Rescue", "check", "ok"), "{who} goes on with it; no rescue is needed"),
}


def _rescue_told(what: str, data: Mapping[str, Any]) -> tuple[Word, str, str]:
    word, text = _RESCUE[what]
    courier = data.get("courier")
    who = courier["first_name"] if courier else "Whoever has it"
    return word, text.format(who=who), problem_text(data.get("reason"))


def _other_told(what: str, data: Mapping[str, Any], formats: Formats, now: datetime) -> tuple[Word, str, str]:
    match what:
        case "booked":
            return Word("Booked", "clipboard-check", "accent"), "Booked", ""
        case "eta_changed":
            eta = _moment(data.get("eta"))
            said = formats.moment(eta, now).text if eta else "unknown"
            at_store = _moment(data.get("pickup_eta"))
            more = f"At the store: {formats.moment(at_store, now).text}" if at_store else ""
            return Word("Estimate", "clock", "idle"), f"New estimate: {said}", more
        case "batched":
            said = f"Door {data.get('position')} of {data.get('count')} on one trip"
            return Word("Batch", "package", "idle"), "Goes together with others", said
        case "unbatched":
            return Word("Batch", "package", "idle"), "Goes alone again", ""
        case "attention_needed":
            reason = words.attention(str(data.get("reason", "")))
            return Word("Attention", "alert-triangle", "warn"), "Needs attention", reason
        case "attention_cleared":
            return Word("Settled", "check", "ok"), "Attention settled", words.attention(str(data.get("reason", "")))
        case "changed":
            fields = ", ".join(_FIELDS.get(name, name) for name in data.get("fields", data.get("changed", ())))
            text = "May be left at the door" if data.get("leave_at_door") else "Changed"
            return Word("Changed", "edit", "idle"), text, fields or problem_text(data.get("reason"))
        case "promise_changed":
            return Word("New time", "calendar-event", "accent"), *_new_promise(data, formats, now)
        case "evidence_added":
            if data.get("pin") == "wrong":
                return Word("PIN", "lock", "warn"), "Wrong PIN", f"{data.get('tries_left', 0)} tries left"
            kinds = data.get("kinds") or data.get("kind") or ""
            detail = ", ".join(kinds) if isinstance(kinds, list) else str(kinds)
            return Word("Evidence", "photo", "idle"), "Evidence added", problem_text(data.get("problem")) or detail
        case "late_report":
            act = str(data.get("report") or data.get("act") or "").replace("_", " ")
            return Word("Late", "history", "idle"), f"Late report: {act}", "Kept as evidence; nothing changed"
        case _:
            return Word(what, "circle-dot", "idle"), what.replace("_", " ").capitalize(), ""


def _new_promise(data: Mapping[str, Any], formats: Formats, now: datetime) -> tuple[str, str]:
    """The new window; what it was, and the price only if that changed, too."""
    before = data["previous"]
    new, old = (_window(said, formats, now) for said in (data, before))
    price, was = (Money(said["price"]["minor"], said["price"]["currency"]) for said in (data, before))
    paid = "" if price == was else f"; {formats.money(price)} instead of {formats.money(was)}"
    return f"New time: {new}", f"Before: {old}{paid}"


def _window(said: Mapping[str, Any], formats: Formats, now: datetime) -> str:
    earliest, latest = datetime.fromisoformat(said["window_earliest"]), datetime.fromisoformat(said["promised_by"])
    return formats.window(earliest, latest, now)


@dataclass(frozen=True, slots=True)
class Mate:
    """One of the same batch."""

    href: str
    address: str
    state: Word


@dataclass(frozen=True, slots=True)
class Together:
    """What it goes together with. `unseen`: those of others, which are told as a number."""

    place: str
    mates: tuple[Mate, ...]
    unseen: str


def together(view: DeliveryView, mates: Sequence[DeliveryView], base: str) -> Together | None:
    """`base` + id is a mate's page. None for a delivery that goes alone."""
    batch = view.delivery.batch
    if batch is None:
        return None
    unseen = batch.count - 1 - len(mates)
    return Together(
        place=f"Door {batch.position} of {batch.count} on one trip",
        mates=tuple(
            Mate(
                href=f"{base}{mate.delivery.id}",
                address=door(mate.delivery),
                state=words.word(words.DELIVERY, mate.delivery.state.value),
            )
            for mate in sorted(mates, key=lambda mate: mate.delivery.id)
        ),
        unseen=f"and {unseen} from other merchants" if unseen > 0 else "",
    )


def problem_text(reason: object) -> str:
    return words.REASON.get(str(reason), str(reason).replace("_", " ").capitalize()) if reason else ""


def price_view(price: Mapping[str, Any], formats: Formats) -> PriceView:
    """From `delivery.price` or `Price.to_json()`."""
    currency = price["total"]["currency"]
    lines = tuple(
        PriceLine(line["label"], formats.money(Money(line["minor"], currency))) for line in price["components"]
    )
    return PriceView(formats.money(Money(price["total"]["minor"], currency)), lines)


def reason_lines(terms: Sequence[ReasonTerm], formats: Formats) -> tuple[ReasonLine, ...]:
    return tuple(
        ReasonLine(
            _REASONS.get(term.term, term.term.replace("_", " ").capitalize()),
            formats.span(term.seconds),
            term.seconds,
        )
        for term in terms
        if term.seconds
    )


_PROOF_ICONS: Final = {
    "photo": "photo",
    "signature": "signature",
    "pin": "lock",
    "scan": "scan",
    "code": "qrcode",
    "note": "notes",
}
_STEPS: Final = {"pickup": "At the store", "dropoff": "At the door", "return": "Back at the store"}


def proof_views(proofs: Iterable[Proof], formats: Formats, now: datetime, image_base: str) -> tuple[ProofView, ...]:
    """`image_base` + id is where the picture is."""
    return tuple(
        ProofView(
            kind=proof.kind.value.capitalize() if proof.kind.value != "pin" else "PIN",
            icon=_PROOF_ICONS.get(proof.kind.value, "file-text"),
            step=_STEPS.get(proof.step, proof.step),
            at=formats.moment(proof.taken_at, now),
            image_url=f"{image_base}{proof.id}" if proof.media_type else None,
            text=str(proof.data.get("text") or proof.data.get("note") or ""),
        )
        for proof in proofs
    )


def lateness(
    eta: datetime | None, promised_by: datetime, ended_at: datetime | None, formats: Formats, now: datetime
) -> Word:
    """How a delivery stands against its promise, in a word."""
    if ended_at is not None:
        late_s = int((ended_at - promised_by).total_seconds())
        if late_s > 60:
            return Word(f"{formats.span(late_s)} late", "clock", "bad")
        return Word("On time", "circle-check", "ok")
    expected = max(eta, now) if eta else now
    late_s = int((expected - promised_by).total_seconds())
    if late_s > 60:
        return Word(f"{formats.span(late_s)} late", "alert-triangle", "bad")
    if late_s > -300:
        return Word("Tight", "clock", "warn")
    return Word("In time", "circle-check", "ok") if eta else Word("Waiting", "hourglass", "idle")


def _moment(value: object) -> datetime | None:
    return datetime.fromisoformat(value) if isinstance(value, str) else None


def formats_of(market: Market | None, say: Speech | None = None) -> Formats:
    """A market's way of writing, in the language of its reader if `say` is given; without a market the neutral way."""
    if market is None:
        return Formats(say.code, say=say) if say else Formats()
    units: Literal["metric", "imperial"] = "imperial" if market.units == "imperial" else "metric"
    if say is None:
        return Formats(market.locale, market.time_zone, units)
    return Formats(locale_for(say.code, market.locale), market.time_zone, units, say)


def standing(delivery: Delivery, formats: Formats, now: datetime) -> Word:
    """How it stands against its promise; only a delivered one can have been on time."""
    if delivery.state in TERMINAL and delivery.state is not State.DELIVERED:
        return words.word(words.DELIVERY, delivery.state.value)
    return lateness(delivery.eta, delivery.promised_by, delivery.ended_at, formats, now)


def short_id(delivery_id: str) -> str:
    """The last six characters tell deliveries of a day apart; the whole id stands on the page."""
    return delivery_id[-6:].upper()


def door(delivery: Delivery) -> str:
    unit = delivery.dropoff.unit
    return f"{delivery.dropoff.address}, {unit}" if unit else delivery.dropoff.address
