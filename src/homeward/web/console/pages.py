"""The console's routes: sign-in, the live board, the list of deliveries. The other pages have files of their own."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Query, Request, Response

from homeward.coverage.model import Market
from homeward.coverage.service import CoverageService
from homeward.deliveries.model import DeliveryFilter, DeliveryView
from homeward.deliveries.service import DeliveriesService
from homeward.deliveries.states import OPEN, State
from homeward.dispatch.desk.search import SearchService
from homeward.dispatch.desk.service import DeskService
from homeward.dispatch.service import DispatchService
from homeward.fleets.autonomous.service import AutonomousService
from homeward.fleets.couriers.service import CouriersService
from homeward.infra.auth import COOKIES, SESSION_LENGTH, Auth, OperatorActor
from homeward.infra.event_log import Tail
from homeward.infra.operators import OperatorsService
from homeward.kit.clock import Clock
from homeward.kit.problems import Problem
from homeward.merchants.service import MerchantsService
from homeward.messages.failures import Failures
from homeward.messages.service import MessagesService
from homeward.messages.webhooks.delivery_log import DeliveryLog
from homeward.quotes.learning import PromiseLearning
from homeward.quotes.service import QuotesService
from homeward.web import forms, stories
from homeward.web.console import outside_views, views
from homeward.web.console.worklist import Worklist
from homeward.web.render import Pages
from homeward.web.security import same_origin
from homeward.web.shell import Face, Frame, at, go, page_route, safe_next, set_session, sign_in_page
from homeward.web.translation import N_

FACE = Face("console", N_("Console"), "route-2", "/console", "/console/sign-in", N_("For the operator's people."))
# A board of more is no board; the list has them all.
BOARD_LIMIT = 200


@dataclass(frozen=True, slots=True)
class ConsoleDoors:
    """Everything the console asks."""

    clock: Clock
    auth: Auth
    operators: OperatorsService
    merchants: MerchantsService
    coverage: CoverageService
    quotes: QuotesService
    promises: PromiseLearning
    deliveries: DeliveriesService
    couriers: CouriersService
    machines: AutonomousService
    dispatch: DispatchService
    messages: MessagesService
    webhooks: DeliveryLog
    desk: DeskService
    failures: Failures
    search: SearchService
    tail: Tail
    mailbox: bool  # messages wait here, because no mail server or text gateway is set up


class Console:
    """What every page of the console needs: who looks, the frame, the doors."""

    def __init__(self, doors: ConsoleDoors, pages: Pages) -> None:
        self.doors = doors
        self.pages = pages
        self.exceptions = Worklist(doors)

    def new_router(self) -> APIRouter:
        return APIRouter(
            prefix="/console",
            include_in_schema=False,
            route_class=page_route(self.pages, FACE),
            dependencies=[Depends(same_origin), Depends(self._count_exceptions)],
        )

    async def _count_exceptions(self, request: Request) -> None:
        """For the sidebar of pages; nothing is read for the door, forms and feeds."""
        page = request.method == "GET" and "/live" not in request.url.path
        signed_in = COOKIES["operator"] in request.cookies
        request.state.exceptions = await self.exceptions.count() if page and signed_in else 0

    def page(
        self, request: Request, template: str, view: object, actor: OperatorActor, *, status: int = 200
    ) -> Response:
        return self.pages.page(
            request, f"console/{template}", view, status=status, face=FACE.name, frame=self._frame(request, actor)
        )

    def _frame(self, request: Request, actor: OperatorActor) -> Frame:
        links = (*views.LINKS, views.MAILBOX_LINK) if self.doors.mailbox else views.LINKS
        return Frame(
            title=FACE.title,
            subtitle="Delivery network",
            mark=FACE.mark,
            home=FACE.home,
            sign_out="/console/sign-out",
            person=actor.name,
            role=actor.role.capitalize(),
            links=at(views.with_exceptions(links, getattr(request.state, "exceptions", 0)), request.url.path),
            told=views.TOLD.get(request.query_params.get("told", "")),
            search="/console/search",
        )

    async def market(self, market_id: str) -> Market | None:
        """The asked one, else the first; None while no market is imported."""
        markets = await self.doors.coverage.markets()
        return next((market for market in markets if market.id == market_id), markets[0] if markets else None)

    async def formats(self) -> dict[str, Any]:
        """Each market's way of writing, by market id."""
        return {market.id: stories.formats_of(market) for market in await self.doors.coverage.markets()}

    async def open_deliveries(self, wanted: DeliveryFilter) -> list[DeliveryView]:
        page = await self.doors.deliveries.list(None, wanted, limit=BOARD_LIMIT)
        return list(page.items)


def asked_filters(
    market: str = "",
    state: str = "",
    store: str = "",
    merchant: str = "",
    attention: str = "",
    q: Annotated[str, Query(max_length=100)] = "",
    courier: str = "",
) -> views.Filters:
    known = state if state in State._value2member_map_ else ""
    return views.Filters(market, known, store, merchant, attention == "on", q.strip(), courier)


