"""The exceptions queue in its states, for the gallery."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from homeward.deliveries.model import State
from homeward.dispatch.desk.model import MESSAGE_FAILED, Care, Trouble
from homeward.dispatch.desk.search import Hit, Results
from homeward.messages.failures import Failure
from homeward.web.console.bulk_pages import DONE, REFUSED, BulkItem, BulkView
from homeward.web.console.exception_views import Around, ExceptionsView, exceptions_page
from homeward.web.console.search_pages import search_page
from homeward.web.console.worklist import Found, delivery_trouble
from tests.web import worlds as w

Made = dict[str, tuple[str, Callable[[], Any]]]


def desk_pages() -> Made:
    return {
        "/console/exceptions": ("exceptions.html", lambda: exceptions(crowded=True)),
        "/console/exceptions/none": ("exceptions.html", lambda: exceptions(crowded=False)),
        "/console/exceptions/refused": (
            "exceptions.html",
            lambda: replace(exceptions(crowded=True), problem="Nothing was done. It was picked up already."),
        ),
        "/console/bulk": ("bulk.html", lambda: BULK_DONE),
        "/console/search": ("search.html", lambda: search_page("nora", FOUND)),
        "/console/search/none": ("search.html", lambda: search_page("zzz", Results())),
        "/console/search/short": ("search.html", lambda: search_page("", Results())),
    }


BULK_DONE = BulkView(
    "Cancel",
    "The store is flooded",
    (
        BulkItem("/console/deliveries/dlv_2", "000002", "Austrasse 7, 9490 Vaduz", REFUSED, "It is picked up."),
        BulkItem("/console/deliveries/dlv_1", "000001", "Landstrasse 7, 9490 Vaduz", DONE, ""),
    ),
    "/console/deliveries",
)
FOUND = Results(
    deliveries=(Hit("delivery", "dlv_1", "Landstrasse 7, 9490 Vaduz", "4711 · Nora Hasler", state="to_dropoff"),),
    couriers=(Hit("courier", "cou_1", "Nora Bauer", "+41790000001"),),
    vehicles=(Hit("vehicle", "mac_1", "NORA-7", "Tricycles", "flt_1"),),
    more=True,
)


def exceptions(*, crowded: bool) -> ExceptionsView:
    """Every code once or so, one taken, one put off; or none."""
    flagged = [
        (State.SEARCHING, "no_courier"),
        (State.SEARCHING, "confirm_address"),
        (State.TO_DROPOFF, "damaged"),
        (State.TO_DROPOFF, "courier_lost_contact"),
        (State.AT_PICKUP, "not_ready"),
        (State.AT_DROPOFF, "nobody_there"),
        (State.TO_PICKUP, None),
        (State.AT_RETURN, "return_refused"),
    ]
    made = [
        w.a_view(w.a_delivery(number, state, attention=code)) for number, (state, code) in enumerate(flagged, start=60)
    ]
    views = {view.delivery.id: view for view in made} if crowded else {}
    failure = Failure("msg_1", "+41 79 000 00 00", "The number does not exist", w.NOON, "mer_1", "dlv_1")
    troubles = [delivery_trouble(view, w.minutes(5)) for view in views.values()]
    cares = {}
    if crowded:
        troubles.append(Trouble("msg_1", MESSAGE_FAILED, w.NOON))
        first, second = troubles[0], troubles[1]
        cares[first.subject, first.code] = Care(
            first.subject, first.code, "opr_sam", "Sam Ruiz", w.minutes(18), None, ""
        )
        until = w.minutes(20) + timedelta(minutes=30)
        cares[second.subject, second.code] = Care(
            second.subject, second.code, "opr_ida", "Ida Berger", w.minutes(18), until, "The store calls back"
        )
    found = Found(tuple(troubles), views, {}, {"msg_1": failure}, cares)
    couriers = [w.a_courier(number) for number in range(1, 6)]
    around = Around({w.MARKET.id: w.MARKET}, {"sto_1": w.a_store()}, couriers, w.ADMIN.user_id, may_act=True)
    return exceptions_page(found, around, w.minutes(20))
