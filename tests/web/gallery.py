"""Every page with made-up people and parcels, without any service: for tests, and to look at.

`python -m tests.web.gallery PORT [DATA_DIR]` serves them; with a data folder the maps have a town under the pins.
"""

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse

from homeward.deliveries.states import OPEN, State
from homeward.dispatch.desk.model import SavedFilter
from homeward.infra.operators import WrongCredentials
from homeward.kit.problems import NotFound
from homeward.routing.tiles import tile_router
from homeward.web import stories
from homeward.web.console import outside_views, people_views, promise_views, story_views, views
from homeward.web.console.live import sse
from homeward.web.console.pages import FACE
from homeward.web.forms import Form, refused_form
from homeward.web.languages import language_router
from homeward.web.render import Pages
from homeward.web.shell import Frame, at, problem_page, sign_in_page
from homeward.web.static_files import assets_app
from homeward.web.translation import Speech
from tests.deliveries.world import PHOTO
from tests.web import worlds as w
from tests.web.application_gallery import application_pages
from tests.web.courier_gallery import courier_pages
from tests.web.desk_gallery import desk_pages
from tests.web.fleet_gallery import fleet_pages, machines_part
from tests.web.portal_gallery import a_join, portal_frame, portal_pages
from tests.web.route_gallery import route_pages
from tests.web.tracking_gallery import add_samples, add_tracking

Shown = tuple[str, Any]


def story_facts(**changes: Any) -> story_views.StoryFacts:
    facts = story_views.StoryFacts(
        view=w.a_view(),
        market=w.MARKET,
        events=w.events(),
        legs=[w.a_leg()],
        proofs=w.proofs(),
        explanation=w.an_explanation(),
        couriers=[w.a_courier(number) for number in range(1, 6)],
        route=None,
        messages=outside_views.message_items(w.messages()[:1], stories.formats_of(w.MARKET), w.minutes(20)),
        webhooks=(),
        names={"cou_1": "Bo Lindqvist", "key_1": "Web shop"},
        tracking_url="http://muellers.localhost/t/token1",
        may_act=True,
    )
    return replace(facts, **changes)


def board(crowded: bool) -> views.BoardView:
    deliveries = [view for view in w.every_state() if view.delivery.state in OPEN] if crowded else []
    if crowded:
        deliveries += [w.a_view(w.a_delivery(number, State.TO_DROPOFF)) for number in range(40, 70)]
    couriers = [w.a_courier(number) for number in range(1, 30)] if crowded else []
    stores = [w.a_store()]
    choices = views.choices([w.MARKET], [w.a_merchant()], stores)
    return views.board(w.MARKET, deliveries, couriers, stores, views.Filters(), choices, w.minutes(20))


EVERYTHING = views.Filters()


def deliveries(crowded: bool, asked: views.Filters = EVERYTHING) -> views.ListView:
    formats = stories.formats_of(w.MARKET)
    found = w.every_state() if crowded else []
    items = tuple(views.delivery_item(view, formats, w.minutes(20)) for view in found)
    choices = views.choices([w.MARKET], [w.a_merchant()], [w.a_store()])
    saved = (SavedFilter("flr_1", "Late at the town hall", "attention=on"),) if crowded else ()
    acts = tuple(views.BULK.items())
    return views.ListView(asked, choices, items, "?cursor=x" if crowded else None, None, saved, "attention=on", acts)


def couriers(crowded: bool) -> people_views.CouriersView:
    found = [w.a_courier(number) for number in range(1, 14)] if crowded else []
    found += [w.a_courier(14, on_duty=False), w.a_courier(15, contact_lost_at=w.NOON)] if crowded else []
    formats = {w.MARKET.id: stories.formats_of(w.MARKET)}
    return people_views.couriers_page(
        found, {"cou_1": 2, "cou_4": 1}, formats, w.minutes(1), text="", only="", may_create=True
    )


WRONG = Form(
    {"name": "", "phone": "12", "vehicle": "bicycle", "market_id": "mkt_1", "max_deliveries": "99", "skills": ""},
    {"name": "give the courier's name", "phone": "this is no phone number; begin with + and the country"},
)


