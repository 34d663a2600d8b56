"""From the facts of a delivery to what its sheet says. Pure.

It tells what proves, and nothing that only helped on the way: no telephone number, no gate code, no PIN, no date of
birth, and of the courier what the shopper knew.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_datetime, format_time

from homeward.deliveries.model import CourierCard, DeliveryEvent, EvidenceKind, Leg, LegKind, Proof, State, Who
from homeward.deliveries.proof_pdf.model import Facts, Pair, Picture, Sheet
from homeward.deliveries.proof_pdf.phrases import LANGUAGES, Phrases, spoken
from homeward.deliveries.proof_policy import PICTURES

MOST_PICTURES: Final = 24
MOST_LINES: Final = 250
_TOLD: Final = frozenset({"booked", "handed_over", *map(str, State)} - {"scheduled", "searching"})


@dataclass(frozen=True, slots=True)
class _Writer:
    """The language, and the clock on the wall of the market."""

    say: Phrases
    locale: Locale
    zone: ZoneInfo

    def moment(self, at: datetime) -> str:
        return _plain(format_datetime(at.astimezone(self.zone), "medium", locale=self.locale))

    def window(self, earliest: datetime, latest: datetime) -> str:
        first, last = earliest.astimezone(self.zone), latest.astimezone(self.zone)
        end = format_time(last, "short", locale=self.locale) if first.date() == last.date() else self.moment(latest)
        return f"{self.moment(earliest)} – {_plain(end)}"

    def courier(self, card: CourierCard) -> str:
        name = f"{card.first_name} {card.initial}." if card.initial else card.first_name
        vehicle = self.say.vehicles.get(card.vehicle)
        return f"{name} ({vehicle})" if vehicle else name

    def reason(self, reason: object, *, merchants_own: bool = False) -> str:
        """Free text only if it is the merchant's: somebody else's could name anybody."""
        return self.say.reasons.get(str(reason), str(reason) if merchants_own else "") if reason else ""


def sheet_of(facts: Facts) -> Sheet:
    """All sections that have something to say."""
    language, locale = spoken(facts.locale)
    say = LANGUAGES[language]
    writer = _Writer(say, _locale(locale), ZoneInfo(facts.time_zone))
    delivery = facts.view.delivery
    return Sheet(
        language=language,
        title=say.titles.get(delivery.state, say.titles[""]),
        state=say.states[delivery.state],
        arrived=delivery.state is State.DELIVERED,
        notes=_notes(facts, writer),
        number=delivery.external_id or delivery.id,
        details_title=say.details,
        details=_details(facts, writer),
        contents_title=say.contents,
        contents=_contents(facts, writer),
        proof_title=say.proof,
        proof=_shortened(_checks(facts, writer), say),
        pictures_title=say.pictures,
        pictures=_pictures(facts, writer),
        story_title=say.story,
        story=_shortened(_story(facts.events, writer), say),
        page=say.page,
    )


def _notes(facts: Facts, writer: _Writer) -> tuple[str, ...]:
    delivery, say = facts.view.delivery, writer.say
    ended = writer.moment(delivery.ended_at) if delivery.ended_at else ""
    left = say.left_at_door if delivery.outcome.left_at_door and delivery.state is State.DELIVERED else ""
    test = say.test if delivery.mode == "test" else ""
    return tuple(note for note in (ended, left, test) if note)


def _details(facts: Facts, writer: _Writer) -> tuple[Pair, ...]:
    delivery, say = facts.view.delivery, writer.say
    door, outcome = delivery.dropoff, delivery.outcome
    why = writer.reason(outcome.reason, merchants_own=outcome.by is Who.MERCHANT)
    pairs = (
        (say.merchant, facts.brand.display_name),
        (say.own_number, delivery.external_id or ""),
        (say.number, delivery.id),
        (say.store, _joined(facts.view.store_name, delivery.pickup.address)),
        (say.recipient, _joined(door.contact.name, door.company)),
        (say.door, _joined(door.address, door.unit)),
        (say.left_at, say.spots.get(str(door.spot), "") if door.spot else ""),
        (say.promised, writer.window(delivery.window_earliest, delivery.promised_by)),
        (say.courier, _carriers(facts.legs, LegKind.CARRY, writer)),
        (say.way_back, _carriers(facts.legs, LegKind.RETURN, writer)),
        (say.why, why if delivery.state is not State.DELIVERED else ""),
    )
    return tuple((label, text) for label, text in pairs if text)


def _carriers(legs: Sequence[Leg], kind: LegKind, writer: _Writer) -> str:
    """Who had the parcel in hand; a courier who gave it back before is no part of the story."""
    had = [leg for leg in legs if leg.kind is kind and (kind is LegKind.RETURN or leg.picked_up_at)]
    return ", ".join(dict.fromkeys(writer.courier(leg.courier) for leg in had))


def _contents(facts: Facts, writer: _Writer) -> tuple[Pair, ...]:
    contents = facts.view.delivery.contents
    if contents.items:
        return tuple((f"{item.quantity} ×", _joined(item.name, item.external_id)) for item in contents.items)
    return ((f"{contents.count} ×", contents.description or writer.say.parcel),)


def _checks(facts: Facts, writer: _Writer) -> list[Pair]:
    """PIN, age, labels and codes, signatures' names, notes: whatever was checked, and what failed."""
    pairs = [*_pin(facts, writer), *_age(facts, writer)]
    told: list[tuple[datetime, Pair]] = []
    for proof in facts.proofs:
        told += [(proof.taken_at, pair) for pair in _read(proof, writer)]
    for event in facts.events:
        if event.data.get("scan") == "wrong":
            told.append((event.at, _scanned(writer, event.data, writer.say.scan_wrong, "label", event.at)))
    return pairs + [pair for _, pair in sorted(told, key=lambda one: one[0])]


