"""Applications of couriers as the console shows them. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from homeward.fleets.couriers.onboarding import policy
from homeward.fleets.couriers.onboarding.model import Application, Document, Dossier, State, TextKind
from homeward.web import words
from homeward.web.courier.apply_views import DOCUMENT_STATES, DOCUMENTS, ENDS_SOON, day
from homeward.web.format import Formats, Moment
from homeward.web.forms import Form
from homeward.web.words import Word

STATES: Final = {
    State.STARTED: Word("Started", "circle"),
    State.DOCUMENTS: Word("Sends documents", "file-text"),
    State.AGREEMENT: Word("Reads the agreement", "file-text"),
    State.CHECK: Word("Reads the notice", "file-text"),
    State.VEHICLE: Word("Describes the vehicle", "car"),
    State.PAYOUT: Word("Names the account", "coin"),
    State.REVIEW: Word("Waits for you", "hourglass", "warn"),
    State.ACTIVE: Word("Active", "circle-check", "ok"),
    State.DECLINED: Word("Declined", "circle-x", "idle"),
}
_TEXTS: Final = {TextKind.AGREEMENT: "the agreement", TextKind.CHECK_DISCLOSURE: "the notice of the background check"}
_REPLACED: Final = Word("Replaced", "history", "idle")


@dataclass(frozen=True, slots=True)
class ApplicationRow:
    id: str
    href: str
    name: str
    phone: str
    market: str
    vehicle: str
    state: Word
    changed: Moment


@dataclass(frozen=True, slots=True)
class ApplicationsView:
    rows: tuple[ApplicationRow, ...]
    state: str
    states: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class PaperRow:
    """`may_review`: nobody has looked at it yet."""

    id: str
    label: str
    state: Word
    ends: str
    sent: Moment
    reason: str
    may_review: bool


@dataclass(frozen=True, slots=True)
class ApplicationView:
    """`missing` is what stands between this person and working, in words."""

    id: str
    name: str
    phone: str
    state: Word
    facts: tuple[tuple[str, str], ...]
    papers: tuple[PaperRow, ...]
    missing: tuple[str, ...]
    open: bool
    waits: bool
    courier_href: str | None
    reason: str
    form: Form


def applications_view(
    found: Sequence[Application], markets: Mapping[str, str], formats: Mapping[str, Formats], now: datetime, state: str
) -> ApplicationsView:
    """`markets` are names, and `formats` ways of writing, by id."""
    rows = tuple(
        ApplicationRow(
            one.id,
            f"/console/applications/{one.id}",
            one.name or "No name yet",
            one.phone,
            markets.get(one.market_id or "", "–"),
            words.VEHICLE[one.vehicle.value].label if one.vehicle else "–",
            STATES[one.state],
            formats.get(one.market_id or "", Formats()).moment(one.updated_at, now),
        )
        for one in found
    )
    return ApplicationsView(rows, state, tuple((each.value, word.label) for each, word in STATES.items()))


def application_view(dossier: Dossier, market: str, formats: Formats, now: datetime, form: Form) -> ApplicationView:
    application = dossier.application
    return ApplicationView(
        id=application.id,
        name=application.name or "No name yet",
        phone=application.phone,
        state=STATES[application.state],
        facts=_facts(application, market),
        papers=tuple(_paper(one, formats, now) for one in dossier.documents),
        missing=tuple(_missing(one) for one in policy.missing_to_activate(dossier)) if application.vehicle else (),
        open=application.state not in (State.ACTIVE, State.DECLINED),
        waits=application.state is State.REVIEW,
        courier_href=f"/console/couriers/{application.courier_id}" if application.courier_id else None,
        reason=application.decision_reason,
        form=form,
    )


def _facts(application: Application, market: str) -> tuple[tuple[str, str], ...]:
    vehicle, facts = application.vehicle, application.vehicle_facts
    told = ", ".join(part for part in (facts.make, facts.colour, facts.plate) if part)
    results = {"clear": "nothing against it", "consider": "something to consider"}
    return (
        ("Phone", application.phone),
        ("Market", market),
        ("Moves with", f"{words.VEHICLE[vehicle.value].label}{f': {told}' if told else ''}" if vehicle else "–"),
        ("Account for pay", "named" if application.payout_token else "not yet"),
        ("Background check", results.get(application.check_result or "", "no result yet")),
        *((("Note of the check", application.check_note),) if application.check_note else ()),
    )


def _paper(document: Document, formats: Formats, now: datetime) -> PaperRow:
    soon = document.state == "accepted" and policy.ends_soon(policy.ends_at(document.expires_on), now)
    return PaperRow(
        id=document.id,
        label=DOCUMENTS[document.kind],
        state=ENDS_SOON if soon else DOCUMENT_STATES.get(document.state, _REPLACED),
        ends=day(document.expires_on, formats),
        sent=formats.moment(document.sent_at, now),
        reason=document.reason,
        may_review=document.state == "sent",
    )


def _missing(code: str) -> str:
    what, _, kind = code.partition(":")
    if what == "document":
        return f"{next(label for each, label in DOCUMENTS.items() if each.value == kind)}, accepted"
    if what == "consent":
        return f"Consent to {_TEXTS[TextKind(kind)]}"
    return "A background check with nothing against it"