def console_pages() -> dict[str, tuple[str, Callable[[], Any]]]:
    """Path to template and view."""
    formats = stories.formats_of(w.MARKET)
    return {
        "/console": ("board.html", lambda: board(True)),
        "/console/empty": ("board.html", lambda: board(False)),
        "/console/deliveries": ("deliveries.html", lambda: deliveries(True)),
        "/console/deliveries/none": ("deliveries.html", lambda: deliveries(False)),
        "/console/deliveries/nothing-fits": ("deliveries.html", lambda: deliveries(False, views.Filters(text="zzz"))),
        **story_pages(),
        "/console/couriers": ("couriers.html", lambda: couriers(True)),
        "/console/couriers/none": ("couriers.html", lambda: couriers(False)),
        "/console/couriers/new": ("courier_new.html", lambda: people_views.new_courier_page([w.MARKET], Form())),
        "/console/couriers/wrong": ("courier_new.html", lambda: people_views.new_courier_page([w.MARKET], WRONG)),
        "/console/courier": (
            "courier.html",
            lambda: people_views.courier_page(w.a_courier(), w.MARKET, None, [w.a_view()], w.minutes(20)),
        ),
        **_merchant_pages(),
        "/console/markets": (
            "markets.html",
            lambda: people_views.MarketsView((people_views.market_card(w.MARKET, 12, 31),)),
        ),
        "/console/markets/none": ("markets.html", lambda: people_views.MarketsView(())),
        "/console/market": (
            "market.html",
            lambda: people_views.market_page(w.MARKET, [w.AREA], w.TARIFF, w.minutes(20), may_change=True, form=Form()),
        ),
        **promise_pages(),
        **fleet_pages(),
        **application_pages(),
        **route_pages(),
        **desk_pages(),
        "/console/mailbox": ("mailbox.html", lambda: outside_views.mailbox(w.messages(), formats, w.minutes(20))),
    }


def _merchant_pages() -> dict[str, tuple[str, Callable[[], Any]]]:
    formats = stories.formats_of(w.MARKET)
    merchant = w.a_merchant()
    return {
        "/console/merchants": (
            "merchants.html",
            lambda: people_views.MerchantsView(
                (people_views.merchant_item(merchant, 2, formats, w.minutes(20)),), True
            ),
        ),
        "/console/merchants/none": ("merchants.html", lambda: people_views.MerchantsView((), True)),
        "/console/merchants/new": ("merchant_new.html", lambda: people_views.NewMerchantView(Form())),
        "/console/merchants/made": (
            "merchant_made.html",
            lambda: people_views.MerchantMadeView("Müller's Bakery", "mer_1", "sk_live_abc", "sk_test_abc", "o@x.org"),
        ),
        "/console/merchant": (
            "merchant.html",
            lambda: people_views.merchant_page(merchant, [w.a_store()], w.every_state()[:6], formats, w.minutes(20)),
        ),
    }


def story_pages() -> dict[str, tuple[str, Callable[[], Any]]]:
    """A delivery with a courier, one that a machine has, and one that nobody has yet."""
    machines = machines_part()
    return {
        "/console/story": ("story.html", lambda: story_views.story(story_facts(), Form(), w.minutes(20))),
        "/console/story/machine": (
            "story.html",
            lambda: story_views.story(
                story_facts(
                    view=w.a_view(w.a_delivery(3, State.TO_DROPOFF, courier_id="mac_0")),
                    legs=[w.a_leg(courier_id="mac_0")],
                    machines=machines,
                ),
                Form(),
                w.minutes(20),
            ),
        ),
        "/console/story/new": (
            "story.html",
            lambda: story_views.story(
                story_facts(
                    view=w.a_view(w.a_delivery(2, State.SEARCHING, attention="no_courier")),
                    events=w.events()[:2],
                    legs=[],
                    proofs=[],
                    explanation=None,
                    messages=(),
                ),
                Form({"reason": ""}, {"reason": "say why; it stands in the record"}),
                w.minutes(20),
            ),
        ),
    }


def promise_pages() -> dict[str, tuple[str, Callable[[], Any]]]:
    """A market that has learned, one that is about to, and one that has just begun."""
    template = "promises.html"
    return {
        "/console/promises": (template, lambda: promise_views.promises_page(w.promises_kept(), w.minutes(20))),
        "/console/promises/learning": (
            template,
            lambda: promise_views.promises_page(w.promises_kept(learned=False), w.minutes(20)),
        ),
        "/console/promises/none": (
            template,
            lambda: promise_views.promises_page(w.promises_kept(ended=False, learned=False), w.minutes(20)),
        ),
    }


