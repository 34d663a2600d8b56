"""The courier's notices and record as pages show them. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from homeward.dispatch.record import policy as record_policy
from homeward.dispatch.record.model import LegRecord, Record, ShownOffer, Trip
from homeward.fleets.couriers.identity.model import Check
from homeward.fleets.couriers.identity.policy import pauses_offers
from homeward.fleets.couriers.standing import policy
from homeward.fleets.couriers.standing.model import Case, Kind, PublishedPolicy, StepType
from homeward.web.format import Formats
from homeward.web.words import Word

KINDS = {
    Kind.WARNING: Word("Warning", "alert-triangle", "warn"),
    Kind.RESTRICTION: Word("Restriction", "hand-stop", "bad"),
    Kind.DEACTIVATION: Word("Deactivation", "hand-stop", "bad"),
}
OVER = Word("Over", "circle-check", "idle")
STEPS = {
    StepType.SEEN: "Seen by the courier",
    StepType.APPEALED: "Appeal",
    StepType.UPHELD: "Upheld",
    StepType.SHORTENED: "Shortened",
    StepType.LIFTED: "Lifted",
}


@dataclass(frozen=True, slots=True)
class StepItem:
    what: str
    when: str
    by: str
    text: str


@dataclass(frozen=True, slots=True)
class CaseItem:
    """A decision in words; `may_appeal` and `waits` say which form belongs below it."""

    id: str
    courier_id: str
    kind: Word
    state: Word | None
    ground: str
    explanation: str
    evidence: tuple[str, ...]
    by: str
    since: str
    until: str
    rules: str
    appeal_by: str
    may_appeal: bool
    waits: bool
    in_force: bool
    answer_by: str
    overdue: bool
    steps: tuple[StepItem, ...]


@dataclass(frozen=True, slots=True)
class CheckItem:
    id: str
    answered: bool
    paused: bool
    until: str


@dataclass(frozen=True, slots=True)
class NoticesView:
    check: CheckItem | None
    cases: tuple[CaseItem, ...]
    rules: PublishedPolicy | None
    problem: str | None


@dataclass(frozen=True, slots=True)
class TripItem:
    when: str
    stores: str
    pay: str
    tips: str
    lines: tuple[tuple[str, str], ...]
    facts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class RecordView:
    since: str
    figures: tuple[tuple[str, str], ...]
    trips: tuple[TripItem, ...]
    offers: tuple[tuple[str, str, str], ...]
    years: int


def case_item(case: Case, formats: Formats, now: datetime) -> CaseItem:
    decision, end = case.decision, policy.ends_at(case, now)
    in_force, appeal = policy.in_force(case, now), case.appeal
    until = formats.moment(end, now).text if end else "until it is lifted"
    return CaseItem(
        id=decision.id,
        courier_id=decision.courier_id,
        kind=KINDS[decision.kind],
        state=None if in_force else OVER,
        ground=ground_words(decision.ground.value),
        explanation=decision.explanation,
        evidence=tuple(
            f"{ground_words(e.kind.value)} {e.id}{': ' + e.note if e.note else ''}" for e in decision.evidence
        ),
        by=decision.decided_by.name,
        since=formats.moment(decision.starts_at, now).text,
        until="" if decision.kind is Kind.WARNING and end is None else until,
        rules=f"version {decision.policy_version}",
        appeal_by=formats.date(decision.appeal_by),
        may_appeal=policy.check_appeal(case, now) is None,
        waits=policy.waits_for_answer(case),
        in_force=in_force,
        answer_by=formats.moment(appeal.due_at, now).text if appeal and appeal.due_at else "",
        overdue=policy.overdue_since(case, now) is not None,
        steps=tuple(
            StepItem(STEPS[step.type], formats.moment(step.at, now).text, step.by.name if step.by else "", step.text)
            for step in case.steps
            if step.type is not StepType.SEEN
        ),
    )


def ground_words(code: str) -> str:
    """`not_delivered` as it is read."""
    return code.replace("_", " ").capitalize()


def notices_view(
    cases: Sequence[Case],
    check: Check | None,
    rules: Sequence[PublishedPolicy],
    formats: Formats,
    now: datetime,
    problem: str | None = None,
) -> NoticesView:
    waiting = None
    if check is not None and check.answer_by is not None:
        until = formats.clock(check.answer_by)
        waiting = CheckItem(check.id, check.answered_at is not None, pauses_offers(check, now), until)
    in_force = next((one for one in rules if one.in_force_from <= now), None)
    return NoticesView(waiting, tuple(case_item(case, formats, now) for case in cases), in_force, problem)


def record_view(record: Record, formats: Formats, now: datetime) -> RecordView:
    totals = record.totals
    offers = totals.offers
    figures = (
        ("Pay", ", ".join(formats.money(one) for one in totals.pay) or "–"),
        ("Tips, on top", ", ".join(formats.money(one) for one in totals.tips) or "–"),
        ("Engaged", formats.span(totals.engaged_s)),
        ("Waited at stores", formats.span(totals.waited_s)),
        ("Offers", f"{offers.accepted} taken, {offers.declined} declined, {offers.unanswered} not answered"),
    )
    return RecordView(
        since=formats.date(record.since),
        figures=figures,
        trips=tuple(_trip(trip, formats, now) for trip in record.trips),
        offers=tuple(_other(offer, formats, now) for offer in record.other_offers),
        years=record_policy.KEPT.days // 365,
    )


def _trip(trip: Trip, formats: Formats, now: datetime) -> TripItem:
    offer, legs = trip.offer, trip.legs
    tips = [tip.amount for leg in legs for tip in leg.tips]
    currency = legs[0].pay.currency
    paid = sum(leg.pay.minor for leg in legs)
    lines = (
        [(line.label, formats.money(type(offer.pay)(line.minor, currency))) for line in offer.pay_lines]
        if offer
        else []
    )
    return TripItem(
        when=formats.moment(legs[-1].accepted_at, now).text,
        stores=", ".join(sorted({leg.store for leg in legs})),
        pay=formats.money(type(legs[0].pay)(paid, currency)),
        tips=formats.money(type(legs[0].pay)(sum(tip.minor for tip in tips), currency)) if tips else "",
        lines=tuple(lines),
        facts=tuple(fact for leg in legs for fact in _facts(leg, formats, now)) + _shown(offer, formats),
    )


def _facts(leg: LegRecord, formats: Formats, now: datetime) -> tuple[tuple[str, str], ...]:
    moments = (("Accepted", leg.accepted_at), ("At the store", leg.at_store_at), ("Left", leg.left_store_at))
    later = (("At the door", leg.at_door_at), ("Ended", leg.ended_at))
    told = tuple((name, formats.moment(at, now).text) for name, at in (*moments, *later) if at is not None)
    ways = [way for way in (leg.way.to_store_m, leg.way.to_door_m) if way is not None]
    way = (("Way", formats.distance(sum(ways))),) if ways else ()
    return (*told, ("Engaged", formats.span(leg.engaged_s)), ("Waited", formats.span(leg.waited_s)), *way)


def _shown(offer: ShownOffer | None, formats: Formats) -> tuple[tuple[str, str], ...]:
    if offer is None:
        return ()
    took = f", answered after {offer.took_s} s" if offer.took_s is not None else ""
    return (("Offer", f"{formats.distance(offer.distance_m)}, {formats.span(offer.duration_s)}{took}"),)


def _other(offer: ShownOffer, formats: Formats, now: datetime) -> tuple[str, str, str]:
    said = {"declined": "declined", "expired": "not answered", "withdrawn": "withdrawn"}
    decision = said.get(offer.decision.value, offer.decision.value)
    return formats.moment(offer.shown_at, now).text, decision, formats.money(offer.pay)
