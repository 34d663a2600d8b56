"""Applications, documents, agreements and consents. Pure."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from homeward.fleets.couriers.model import VehicleKind


class State(StrEnum):
    """Where an application stands; each names what is asked for next."""

    STARTED = "started"
    DOCUMENTS = "documents"
    AGREEMENT = "agreement"
    CHECK = "check"
    VEHICLE = "vehicle"
    PAYOUT = "payout"
    REVIEW = "review"
    ACTIVE = "active"
    DECLINED = "declined"


class Step(StrEnum):
    """What moves an application."""

    APPLY = "apply"
    COMPLETE_DOCUMENTS = "complete_documents"
    ACCEPT_AGREEMENT = "accept_agreement"
    AUTHORISE_CHECK = "authorise_check"
    DESCRIBE_VEHICLE = "describe_vehicle"
    NAME_PAYOUT = "name_payout"
    ACCEPT_DOCUMENT = "accept_document"
    REFUSE_DOCUMENT = "refuse_document"
    ACTIVATE = "activate"
    DECLINE = "decline"


class DocumentKind(StrEnum):
    DRIVING_LICENCE = "driving_licence"
    INSURANCE = "insurance"
    IDENTITY = "identity"


class TextKind(StrEnum):
    """The disclosure of a background check is a document alone, with no other term in it.

    Source: Fair Credit Reporting Act, 15 U.S.C. 1681b(b)(2)(A): in writing, in a document of the disclosure alone.
    """

    AGREEMENT = "agreement"
    CHECK_DISCLOSURE = "check_disclosure"


EXPIRY_WARNING: Final = timedelta(days=30)
"""How long before a document ends its courier is told."""

SESSION_LENGTH: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the operator, by their user id. Programs have none."""

    user_id: str

    @property
    def label(self) -> str:
        return f"operator:{self.user_id}"


@dataclass(frozen=True, slots=True)
class Particulars:
    """What an applicant says of themselves."""

    name: str
    market_id: str
    vehicle: VehicleKind


@dataclass(frozen=True, slots=True)
class VehicleFacts:
    """As far as the kind of vehicle has them."""

    plate: str = ""
    make: str = ""
    colour: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """A picture of a paper, without the picture. `state`: sent, accepted, refused, replaced."""

    id: str
    application_id: str
    kind: DocumentKind
    expires_on: date
    state: str
    reason: str
    reviewed_by: str | None
    sent_at: datetime


@dataclass(frozen=True, slots=True)
class AgreementText:
    """Exact words that people accept. Never changed: a correction is a new version."""

    id: str
    kind: TextKind
    market_id: str
    jurisdiction: str
    language: str
    text: str
    text_hash: str
    effective_at: datetime
    published_by: str
    published_at: datetime


@dataclass(frozen=True, slots=True)
class Shown:
    """How a consent came about: what was on the screen, and who sent it."""

    version_id: str
    displayed_hash: str
    ip: str
    user_agent: str
    method: str = "tapped"


@dataclass(frozen=True, slots=True)
class Application:
    """One person's way in. `payout_token` is a payment company's name for an account, never a bank number."""

    id: str
    phone: str
    state: State
    market_id: str | None
    name: str
    vehicle: VehicleKind | None
    vehicle_facts: VehicleFacts
    payout_token: str | None = field(repr=False)
    check_result: str | None
    check_note: str
    checked_by: str | None
    courier_id: str | None
    decided_by: str | None
    decision_reason: str
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Dossier:
    """An application with its papers and what was consented to (kinds of text)."""

    application: Application
    documents: tuple[Document, ...]
    consents: frozenset[TextKind]
