"""The courier's notices and record as pages show them. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from homeward.dispatch.record import policy as record_policy
from homeward.dispatch.record.model import LegRecord, Record, ShownOffer, Trip
from homeward.fleets.couriers.identity.model import Check
from homeward.fleets.couriers.identity.policy import pauses_offers
from homeward.fleets.couriers.standing import policy
from homeward.fleets.couriers.standing.model import Case, EvidenceKind, Ground, Kind, PublishedPolicy, StepType
from homeward.web.courier.words import pay_term
from homeward.web.format import Formats
from homeward.web.translation import ENGLISH, N_, Speech
from homeward.web.words import Word

KINDS = {
    Kind.WARNING: Word("Warning", "alert-triangle", "warn"),
    Kind.RESTRICTION: Word("Restriction", "hand-stop", "bad"),
    Kind.DEACTIVATION: Word("Deactivation", "hand-stop", "bad"),
}
_DECISIONS = {"declined": N_("declined"), "expired": N_("not answered"), "withdrawn": N_("withdrawn")}
OVER = Word("Over", "circle-check", "idle")
STEPS = {
    StepType.SEEN: N_("Seen by the courier"),
    StepType.APPEALED: N_("Appealed"),
    StepType.UPHELD: N_("Upheld"),
    StepType.SHORTENED: N_("Shortened"),
    StepType.LIFTED: N_("Lifted"),
}


GROUNDS: Mapping[str, str] = {
    Ground.NOT_DELIVERED: N_("Not delivered"),
    Ground.PARCEL_OPENED: N_("Parcel opened"),
    Ground.VIOLENCE: N_("Violence"),
    Ground.HARASSMENT: N_("Harassment"),
    Ground.DISCRIMINATION: N_("Discrimination"),
    Ground.UNSAFE_RIDING: N_("Unsafe riding"),
    Ground.UNDER_INFLUENCE: N_("Under influence"),
    Ground.ACCOUNT_SHARED: N_("Account shared"),
    Ground.FALSE_POSITION: N_("False position"),
    Ground.AGE_CHECK_SKIPPED: N_("Age check skipped"),
    Ground.PAPERS_INVALID: N_("Papers invalid"),
    Ground.COURT_ORDER: N_("Court order"),
    EvidenceKind.DELIVERY: N_("Delivery"),
    EvidenceKind.POSITION_SCORE: N_("Position score"),
    EvidenceKind.IDENTITY_CHECK: N_("Identity check"),
    EvidenceKind.CLAIM: N_("Claim"),
    EvidenceKind.DOCUMENT: N_("Document"),
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
    in_force, appeal, say = policy.in_force(case, now), case.appeal, formats.say
    until = formats.moment(end, now).text if end else say("until it is lifted")
    return CaseItem(
        id=decision.id,
        courier_id=decision.courier_id,
        kind=KINDS[decision.kind],
        state=None if in_force else OVER,
        ground=ground_words(decision.ground.value, say),
        explanation=decision.explanation,
        evidence=tuple(
            f"{ground_words(e.kind.value, say)} {e.id}{': ' + e.note if e.note else ''}" for e in decision.evidence
        ),
        by=decision.decided_by.name,
        since=formats.moment(decision.starts_at, now).text,
        until="" if decision.kind is Kind.WARNING and end is None else until,
        rules=say("version %(number)s", number=decision.policy_version),
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


def ground_words(code: str, say: Speech = ENGLISH) -> str:
    """`not_delivered` as it is read; the grounds and the kinds of evidence are closed lists."""
    return say(GROUNDS[code]) if code in GROUNDS else code.replace("_", " ").capitalize()


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
    totals, say = record.totals, formats.say
    offers = totals.offers
    figures = (
        (say("Pay"), ", ".join(formats.money(one) for one in totals.pay) or "–"),
        (say("Tips, on top"), ", ".join(formats.money(one) for one in totals.tips) or "–"),
        (say("Engaged"), formats.span(totals.engaged_s)),
        (say("Waited at stores"), formats.span(totals.waited_s)),
        (
            say("Offers"),
            say(
                "%(taken)s taken, %(declined)s declined, %(unanswered)s not answered",
                taken=offers.accepted,
                declined=offers.declined,
                unanswered=offers.unanswered,
            ),
        ),
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
        [(pay_term(line, formats), formats.money(type(offer.pay)(line.minor, currency))) for line in offer.pay_lines]
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
    say = formats.say
    moments = (
        (say("Accepted"), leg.accepted_at),
        (say("At the store"), leg.at_store_at),
        (say("Left"), leg.left_store_at),
        (say("At the door"), leg.at_door_at),
        (say("Ended"), leg.ended_at),
    )
    told = tuple((name, formats.moment(at, now).text) for name, at in moments if at is not None)
    ways = [way for way in (leg.way.to_store_m, leg.way.to_door_m) if way is not None]
    way = ((say("Way"), formats.distance(sum(ways))),) if ways else ()
    return (*told, (say("Engaged"), formats.span(leg.engaged_s)), (say("Waited"), formats.span(leg.waited_s)), *way)


def _shown(offer: ShownOffer | None, formats: Formats) -> tuple[tuple[str, str], ...]:
    if offer is None:
        return ()
    say = formats.say
    facts = f"{formats.distance(offer.distance_m)}, {formats.span(offer.duration_s)}"
    took = say("answered after %(seconds)s s", seconds=offer.took_s) if offer.took_s is not None else ""
    return ((say("Offer"), ", ".join(part for part in (facts, took) if part)),)


def _other(offer: ShownOffer, formats: Formats, now: datetime) -> tuple[str, str, str]:
    decision = formats.say(_DECISIONS.get(offer.decision.value, offer.decision.value))
    return formats.moment(offer.shown_at, now).text, decision, formats.money(offer.pay)
