"""The shopper's page in every state, and each thing that a shopper may do, with made-up people and parcels."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, Final

from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse

from homeward.deliveries.feedback.model import Feedback
from homeward.deliveries.model import DeliveryView
from homeward.deliveries.shopper.model import Possible
from homeward.deliveries.shopper.policy import times_to_choose
from homeward.deliveries.states import State
from homeward.merchants.model import Brand, ShopperRights
from homeward.quotes.model import QuoteOption, ServiceClass
from homeward.web.console.live import sse
from homeward.web.forms import Form
from homeward.web.portal.brand_views import tried_brand
from homeward.web.render import Pages
from homeward.web.tracking.act_phrases import ACTS
from homeward.web.tracking.act_views import (
    ICONS,
    About,
    ActPage,
    act_page,
    acts_view,
    details_form,
    leave_extras,
    leave_form,
    pin_extras,
    report_extras,
    time_extras,
)
from homeward.web.tracking.phrases import LANGUAGES
from homeward.web.tracking.sample_views import SAMPLES, sample_view
from homeward.web.tracking.views import (
    NothingView,
    Notice,
    Seen,
    TrackingView,
    formats_for,
    shared_view,
    tracking_view,
)
from tests.deliveries.world import PHOTO
from tests.web import worlds as w
from tests.web.portal_gallery import an_option

NOW: Final = w.minutes(20)
BEFORE: Final = Possible(details=True, pin=True, leave=True, time=True, cancel=True, share=True)
AFTER: Final = Possible(tip=True, rating=True, report=True)
RATED: Final = Feedback("fbk_1", "dlv_1", 4, "", w.NOON)


def about(lang: str) -> About:
    return About(w.a_merchant().brand, w.MARKET, lang, formats_for(w.MARKET, lang), NOW)


def a_page(state: State, lang: str, **changes: Any) -> TrackingView:
    view = w.a_view(w.a_delivery(1, state, **changes))
    seen = Seen(w.a_merchant().brand, w.MARKET, w.a_courier(position_at=w.NOON), w.proofs(), None, NOW)
    return tracking_view(view, seen, lang)


def with_acts(state: State, lang: str, possible: Possible, rated: Feedback | None = None, **more: Any) -> TrackingView:
    acts = acts_view(w.a_delivery(1, state), possible, rated, about(lang))
    return replace(a_page(state, lang), acts=acts, **more)


def pages_of(lang: str) -> dict[str, Callable[[], TrackingView]]:
    """By the last part of the path."""
    say = ACTS[lang]
    late = Notice("bad", say.refused["fields-locked"])
    states = {str(state): partial(a_page, state, lang) for state in State}
    return {
        **states,
        "confirm": lambda: a_page(State.SEARCHING, lang, attention="confirm_address"),
        "before": lambda: with_acts(State.SCHEDULED, lang, BEFORE),
        "saved": lambda: with_acts(State.SCHEDULED, lang, BEFORE, notice=Notice("ok", say.told["details"])),
        "refused": lambda: with_acts(State.TO_DROPOFF, lang, BEFORE, notice=late),
        "after": lambda: with_acts(State.DELIVERED, lang, AFTER),
        "rated": lambda: with_acts(State.DELIVERED, lang, AFTER, RATED),
        "shared": lambda: shared_view(a_page(State.TO_DROPOFF, lang), "sharedtoken"),
    }


def acts_of(lang: str) -> dict[str, Callable[[], ActPage]]:
    here = about(lang)
    view = w.a_view(w.a_delivery(1, State.SCHEDULED))
    say = here.say
    extras: dict[str, Callable[[], dict[str, Any]]] = {
        "pin": lambda: pin_extras(view, here),
        "leave": lambda: leave_extras(view, here),
        "time": lambda: time_extras(view, free_times(view), here),
        "report": lambda: report_extras(here),
        "share": lambda: {"link": "https://track.muellers.example/t/7t2zk3w9c4"},
    }
    forms = {"details": details_form(view), "leave": leave_form(view)}

    def page(name: str) -> ActPage:
        return act_page(name, view, here, forms.get(name, Form()), **extras.get(name, dict)())

    refused = Form({"leave": "neighbour", "neighbour": ""}, {"neighbour": say.wrong})
    return {
        **{name: partial(page, name) for name in ICONS},
        "time/none": lambda: act_page("time", view, here, Form(), **time_extras(view, [], here)),
        "pin/refused": lambda: replace(page("pin"), form=Form({}, {}, say.refused["new-quote-needed"])),
        "leave/refused": lambda: replace(page("leave"), form=refused, chosen="neighbour"),
    }


def free_times(view: DeliveryView) -> list[QuoteOption]:
    """Four windows of the next hours, the last two dearer."""
    price = view.delivery.total
    options = [
        an_option(hour, ServiceClass.SCHEDULED, 60 * hour, 60 * (hour + 2), price.minor + max(0, hour - 4) * 150)
        for hour in (2, 4, 6, 24)
    ]
    return list(times_to_choose(options, view.delivery, ShopperRights(dearer_time=True)))


def add_tracking(app: FastAPI, pages: Pages) -> None:
    """`/t-LANG/…`: one address a page, so that each can be opened and looked at."""

    def answer(request: Request, template: str, view: Any, lang: str) -> HTMLResponse:
        skip = LANGUAGES[lang].skip
        return pages.page(
            request, f"tracking/{template}", view, for_shopper=True, face="tracking", lang=lang, skip=skip
        )

    @app.get("/t/{token}/photos/{photo}")
    async def photo(token: str, photo: str) -> Response:
        return Response(PHOTO.content, media_type="image/jpeg")

    @app.get("/t/{token}/live")
    async def live(token: str) -> Response:
        return Response(sse("hello", {}), media_type="text/event-stream")

    def show(path: str, template: str, lang: str, make: Callable[[], Any]) -> None:
        @app.get(path)
        async def page(request: Request) -> HTMLResponse:
            return answer(request, template, make(), lang)

    for lang, words in LANGUAGES.items():
        for name, make in pages_of(lang).items():
            show(f"/t-{lang}/{name}", "page.html", lang, make)
        for name, act in acts_of(lang).items():
            show(f"/t-{lang}/act/{name}", "act.html", lang, act)
        show(f"/t-{lang}/nothing", "nothing.html", lang, partial(NothingView, lang, words, words.nothing, "search"))


def add_samples(app: FastAPI, pages: Pages) -> None:
    """The pages that the brand studio frames."""

    @app.get("/portal/brand/sample")
    async def sample(request: Request, state: str, lang: str, look: str) -> HTMLResponse:
        asked = dict(request.query_params)
        brand = tried_brand(Brand("Bakery"), asked)
        formats = formats_for(w.MARKET, lang)
        view = sample_view(brand, SAMPLES[state], lang, formats, w.NOON, store="Bakery", address="12 Elm Street")
        skip = LANGUAGES[lang].skip
        return pages.page(
            request,
            "tracking/page.html",
            view,
            framing="held",
            face="tracking",
            lang=lang,
            skip=skip,
            theme=look,
            still=True,
        )


def tracking_paths() -> list[str]:
    return [
        f"/t-{lang}/{name}"
        for lang in LANGUAGES
        for name in (*pages_of(lang), *(f"act/{act}" for act in acts_of(lang)), "nothing")
    ]
