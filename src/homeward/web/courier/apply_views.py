"""An applicant's way in, as its page shows it: what is done, what is asked now, what comes after. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final

from homeward.coverage.model import Market
from homeward.fleets.couriers.model import VEHICLES, VehicleKind
from homeward.fleets.couriers.onboarding import policy
from homeward.fleets.couriers.onboarding.model import AgreementText, Document, DocumentKind, Dossier, State
from homeward.web import words
from homeward.web.format import Formats
from homeward.web.forms import Form
from homeward.web.translation import N_, Speech
from homeward.web.words import Word

DOCUMENTS: Final[Mapping[DocumentKind, str]] = {
    DocumentKind.DRIVING_LICENCE: N_("Driving licence"),
    DocumentKind.INSURANCE: N_("Insurance of the vehicle"),
    DocumentKind.IDENTITY: N_("Passport or identity card"),
}
DOCUMENT_STATES: Final = {
    "sent": Word("Being looked at", "clock", "info"),
    "accepted": Word("Accepted", "circle-check", "ok"),
    "refused": Word("Not accepted", "circle-x", "bad"),
}
ENDS_SOON: Final = Word("Ends soon", "alert-triangle", "warn")
_TO_SEND: Final = Word("To be sent", "circle")
_STEPS: Final = (
    (State.STARTED, N_("Who you are")),
    (State.DOCUMENTS, N_("Your documents")),
    (State.AGREEMENT, N_("The agreement")),
    (State.CHECK, N_("Background check")),
    (State.VEHICLE, N_("Your vehicle")),
    (State.PAYOUT, N_("Where your pay goes")),
    (State.REVIEW, N_("Somebody looks at it")),
)
_ORDER: Final = [state for state, _ in _STEPS]


@dataclass(frozen=True, slots=True)
class StepItem:
    label: str
    done: bool
    now: bool


@dataclass(frozen=True, slots=True)
class PaperItem:
    """One kind of document: the last one sent, if any; `asked` if it is to be sent now."""

    kind: str
    label: str
    state: Word
    ends: str
    reason: str
    asked: bool


@dataclass(frozen=True, slots=True)
class ApplyPage:
    """`text` is what is to be read now; its hash goes back with the consent."""

    state: str
    steps: tuple[StepItem, ...]
    name: str
    papers: tuple[PaperItem, ...]
    text: AgreementText | None
    markets: tuple[tuple[str, str], ...]
    vehicles: tuple[tuple[str, str], ...]
    reason: str
    form: Form
    told: str | None


def apply_page(
    dossier: Dossier,
    text: AgreementText | None,
    markets: Sequence[Market],
    formats: Formats,
    now: datetime,
    form: Form,
    told: str | None,
) -> ApplyPage:
    application = dossier.application
    at = _ORDER.index(application.state) if application.state in _ORDER else len(_ORDER)
    return ApplyPage(
        state=application.state.value,
        steps=tuple(StepItem(label, number < at, number == at) for number, (_, label) in enumerate(_STEPS)),
        name=application.name,
        papers=papers(application.vehicle, dossier.documents, formats, now),
        text=text,
        markets=tuple((market.id, market.name) for market in markets),
        vehicles=tuple((kind.value, _vehicle(kind, formats.say)) for kind in VehicleKind),
        reason=application.decision_reason,
        form=form,
        told=told,
    )


def papers(
    vehicle: VehicleKind | None, documents: Sequence[Document], formats: Formats, now: datetime
) -> tuple[PaperItem, ...]:
    """Each kind that this vehicle asks for, with the newest picture of it."""
    if vehicle is None:
        return ()
    return tuple(_paper(kind, documents, formats, now) for kind in sorted(policy.required(vehicle)))


def _paper(kind: DocumentKind, documents: Sequence[Document], formats: Formats, now: datetime) -> PaperItem:
    sent = [one for one in documents if one.kind is kind and one.state != "replaced"]
    newest = max(sent, key=lambda one: one.sent_at, default=None)
    if newest is None:
        return PaperItem(kind.value, formats.say(DOCUMENTS[kind]), _TO_SEND, "", "", asked=True)
    ends_soon = newest.state == "accepted" and policy.ends_soon(policy.ends_at(newest.expires_on), now)
    state = ENDS_SOON if ends_soon else DOCUMENT_STATES[newest.state]
    asked = newest.state == "refused" or ends_soon
    ends = day(newest.expires_on, formats)
    return PaperItem(kind.value, formats.say(DOCUMENTS[kind]), state, ends, newest.reason, asked)


def day(expires_on: date, formats: Formats) -> str:
    return formats.date(datetime(expires_on.year, expires_on.month, expires_on.day, 12, tzinfo=UTC))


def _vehicle(kind: VehicleKind, say: Speech) -> str:
    name = say(words.VEHICLE[kind.value].label)
    return say("%(vehicle)s – up to %(kg)s kg", vehicle=name, kg=VEHICLES[kind].capacity_g // 1000)
