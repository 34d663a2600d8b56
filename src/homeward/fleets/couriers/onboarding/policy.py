"""The way in, as one table of transitions, and what each step asks. Pure."""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from homeward.fleets.couriers.model import VehicleKind
from homeward.fleets.couriers.onboarding.errors import DocumentExpired, NotAToken, NotThisStep, OtherTextShown
from homeward.fleets.couriers.onboarding.model import (
    EXPIRY_WARNING,
    AgreementText,
    Document,
    DocumentKind,
    Dossier,
    Person,
    Shown,
    State,
    Step,
    TextKind,
)

# An active courier sends newer papers from time to time.
_WITH_DOCUMENTS: Final = frozenset(State) - {State.STARTED, State.DECLINED}
_OPEN: Final = frozenset(State) - {State.ACTIVE, State.DECLINED}

TRANSITIONS: Final[Mapping[tuple[State, Step], State]] = {
    (State.STARTED, Step.APPLY): State.DOCUMENTS,
    (State.DOCUMENTS, Step.COMPLETE_DOCUMENTS): State.AGREEMENT,
    (State.AGREEMENT, Step.ACCEPT_AGREEMENT): State.CHECK,
    (State.CHECK, Step.AUTHORISE_CHECK): State.VEHICLE,
    (State.VEHICLE, Step.DESCRIBE_VEHICLE): State.PAYOUT,
    (State.PAYOUT, Step.NAME_PAYOUT): State.REVIEW,
    **{(state, step): state for state in _WITH_DOCUMENTS for step in (Step.ACCEPT_DOCUMENT, Step.REFUSE_DOCUMENT)},
    (State.REVIEW, Step.ACTIVATE): State.ACTIVE,
    **{(state, Step.DECLINE): State.DECLINED for state in _OPEN},
}

BY_A_PERSON: Final = frozenset({Step.ACTIVATE, Step.DECLINE, Step.ACCEPT_DOCUMENT, Step.REFUSE_DOCUMENT})
"""Steps that no program and no applicant takes."""

NEXT: Final[Mapping[State, str]] = {
    State.STARTED: "say who you are and what you ride",
    State.DOCUMENTS: "send each document that is asked for",
    State.AGREEMENT: "read and accept the agreement",
    State.CHECK: "read the notice about the background check, and allow the check",
    State.VEHICLE: "describe your vehicle",
    State.PAYOUT: "say where your pay goes",
    State.REVIEW: "wait for the operator, who looks at everything in person",
    State.ACTIVE: "sign in and go on duty",
    State.DECLINED: "ask the operator for the reason; you may apply again",
}

_LETTERS_THEN_DIGITS: Final = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{10,30}")
_DIGITS: Final = re.compile(r"\d{6,}")
_SPACING: Final = re.compile(r"[\s.\-/]")
_TOKEN: Final = re.compile(r"[A-Za-z][A-Za-z0-9]*_[A-Za-z0-9_]{6,120}")


def moved(state: State, step: Step, by: Person | None = None) -> State:
    """Where the step leads. Raises NotThisStep, and refuses to let anybody in or out without a named person."""
    assert by is not None or step not in BY_A_PERSON, f"{step} is a person's to take"
    after = TRANSITIONS.get((state, step))
    if after is None:
        raise NotThisStep(state.value, NEXT[state])
    return after


def required(vehicle: VehicleKind) -> frozenset[DocumentKind]:
    """Whoever drives an engine shows that they may, and that it is insured."""
    if vehicle in (VehicleKind.FOOT, VehicleKind.BICYCLE):
        return frozenset({DocumentKind.IDENTITY})
    return frozenset(DocumentKind)


def missing_documents(vehicle: VehicleKind, documents: Iterable[Document]) -> list[DocumentKind]:
    """Kinds that are still to be sent."""
    sent = {document.kind for document in documents if document.state in ("sent", "accepted")}
    return sorted(required(vehicle) - sent)


def check_expiry(expires_on: date, now: datetime) -> None:
    """Raises DocumentExpired. A document is good through its last day."""
    if ends_at(expires_on) <= now:
        raise DocumentExpired(expires_on)


def ends_at(expires_on: date) -> datetime:
    """The first moment at which it is no longer valid, in UTC."""
    return datetime.combine(expires_on + timedelta(days=1), time(), UTC)


def valid_until(vehicle: VehicleKind, documents: Sequence[Document]) -> datetime | None:
    """When the first of the accepted papers that are required ends; None if none is accepted."""
    latest: dict[DocumentKind, date] = {}
    for document in documents:
        if document.state == "accepted" and document.kind in required(vehicle):
            latest[document.kind] = max(document.expires_on, latest.get(document.kind, document.expires_on))
    return min((ends_at(day) for day in latest.values()), default=None)


def ends_soon(valid: datetime | None, now: datetime) -> bool:
    """Whether it is time to send a newer document."""
    return valid is not None and valid - now <= EXPIRY_WARNING


def text_hash(text: str) -> str:
    """SHA-256 of the text as UTF-8, in hex: the same on a phone as here."""
    return hashlib.sha256(text.encode()).hexdigest()


def check_shown(shown: Shown, text: AgreementText) -> None:
    """Raises OtherTextShown unless exactly this text was on the screen."""
    if shown.version_id != text.id or shown.displayed_hash != text.text_hash:
        raise OtherTextShown(text.id, text.text_hash)


def check_token(token: str) -> None:
    """Raises NotAToken for what may be an account or a card number, and for anything else without a prefix."""
    bare = _SPACING.sub("", token).upper()
    if _LETTERS_THEN_DIGITS.fullmatch(bare) or bare.isdigit() or not _TOKEN.fullmatch(token) or _hides_a_card(bare):
        raise NotAToken()


def _hides_a_card(bare: str) -> bool:
    return any(13 <= len(run) <= 19 and _luhn(run) for run in _DIGITS.findall(bare))


def _luhn(digits: str) -> bool:
    """Source: ISO/IEC 7812-1, annex B."""
    doubled = (int(digit) * (2 if place % 2 else 1) for place, digit in enumerate(reversed(digits)))
    return sum(number // 10 + number % 10 for number in doubled) % 10 == 0


def missing_to_activate(dossier: Dossier) -> list[str]:
    """What a person must still see or record before they let somebody work."""
    application = dossier.application
    assert application.vehicle is not None, "a vehicle is named with the first step"
    accepted = {document.kind for document in dossier.documents if document.state == "accepted"}
    missing = [f"document:{kind}" for kind in sorted(required(application.vehicle) - accepted)]
    missing += [f"consent:{kind}" for kind in TextKind if kind not in dossier.consents]
    if application.check_result != "clear":
        missing.append("background_check")
    return missing
