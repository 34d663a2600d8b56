"""Applications of couriers for the gallery."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

from homeward.fleets.couriers.model import VehicleKind
from homeward.fleets.couriers.onboarding.model import (
    Application,
    Document,
    DocumentKind,
    Dossier,
    State,
    TextKind,
    VehicleFacts,
)
from homeward.web import stories
from homeward.web.console import application_views
from homeward.web.forms import Form
from tests.web import worlds as w

ZOE = Application(
    id="app_01k9zoe",
    phone="+41791234567",
    state=State.REVIEW,
    market_id=w.MARKET.id,
    name="Zoe Maria Hilti-Frommelt",
    vehicle=VehicleKind.CAR,
    vehicle_facts=VehicleFacts("FL 12345", "Fiat Panda", "blue"),
    payout_token="acct_1NvTq2LkdIwHu7ix",
    check_result=None,
    check_note="",
    checked_by=None,
    courier_id=None,
    decided_by=None,
    decision_reason="",
    created_at=w.NOON,
    updated_at=w.minutes(12),
)


def a_dossier(**changes: Any) -> Dossier:
    def paper(number: int, kind: DocumentKind, state: str, reason: str = "") -> Document:
        return Document(f"doc_{number}", ZOE.id, kind, date(2028, 5, 31), state, reason, None, w.minutes(number))

    papers = (
        paper(1, DocumentKind.DRIVING_LICENCE, "accepted"),
        paper(2, DocumentKind.INSURANCE, "sent"),
        paper(3, DocumentKind.IDENTITY, "refused", "The name cannot be read; please take it in daylight."),
    )
    return Dossier(replace(ZOE, **changes), papers, frozenset({TextKind.AGREEMENT}))


def application_pages() -> dict[str, tuple[str, Callable[[], Any]]]:
    """Path to template and view."""
    formats = stories.formats_of(w.MARKET)
    people = [replace(ZOE, id=f"app_{n}", name=f"Applicant {n}", state=state) for n, state in enumerate(State)]
    names, ways = {w.MARKET.id: w.MARKET.name}, {w.MARKET.id: formats}
    wrong = Form({"reason": "", "note": ""}, {"reason": "say why; the applicant reads it"})

    def listed(found: list[Application], state: str = "") -> Any:
        return lambda: application_views.applications_view(found, names, ways, w.minutes(20), state)

    def one(dossier: Dossier, form: Form) -> Any:
        return lambda: application_views.application_view(dossier, w.MARKET.name, formats, w.minutes(20), form)

    declined = a_dossier(state=State.DECLINED, decision_reason="We have no work in your town yet.")
    return {
        "/console/applications": ("applications.html", listed([ZOE, *people])),
        "/console/applications/none": ("applications.html", listed([])),
        "/console/applications/nothing-fits": ("applications.html", listed([], "review")),
        "/console/application": ("application.html", one(a_dossier(), Form())),
        "/console/application/refused": ("application.html", one(a_dossier(), wrong)),
        "/console/application/declined": ("application.html", one(declined, Form())),
    }