def _pin(facts: Facts, writer: _Writer) -> list[Pair]:
    wanted, say = facts.view.delivery.requirements, writer.say
    if _has(facts.proofs, EvidenceKind.PIN, "dropoff"):
        return [(say.pin, say.pin_met)]
    if wanted.pin is None:
        return []
    return [(say.pin, say.pin_missing if wanted.pin_tries_left else say.pin_locked)]


def _age(facts: Facts, writer: _Writer) -> list[Pair]:
    wanted, say = facts.view.delivery.requirements.age, writer.say
    refusals = {"too_young": say.age_refused, "not_sober": say.not_sober}
    pairs = [(say.age, refusals[event.data["age_check"]]) for event in facts.events if event.data.get("age_check")]
    met = next((proof for proof in facts.proofs if proof.kind is EvidenceKind.AGE_CHECK), None)
    if met is not None:
        sober = say.age_sober if met.data.get("sober") else ""
        pairs.append((say.age, _joined(say.age_met.format(age=met.data.get("min_age")), sober)))
    elif any("age_check" in (event.data.get("proven_elsewhere") or ()) for event in facts.events):
        pairs.append((say.age, say.age_elsewhere))
    elif wanted is not None and not pairs:
        pairs.append((say.age, say.age_missing.format(age=wanted.min_age)))
    return pairs


def _read(proof: Proof, writer: _Writer) -> list[Pair]:
    text = str(proof.data.get("text") or "")
    match proof.kind:
        case EvidenceKind.SCAN | EvidenceKind.CODE if text:
            return [_scanned(writer, {**proof.data, "step": proof.step}, writer.say.scan_right, "text", proof.taken_at)]
        case EvidenceKind.NOTE if text:
            return [(writer.say.kinds["note"], text)]
        case _:
            return []


def _scanned(writer: _Writer, said: Mapping[str, Any], sentence: str, name: str, at: datetime) -> Pair:
    step = writer.say.steps.get(str(said.get("step")), "")
    return (
        f"{writer.say.scan}, {step.lower()}" if step else writer.say.scan,
        sentence.format(label=said.get(name, ""), at=writer.moment(at)),
    )