def console_frame(path: str, told: str | None = None) -> Frame:
    return Frame(
        FACE.title,
        "Delivery network",
        FACE.mark,
        FACE.home,
        "/console/sign-out",
        w.ADMIN.name,
        "Admin",
        at(views.with_exceptions((*views.LINKS, views.MAILBOX_LINK), 9), path),
        told,
        "/console/search",
    )


def _add_blank_tiles(app: FastAPI) -> None:
    @app.get("/tiles/{slug}/style.json")
    async def style(slug: str) -> dict[str, Any]:
        """An empty map: the pins stand on plain ground."""
        return {"version": 8, "name": slug, "sources": {}, "layers": []}


def _add_photos(app: FastAPI) -> None:
    @app.get("/console/deliveries/{delivery_id}/proofs/{proof_id}")
    @app.get("/portal/deliveries/{delivery_id}/proofs/{proof_id}")
    async def proof(delivery_id: str, proof_id: str) -> Response:
        return Response(PHOTO.content, media_type="image/jpeg")


def _show_courier(app: FastAPI, pages: Pages) -> None:
    """The face that speaks its reader's language, and what its scripts ask for."""

    @app.get("/courier/worker.js")
    async def worker() -> Response:
        return Response("", media_type="text/javascript", headers={"Service-Worker-Allowed": "/courier"})

    @app.get("/v1/courier/offer", status_code=204)
    async def no_offer() -> None:
        return None

    def show(path: str, template: str, make: Callable[[Speech], Any]) -> None:
        @app.get(path)
        async def page(request: Request) -> HTMLResponse:
            return pages.page(request, template, make(pages.say(request)), face="courier")

    for path, (template, make) in courier_pages().items():
        show(path, template, make)


def _show_doors(app: FastAPI, pages: Pages) -> None:
    @app.get("/console/sign-in")
    async def sign_in(request: Request, wrong: bool = False) -> Response:
        form = refused_form({"email": "ida@example.org"}, WrongCredentials(), say=pages.say(request)) if wrong else None
        return sign_in_page(pages, request, FACE, next_path=FACE.home, form=form)

    @app.get("/console/missing")
    async def missing(request: Request) -> Response:
        return problem_page(pages, request, FACE, NotFound("delivery", "dlv_x"))

    @app.get("/portal/join")
    async def join(request: Request, ended: bool = False) -> Response:
        return pages.page(request, "join.html", a_join(pages.say(request), ended=ended), face="portal")


def gallery(pages: Pages, data_dir: Path | None = None) -> FastAPI:
    app = FastAPI()
    app.mount("/assets", assets_app())
    app.include_router(language_router())
    if data_dir is not None:
        app.include_router(tile_router(data_dir))
    else:
        _add_blank_tiles(app)

    _add_photos(app)

    @app.get("/console/live")
    async def live() -> Response:
        return Response(sse("snapshot", snapshot()), media_type="text/event-stream")

    def snapshot() -> Any:
        deliveries = [view for view in w.every_state() if view.delivery.state in OPEN]
        people = [w.a_courier(number) for number in range(1, 30)]
        people.append(w.a_courier(31, contact_lost_at=w.NOON))
        return views.live_snapshot(people, deliveries, stories.formats_of(w.MARKET), w.minutes(20))

    _show_doors(app, pages)

    def show(path: str, template: str, make: Callable[[], Any]) -> None:
        @app.get(path)
        async def page(request: Request) -> HTMLResponse:
            return pages.page(request, f"console/{template}", make(), face="console", frame=console_frame(path))

    def show_portal(path: str, template: str, make: Callable[[], Any]) -> None:
        @app.get(path)
        async def page(request: Request) -> HTMLResponse:
            frame = portal_frame(path, "test" if path == "/portal/empty" else "live")
            framing: Any = "holds" if template == "brand.html" else "none"
            return pages.page(request, f"portal/{template}", make(), face="portal", frame=frame, framing=framing)

    add_tracking(app, pages)
    add_samples(app, pages)
    for path, (template, make) in console_pages().items():
        show(path, template, make)

    for path, (template, make) in portal_pages().items():
        show_portal(path, template, make)
    _show_courier(app, pages)
    return app


if __name__ == "__main__":
    import uvicorn

    folder = Path(sys.argv[2]) if len(sys.argv) > 2 else None
    uvicorn.run(gallery(Pages(), folder), host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
