"""The courier app with made-up people and parcels, in whichever language `say` speaks."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, Final

from homeward.deliveries.carried.model import TipLine
from homeward.dispatch.model import Offer, OfferState, OfferStop, PayTerm, StopKind, StopRef, WaitAt
from homeward.dispatch.open_offers.model import Invitation, OpenOffer, OpenOfferState, Result
from homeward.dispatch.open_offers.model import Seen as SeenByAll
from homeward.dispatch.record.model import LegRecord, Offered, Record, ShownOffer, Totals, Trip, Way
from homeward.dispatch.route_view import CourierRoute, RouteStopView
from homeward.fleets.couriers.identity.model import Check
from homeward.fleets.couriers.journeys.errors import JourneysOverlap
from homeward.fleets.couriers.journeys.model import Announced, Journey
from homeward.fleets.couriers.model import NamedPerson
from homeward.fleets.couriers.onboarding.model import AgreementText, Dossier, State, TextKind
from homeward.fleets.couriers.standing.model import (
    Case,
    Decision,
    EvidenceKind,
    EvidenceRef,
    Ground,
    Kind,
    PublishedPolicy,
    Step,
    StepType,
)
from homeward.kit.money import Money
from homeward.kit.places import LatLon
from homeward.kit.problems import FieldError, MalformedRequest
from homeward.web.courier.apply_views import apply_page
from homeward.web.courier.journey_views import journeys_page
from homeward.web.courier.rights_views import notices_view, record_view
from homeward.web.courier.views import DoorView, RideView, Seen, ride_view
from homeward.web.forms import Form, refused_form
from homeward.web.stories import formats_of
from homeward.web.translation import Speech
from tests.web import worlds as w
from tests.web.application_gallery import ZOE, a_dossier

Made = tuple[str, Callable[[Speech], Any]]
IDA: Final = NamedPerson("opr_1", "Ida Berger")
WAY: Final = ((47.14, 9.52), (47.15, 9.52), (47.16, 9.52))
NOW: Final = w.minutes(20)


def courier_pages() -> dict[str, Made]:
    """Path to template and view."""
    return {**_rides(), **_doors(), **_quiet(), **_applications()}


def _rides() -> dict[str, Made]:
    template = "courier/ride.html"
    hint = WaitAt("sto_1", "Corner Bakery", LatLon(47.16, 9.52), drive_s=240, saves_s=90)
    waiting = replace(_route(), wait_at=hint)
    on_journey = w.a_courier(journey=_journey(), shift_ends=w.minutes(60))
    busy = (_dropoff(), _pickup(state="later"))
    refused = "The time to answer this offer is over; the next one comes by itself."
    shown: dict[str, Callable[[Speech], RideView]] = {
        "/courier/off": lambda say: _ride(say, courier=w.a_courier(on_duty=False)),
        "/courier": lambda say: _ride(say, route=waiting, told="on"),
        "/courier/over": lambda say: _ride(say, courier=w.a_courier(shift_ends=w.minutes(10)), told="winding_down"),
        "/courier/journey": lambda say: _ride(say, courier=on_journey),
        "/courier/offer": lambda say: _ride(say, offer=_offer()),
        "/courier/open-offers": lambda say: _ride(say, open_offers=_open_offers()),
        "/courier/pickup": lambda say: _ride(say, route=_route(_pickup()), demo=True),
        "/courier/dropoff": lambda say: _ride(say, route=_route(*busy), problem=say(refused)),
        "/courier/give-back": lambda say: _ride(say, route=_route(_give_back())),
        "/courier/take-over": lambda say: _ride(say, route=_route(_pickup(take_over=True))),
    }
    return {path: (template, make) for path, make in shown.items()}


def _ride(say: Speech, *, told: str | None = None, problem: str | None = None, **changes: Any) -> RideView:
    usual: dict[str, Any] = {
        "courier": w.a_courier(),
        "market": w.MARKET,
        "offer": None,
        "route": _route(),
        "now": NOW,
        "speed": 1.0,
        "demo": False,
    }
    asked = {**usual, **changes}
    delivery = w.a_view() if asked["route"].stops else None
    return ride_view(Seen(**asked, next_delivery=delivery, say=say), told=told, problem=problem)


def _route(*stops: RouteStopView) -> CourierRoute:
    return CourierRoute("cou_1", 1, stops, WAY if stops else (), 2_400, 540, Money(620, "CHF"))


def _stop(kind: StopKind, **changes: Any) -> RouteStopView:
    usual: dict[str, Any] = {
        "ref": StopRef("dlv_1", kind),
        "leg_id": "leg_1",
        "state": "next",
        "name": "Corner Bakery" if kind is not StopKind.DROPOFF else "Nora Hasler",
        "phone": "+423 777 12 34",
        "address": "Austrasse 7",
        "unit": "",
        "place": LatLon(47.16, 9.52),
        "instructions": "",
        "eta": w.minutes(45),
        "latest": w.minutes(40),
        "ready_at": None,
        "parcel": {"reference": "WEB-1", "count": 2, "weight_g": 2400, "size": "extra_large", "needs": ["age_check"]},
        "requirements": {},
        "delivery_state": "to_dropoff",
        "acts": (),
    }
    return RouteStopView(**{**usual, **changes})


def _pickup(**changes: Any) -> RouteStopView:
    wanted = {
        "code": True,
        "labels": [{"value": "LABEL-1"}, {"value": "LABEL-2"}],
        "photo": True,
        "signature": True,
        "signer_name": True,
        "signer_relationship": True,
        "show_code": "4711",
        "handshake": "required",
    }
    usual: dict[str, Any] = {
        "acts": ("pick_up", "problem"),
        "requirements": wanted,
        "ready_at": w.minutes(30),
        "delivery_state": "at_pickup",
    }
    return _stop(StopKind.PICKUP, **{**usual, **changes})


def _dropoff() -> RouteStopView:
    wanted = {
        "photo": True,
        "pin": True,
        "pin_strict": True,
        "pin_locked": True,
        "age": {"min_age": 18, "sober": True},
        "handover": "to_person",
        "round_trip": ["WEB-2"],
    }
    parcel = {"reference": "WEB-1", "count": 2, "weight_g": 2400, "size": "small", "restricted": ["alcohol", "heavy"]}
    door = {"building": "apartment", "spot": "front_door", "gate_code": "2580"}
    tip = Money(200, "CHF")
    return _stop(
        StopKind.DROPOFF, acts=("hand_over", "problem"), requirements=wanted, parcel=parcel, door=door, tip=tip
    )


def _give_back() -> RouteStopView:
    wanted = {"pin": True, "show_code": "4711", "handshake": "required", "confirmed": True}
    return _stop(StopKind.RETURN, acts=("return_handed",), requirements=wanted, delivery_state="at_return")


def _offer() -> Offer:
    terms = (
        PayTerm("base", "Base", 250),
        PayTerm("distance", "3.4 km", 140),
        PayTerm("time", "19 min", 120),
        PayTerm("extra_stops", "2 more to deliver", 60),
        PayTerm("floor", "Up to the minimum", 20),
        PayTerm("shown_before", "As shown to you before", 20),
        PayTerm("raised", "10 % more: nobody has taken it yet", 10),
    )
    stops = (
        OfferStop("dlv_1", StopKind.PICKUP, "Corner Bakery", "Städtle 1", LatLon(47.14, 9.52), w.minutes(30), None),
        OfferStop("dlv_1", StopKind.DROPOFF, "", "Austrasse 7", LatLon(47.16, 9.52), w.minutes(44), w.minutes(50)),
    )
    made = w.an_offer("ofr_1", "cou_1", OfferState.OPEN, "dec_1")
    return replace(
        made,
        pay_terms=terms,
        stops=stops,
        goods=("alcohol",),
        weight_g=2_400,
        created_at=NOW,
        expires_at=NOW + timedelta(seconds=40),
    )


def _open_offers() -> tuple[SeenByAll, ...]:
    def seen(number: int, interested: bool, result: Result | None = None) -> SeenByAll:
        market, delivery = w.MARKET.id, w.a_delivery().id
        one = OpenOffer(
            id=f"opn_{number}", market_id=market, delivery_id=delivery, decision_id="dec_1", state=OpenOfferState.OPEN,
            why="waited", basis="", seed="", opened_at=NOW, round=1, terms=None, gathering=True, not_before=NOW,
            ends_at=w.minutes(22),
        )  # fmt: skip
        when = NOW if interested else None
        return SeenByAll(one, Invitation(one.id, 1, _offer(), 240, (), when, result), None)

    results = [seen(10 + number, True, result) for number, result in enumerate(Result)]
    return (seen(1, False), seen(2, True), *results)


def _doors() -> dict[str, Made]:
    def door(step: str, heading: str, error: str = "") -> Callable[[Speech], DoorView]:
        def make(say: Speech) -> DoorView:
            form = Form(problem=say(error)) if error else Form()
            return DoorView(say("Courier"), "route-2", say(heading), step, "+41 79 123 45 67", form, demo=True)

        return make

    wrong = "This code does not fit, or it is too old; ask for a new one."
    return {
        "/courier/sign-in": ("courier/door.html", door("phone", "Sign in")),
        "/courier/code": ("courier/door.html", door("code", "Enter the code", wrong)),
        "/courier/apply": ("courier/apply_door.html", door("phone", "Become a courier")),
        "/courier/apply/code": ("courier/apply_door.html", door("code", "Enter the code")),
    }


def _journey() -> Journey:
    return Journey(LatLon(47.14, 9.52), LatLon(47.16, 9.52), w.minutes(40), w.minutes(75))


def _quiet() -> dict[str, Made]:
    def journeys(found: list[Announced], form: Callable[[Speech], Form], told: str = "") -> Callable[[Speech], Any]:
        return lambda say: journeys_page(w.a_courier(), found, _formats(say), NOW, form(say), say(told) or None)

    announced = Announced("jny_1", "cou_1", _journey(), "Austrasse 7", "Städtle 1", 600, 9_000, False, False)
    open_one = replace(announced, id="jny_2", begun=True)
    overlap = JourneysOverlap("jny_1")
    typed = {"start": "Nowhere 1", "to": "", "leaves_at": "", "detour_min": "15"}
    wrong = MalformedRequest([FieldError("/start", "not-found", "no such place here; add street and town")])
    taken = journeys([], lambda say: refused_form({}, overlap, say=say))
    said = "Announced. An hour before you leave, parcels on your way are offered to you."
    return {
        "/courier/journeys": ("courier/journeys.html", journeys([announced, open_one], lambda _: Form(), said)),
        "/courier/journeys/none": ("courier/journeys.html", taken),
        "/courier/journeys/wrong": (
            "courier/journeys.html",
            journeys([], lambda say: refused_form(typed, wrong, say=say)),
        ),
        "/courier/notices": ("courier/notices.html", lambda say: _notices(say, _cases(), _check())),
        "/courier/notices/paused": ("courier/notices.html", lambda say: _notices(say, (), _check(-60))),
        "/courier/notices/answered": ("courier/notices.html", lambda say: _notices(say, (), _check(answered=True))),
        "/courier/notices/none": ("courier/notices.html", lambda say: _notices(say, (), None)),
        "/courier/record": ("courier/record.html", lambda say: record_view(_record(), _formats(say), NOW)),
        "/courier/record/none": ("courier/record.html", lambda say: record_view(_empty_record(), _formats(say), NOW)),
    }


def _formats(say: Speech) -> Any:
    return formats_of(w.MARKET, say)


def _notices(say: Speech, cases: tuple[Case, ...], check: Check | None) -> Any:
    rules = PublishedPolicy(3, "House rules as published.", w.minutes(-60), w.minutes(-30), IDA)
    return notices_view(cases, check, [rules], _formats(say), NOW)


def _check(until: float = 60, *, answered: bool = False) -> Check:
    answered_at = NOW if answered else None
    return Check("chk_1", "cou_1", "d", 0, w.NOON, w.NOON, w.minutes(20 + until), answered_at)


def _cases() -> tuple[Case, ...]:
    seen_there = (EvidenceRef(EvidenceKind.DELIVERY, "dlv_1", "No photo"),)
    appealed = Step(StepType.APPEALED, w.minutes(5), "I stood there", due_at=w.minutes(90))
    made = Decision(
        "std_1", "cou_1", Kind.RESTRICTION, Ground.NOT_DELIVERED, "It never came", seen_there, 3, w.NOON, None,
        w.NOON + timedelta(days=30), IDA,
    )  # fmt: skip
    warned = replace(made, id="std_2", kind=Kind.WARNING, ground=Ground.UNSAFE_RIDING)
    over = replace(made, id="std_3", kind=Kind.DEACTIVATION, ends_at=w.minutes(10))
    lifted = Step(StepType.LIFTED, w.minutes(8), "It was somebody else", by=IDA)
    return Case(made, (appealed,)), Case(warned), Case(over, (replace(appealed, at=w.minutes(4)), lifted))


def _shown(decision: OfferState) -> ShownOffer:
    answered = w.minutes(1) if decision in (OfferState.ACCEPTED, OfferState.DECLINED) else None
    terms = (PayTerm("base", "Base", 250), PayTerm("distance", "3.4 km", 140))
    return ShownOffer(
        "ofr_1", w.NOON, w.minutes(2), decision, answered, ("dlv_1",), Money(620, "CHF"), terms, 3_400, 1_140
    )


def _record() -> Record:
    leg = LegRecord(
        "leg_1", "dlv_1", "merchant", "delivered", "Corner Bakery", w.MARKET.id, LatLon(47.14, 9.52), "bicycle",
        w.minutes(1), w.minutes(6), w.minutes(8), w.minutes(9), w.minutes(17), w.minutes(19), "cou_1", 1_080, 60,
        Way(1_200, 2_300), Money(620, "CHF"), (TipLine(w.minutes(19), Money(200, "CHF")),),
    )  # fmt: skip
    totals = Totals(1, 1, 1_080, 60, (Money(620, "CHF"),), (Money(200, "CHF"),), Offered(4, 1, 1, 1, 1))
    others = tuple(_shown(state) for state in (OfferState.DECLINED, OfferState.EXPIRED, OfferState.WITHDRAWN))
    trips = (Trip(_shown(OfferState.ACCEPTED), (leg,)), Trip(None, (leg,)))
    return Record("cou_1", w.NOON - timedelta(days=30), NOW, trips, others, totals)


def _empty_record() -> Record:
    return Record("cou_1", w.NOON, NOW, (), (), Totals(0, 0, 0, 0, (), (), Offered(0, 0, 0, 0, 0)))


def _applications() -> dict[str, Made]:
    def at(state: State, *, text: bool = True) -> Callable[[Speech], Any]:
        def make(say: Speech) -> Any:
            dossier: Dossier = a_dossier(state=state, decision_reason="We have no work in your town yet.")
            kind = {State.AGREEMENT: TextKind.AGREEMENT, State.CHECK: TextKind.CHECK_DISCLOSURE}.get(state)
            read = _text(kind) if kind and text else None
            told = say("Sent. Somebody will look at it.")
            return apply_page(dossier, read, [w.MARKET], _formats(say), NOW, Form(), told)

        return make

    def wrong(say: Speech) -> Any:
        errors = [FieldError("/name", "missing", "say your name, as your papers have it")]
        form = refused_form({"name": ""}, MalformedRequest(errors), say=say)
        dossier = Dossier(replace(ZOE, state=State.STARTED, name="", vehicle=None), (), frozenset())
        return apply_page(dossier, None, [w.MARKET], _formats(say), NOW, form, None)

    template = "courier/apply.html"
    steps = {f"/courier/apply/{state.value}": (template, at(state)) for state in State}
    soon = replace(a_dossier().documents[0], expires_on=date(2026, 3, 20))
    ending = Dossier(replace(ZOE, state=State.ACTIVE), (soon,), frozenset())
    return {
        **steps,
        "/courier/apply/wrong": (template, wrong),
        "/courier/apply/no-text": (template, at(State.AGREEMENT, text=False)),
        "/courier/apply/ends-soon": (
            template,
            lambda say: apply_page(ending, None, [w.MARKET], _formats(say), NOW, Form(), None),
        ),
    }


def _text(kind: TextKind) -> AgreementText:
    return AgreementText(
        "txt_1", kind, w.MARKET.id, "LI", "en", "House rules as published.", "ab12cd34ef56" * 5, w.NOON, "Ida", w.NOON
    )