def _pictures(facts: Facts, writer: _Writer) -> tuple[Picture, ...]:
    """Those of the door and of the way back before those of the store, if there are too many."""
    shown = [proof for proof in facts.proofs if proof.kind in PICTURES and proof.media_type]
    kept = sorted(shown, key=lambda proof: (proof.step == "pickup", proof.taken_at, proof.id))[:MOST_PICTURES]
    in_order = sorted(kept, key=lambda proof: (proof.taken_at, proof.id))
    return tuple(Picture(proof.id, _picture_title(proof, writer), _picture_text(proof, writer)) for proof in in_order)


def _picture_title(proof: Proof, writer: _Writer) -> str:
    name = str(proof.data.get("name") or "")
    if proof.kind is EvidenceKind.SIGNATURE and name:
        relationship = str(proof.data.get("relationship") or "").replace("_", " ")
        return f"{writer.say.signed} {name} ({relationship})" if relationship else f"{writer.say.signed} {name}"
    return writer.say.kinds[proof.kind]


def _picture_text(proof: Proof, writer: _Writer) -> str:
    step = writer.say.steps.get(proof.step, proof.step)
    said = writer.say.taken.format(step=step, at=writer.moment(proof.taken_at))
    if proof.place is None:
        return said
    return f"{said}, {writer.say.at_place.format(place=f'{proof.place.lat:.5f}, {proof.place.lon:.5f}')}"


def _story(events: Sequence[DeliveryEvent], writer: _Writer) -> list[Pair]:
    told = [(event, _told(event, writer)) for event in sorted(events, key=lambda event: event.seq)]
    return [(writer.moment(event.at), text) for event, text in told if text]


def _told(event: DeliveryEvent, writer: _Writer) -> str:
    subject, _, what = event.type.partition(".")
    say, data = writer.say, event.data
    if subject != "delivery":
        return ""
    if what in _TOLD:
        missing = ", ".join(say.kinds.get(str(kind), str(kind)) for kind in data.get("proven_elsewhere") or ())
        because = say.without.format(what=missing) if missing else _because(event, writer)
        return f"{say.states[what]}: {because}" if because else say.states[what]
    if data.get("leave_at_door"):
        return say.may_leave
    if what == "evidence_added":
        return _tried(data, writer)
    return ""


def _because(event: DeliveryEvent, writer: _Writer) -> str:
    return writer.reason(event.data.get("reason"), merchants_own=event.actor.startswith(f"{Who.MERCHANT}:"))


def _tried(data: Mapping[str, Any], writer: _Writer) -> str:
    """Evidence that was refused, or a problem on the way."""
    if data.get("pin") == "wrong":
        return writer.say.pin_was_wrong
    if data.get("scan") == "wrong":
        return writer.say.wrong_scan.format(label=data.get("label", ""))
    return writer.reason(data.get("age_check") or data.get("problem"))


def _shortened(pairs: Sequence[Pair], say: Phrases) -> tuple[Pair, ...]:
    """A story without end would be a document without end."""
    if len(pairs) <= MOST_LINES:
        return tuple(pairs)
    first, last = pairs[: MOST_LINES // 2], pairs[-(MOST_LINES // 2) :]
    return (*first, ("…", say.more.format(count=len(pairs) - len(first) - len(last))), *last)


def _has(proofs: Sequence[Proof], kind: EvidenceKind, step: str) -> bool:
    return any(proof.kind is kind and proof.step == step for proof in proofs)


def _joined(*parts: str) -> str:
    return ", ".join(part.strip() for part in parts if part.strip())


def _plain(text: object) -> str:
    # The narrow space before AM and PM is in few typefaces.
    return str(text).replace("\u202f", " ")


def _locale(name: str) -> Locale:
    try:
        return Locale.parse(name.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return Locale("en")