AskedFilters = Annotated[views.Filters, Depends(asked_filters)]


def delivery_filter(asked: views.Filters, market_id: str | None, *, only_open: bool) -> DeliveryFilter:
    """The service's filter for what the address asks."""
    states = [State(asked.state)] if asked.state else sorted(OPEN) if only_open else []
    return DeliveryFilter(
        states=states,
        store_id=asked.store or None,
        merchant_id=asked.merchant or None,
        market_id=market_id,
        courier_id=asked.courier or None,
        attention=True if asked.attention else None,
        text=asked.text or None,
    )


def kept_query(request: Request) -> str:
    """What is asked for, without the place in the list and without what is left open."""
    asked = [(name, value) for name, value in request.query_params.items() if value and name not in ("cursor", "told")]
    return urlencode(sorted(asked))


def router(console: Console) -> APIRouter:
    """Sign-in, board and list."""
    routes = console.new_router()
    doors = console.doors
    signed_in = Annotated[OperatorActor, Depends(doors.auth.operator())]

    def door(request: Request, form: forms.Form, next_path: str, status: int = 200) -> Response:
        return sign_in_page(console.pages, request, FACE, next_path=next_path, form=form, status=status)

    @routes.get("/sign-in")
    async def show_door(request: Request, next: str = FACE.home) -> Response:  # noqa: A002  # the address says so
        return door(request, forms.Form(), safe_next(next, FACE.home))

    @routes.post("/sign-in")
    async def sign_in(
        request: Request,
        email: Annotated[str, Form()] = "",
        password: Annotated[str, Form()] = "",
        next: Annotated[str, Form()] = FACE.home,  # noqa: A002
    ) -> Response:
        target = safe_next(next, FACE.home)
        try:
            token = await doors.operators.sign_in(email, password)
        except Problem as refusal:
            form = forms.refused_form({"email": email}, refusal, say=console.pages.say(request))
            return door(request, form, target, refusal.status)
        response = go(target)
        set_session(response, request, COOKIES["operator"], token, SESSION_LENGTH)
        return response

    @routes.post("/sign-out")
    async def sign_out(request: Request) -> Response:
        token = request.cookies.get(COOKIES["operator"])
        if token:
            await doors.auth.close_session(token)
        response = go(FACE.sign_in)
        response.delete_cookie(COOKIES["operator"], path="/")
        return response

    @routes.get("")
    async def board(request: Request, actor: signed_in, asked: AskedFilters) -> Response:
        market = await console.market(asked.market)
        wanted = delivery_filter(asked, market.id if market else None, only_open=True)
        deliveries = await console.open_deliveries(wanted)
        stores = await doors.merchants.all_stores(market.id if market else None)
        couriers = await doors.couriers.list(market.id, on_duty=True) if market else []
        choices = views.choices(await doors.coverage.markets(), await doors.merchants.all(), stores)
        view = views.board(market, deliveries, couriers, stores, asked, choices, doors.clock.now())
        return console.page(request, "board.html", view, actor)

    @routes.get("/deliveries")
    async def deliveries(
        request: Request, actor: signed_in, asked: AskedFilters, cursor: str | None = None
    ) -> Response:
        formats = await console.formats()
        wanted = delivery_filter(asked, asked.market or None, only_open=False)
        page = await doors.deliveries.list(None, wanted, cursor=cursor, limit=50)
        now = doors.clock.now()
        markets = [("", "All markets"), *((m.id, m.name) for m in await doors.coverage.markets())]
        choices = views.choices([], await doors.merchants.all(), await doors.merchants.all_stores())
        view = views.ListView(
            filters=asked,
            choices=views.Choices(markets, choices.states, choices.merchants, choices.stores),
            items=tuple(views.delivery_item(one, formats[one.delivery.market_id], now) for one in page.items),
            next_url=str(request.url.include_query_params(cursor=page.next_cursor)) if page.next_cursor else None,
            first_url=str(request.url.remove_query_params("cursor")) if cursor else None,
            saved=tuple(await doors.desk.filters(actor.user_id)),
            query=kept_query(request),
            acts=tuple(views.BULK.items()) if actor.role != "support" else (),
        )
        return console.page(request, "deliveries.html", view, actor)

    return routes


def mailbox_router(console: Console) -> APIRouter:
    """Where messages have no way out: what would have been sent."""
    routes = console.new_router()
    doors = console.doors
    signed_in = Annotated[OperatorActor, Depends(doors.auth.operator())]

    @routes.get("/mailbox")
    async def mailbox(request: Request, actor: signed_in) -> Response:
        formats = stories.formats_of(await console.market(""))
        # Messages are stamped by the database's clock, which does not run fast with the demo.
        messages = await doors.messages.recent(limit=100)
        return console.page(request, "mailbox.html", outside_views.mailbox(messages, formats, datetime.now(UTC)), actor)

    return routes
