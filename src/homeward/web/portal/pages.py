"""The portal's routes: sign-in, overview, deliveries. Booking and settings have files of their own."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Form, Query, Request, Response

from homeward.coverage.model import Market
from homeward.coverage.service import CoverageService
from homeward.deliveries.feedback.service import FeedbackService
from homeward.deliveries.model import Actor, DeliveryFilter, Who
from homeward.deliveries.policy import tracking_url
from homeward.deliveries.proof_pdf.api import pdf_response
from homeward.deliveries.proof_pdf.service import ProofPdfService
from homeward.deliveries.service import DeliveriesService
from homeward.deliveries.shopper.service import ShopperService
from homeward.deliveries.states import OPEN, State
from homeward.fleets.autonomous.service import AutonomousService
from homeward.fleets.couriers.drivers.service import DriversService
from homeward.infra.auth import COOKIES, MODE_COOKIE, SESSION_LENGTH, Auth, MerchantActor
from homeward.kit.clock import Clock
from homeward.kit.places import LatLon
from homeward.kit.problems import FieldError, Forbidden, MalformedRequest, Problem, Unauthenticated
from homeward.merchants.credentials.service import CredentialsService
from homeward.merchants.model import Merchant, Store, User
from homeward.merchants.service import MerchantsService
from homeward.merchants.team.service import TeamService
from homeward.messages.webhooks.service import WebhooksService
from homeward.quotes.service import QuotesService
from homeward.routing.geocoding import Geocoder
from homeward.web import forms
from homeward.web.format import Formats
from homeward.web.portal import views
from homeward.web.portal.book_views import pin_of
from homeward.web.portal.shopper_views import report_rows
from homeward.web.portal.start_views import Start, start
from homeward.web.render import Pages
from homeward.web.security import same_origin
from homeward.web.shell import Face, Frame, at, go, page_route, safe_next, set_session, sign_in_page
from homeward.web.stories import formats_of
from homeward.web.translation import N_

_FOR_WHOM = N_("Book deliveries, follow them, manage your stores.")
FACE = Face("portal", N_("Delivery portal"), "truck-delivery", "/portal", "/portal/sign-in", _FOR_WHOM)


@dataclass(frozen=True, slots=True)
class PortalDoors:
    """Everything the portal asks."""

    clock: Clock
    auth: Auth
    merchants: MerchantsService
    coverage: CoverageService
    quotes: QuotesService
    deliveries: DeliveriesService
    proof_pdf: ProofPdfService
    webhooks: WebhooksService
    credentials: CredentialsService
    geocoder: Geocoder
    feedback: FeedbackService
    shopper: ShopperService
    machines: AutonomousService
    drivers: DriversService
    team: TeamService


@dataclass(frozen=True, slots=True)
class PortalFrame(Frame):
    mode: str = "live"


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who is signed in, for whom, and how their first market writes things."""

    actor: MerchantActor
    user: User
    merchant: Merchant
    stores: list[Store]
    markets: Mapping[str, Market]

    @property
    def formats(self) -> Formats:
        return formats_of(self.market)

    @property
    def market(self) -> Market | None:
        return self.markets.get(self.stores[0].market_id) if self.stores else None


class Portal:
    """What every page of the portal needs."""

    def __init__(self, doors: PortalDoors, pages: Pages) -> None:
        self.doors = doors
        self.pages = pages

    def new_router(self) -> APIRouter:
        return APIRouter(
            prefix="/portal",
            include_in_schema=False,
            route_class=page_route(self.pages, FACE),
            dependencies=[Depends(same_origin)],
        )

    async def visitor(self, request: Request) -> Visitor:
        """A person by the session cookie; keys open the API, not these pages. Raises Unauthenticated."""
        cookies = request.cookies
        actor = await self.doors.auth.find_merchant(None, cookies.get(COOKIES["merchant"]), cookies.get(MODE_COOKIE))
        if actor is None:
            raise Unauthenticated
        people = await self.doors.merchants.list_users(actor.merchant_id)
        user = next((user for user in people if user.id == actor.actor_id), None)
        if user is None:
            raise Unauthenticated
        return Visitor(
            actor=actor,
            user=user,
            merchant=await self.doors.merchants.get(actor.merchant_id),
            stores=await self.doors.merchants.list_stores(actor.merchant_id),
            markets={market.id: market for market in await self.doors.coverage.markets()},
        )

    async def builder(self, request: Request) -> Visitor:
        """Owner or developer."""
        return self._with_role(await self.visitor(request), "owner", "developer")

    async def owner(self, request: Request) -> Visitor:
        return self._with_role(await self.visitor(request), "owner")

    @staticmethod
    def _with_role(visitor: Visitor, *roles: str) -> Visitor:
        if visitor.actor.role not in roles:
            raise Forbidden(" or ".join(roles))
        return visitor

    def page(
        self,
        request: Request,
        template: str,
        view: object,
        visitor: Visitor,
        *,
        status: int = 200,
        framing: Literal["none", "holds"] = "none",
    ) -> Response:
        frame = self._frame(request, visitor)
        return self.pages.page(
            request, f"portal/{template}", view, status=status, framing=framing, face=FACE.name, frame=frame
        )

    def _frame(self, request: Request, visitor: Visitor) -> PortalFrame:
        return PortalFrame(
            title=visitor.merchant.name,
            subtitle=FACE.title,
            mark=FACE.mark,
            home=FACE.home,
            sign_out="/portal/sign-out",
            person=visitor.user.name,
            role=visitor.actor.role.capitalize(),
            links=at(views.links_for(visitor.actor.role), request.url.path),
            told=views.TOLD.get(request.query_params.get("told", "")),
            mode=visitor.actor.mode,
            account="/portal/account",
        )


def asked_of(
    state: str = "",
    store: str = "",
    since: str = "",
    attention: str = "",
    q: Annotated[str, Query(max_length=100)] = "",
) -> views.Asked:
    return views.Asked(state, store, since, q.strip(), attention == "on")


def door_router(portal: Portal) -> APIRouter:
    """Signing in and out, live or test."""
    routes = portal.new_router()
    doors = portal.doors

    def door(request: Request, form: forms.Form, next_path: str, status: int = 200) -> Response:
        return sign_in_page(portal.pages, request, FACE, next_path=next_path, form=form, status=status)

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
            found = await doors.merchants.sign_in(email, password, request.client.host if request.client else "")
        except Problem as refusal:
            form = forms.refused_form({"email": email}, refusal, say=portal.pages.say(request))
            return door(request, form, target, refusal.status)
        response = go(target)
        set_session(response, request, COOKIES["merchant"], found.token, SESSION_LENGTH)
        return response

    @routes.post("/sign-out")
    async def sign_out(request: Request) -> Response:
        token = request.cookies.get(COOKIES["merchant"])
        if token:
            await doors.merchants.sign_out(token)
        response = go(FACE.sign_in)
        response.delete_cookie(COOKIES["merchant"], path="/")
        return response

    @routes.post("/mode")
    async def change_mode(
        request: Request,
        mode: Annotated[str, Form()],
        next: Annotated[str, Form()] = FACE.home,  # noqa: A002
    ) -> Response:
        response = go(safe_next(next, FACE.home))
        chosen = "test" if mode == "test" else "live"
        secure = request.url.scheme == "https"
        response.set_cookie(MODE_COOKIE, chosen, httponly=True, samesite="lax", path="/", secure=secure)
        return response

    return routes


def router(portal: Portal) -> APIRouter:
    """Overview and the list of deliveries."""
    routes = portal.new_router()
    doors = portal.doors
    signed_in = Annotated[Visitor, Depends(portal.visitor)]

    @routes.get("")
    async def overview(request: Request, visitor: signed_in) -> Response:
        actor, now = visitor.actor, doors.clock.now()
        open_now = DeliveryFilter(states=sorted(OPEN))
        under_way = await doors.deliveries.list(actor.merchant_id, open_now, mode=actor.mode, limit=100)
        midnight = views.midnight(now, visitor.formats.time_zone)
        booked = DeliveryFilter(created_from=midnight)
        today = await doors.deliveries.list(actor.merchant_id, booked, mode=actor.mode, limit=200)
        view = views.overview(
            under_way.items,
            today.items,
            visitor.formats,
            now,
            has_store=bool(visitor.stores),
            mode=actor.mode,
            start=await _start(portal, visitor),
        )
        return portal.page(request, "overview.html", view, visitor)

    @routes.get("/deliveries")
    async def deliveries(
        request: Request,
        visitor: signed_in,
        asked: Annotated[views.Asked, Depends(asked_of)],
        cursor: str | None = None,
    ) -> Response:
        now = doors.clock.now()
        wanted = DeliveryFilter(
            states=views.asked_states(asked.state),
            store_id=asked.store or None,
            created_from=views.since_moment(asked.since, now),
            attention=True if asked.attention else None,
            text=asked.text or None,
        )
        actor = visitor.actor
        page = await doors.deliveries.list(actor.merchant_id, wanted, mode=actor.mode, cursor=cursor, limit=50)
        view = views.ListPage(
            asked=asked,
            states=views.STATE_CHOICES,
            stores=tuple((store.id, store.name) for store in visitor.stores),
            rows=tuple(views.row(one, visitor.formats, now) for one in page.items),
            next_url=str(request.url.include_query_params(cursor=page.next_cursor)) if page.next_cursor else None,
            first_url=str(request.url.remove_query_params("cursor")) if cursor else None,
        )
        return portal.page(request, "deliveries.html", view, visitor)

    return routes


def delivery_router(portal: Portal) -> APIRouter:
    """One delivery: look, cancel, call back, confirm the pin."""
    routes = portal.new_router()
    doors = portal.doors
    signed_in = Annotated[Visitor, Depends(portal.visitor)]

    async def delivery_page(
        request: Request, delivery_id: str, visitor: Visitor, form: forms.Form, status: int = 200
    ) -> Response:
        merchant_id, mode = visitor.actor.merchant_id, visitor.actor.mode
        found = await doors.deliveries.get(merchant_id, delivery_id, mode=mode)
        view = views.delivery_page(
            found,
            visitor.markets[found.delivery.market_id],
            await doors.deliveries.events(merchant_id, delivery_id, mode=mode),
            await doors.deliveries.proofs(merchant_id, delivery_id, mode=mode),
            await _names(portal, merchant_id),
            tracking_url(doors.deliveries.base_url, found.tracking_domain, found.delivery.tracking_token),
            form,
            doors.clock.now(),
            await doors.feedback.all(merchant_id, delivery_id, mode=mode),
            await doors.deliveries.together_with(merchant_id, found),
        )
        reports = await doors.shopper.reports(merchant_id, delivery_id, mode=mode)
        view = replace(view, reports=report_rows(reports, visitor.formats, doors.clock.now()))
        return portal.page(request, "delivery.html", view, visitor, status=status)

    @routes.get("/deliveries/{delivery_id}")
    async def delivery(request: Request, delivery_id: str, visitor: signed_in) -> Response:
        return await delivery_page(request, delivery_id, visitor, forms.Form())

    @routes.get("/deliveries/{delivery_id}/proof.pdf")
    async def proof_pdf(delivery_id: str, visitor: signed_in) -> Response:
        actor = visitor.actor
        return pdf_response(await doors.proof_pdf.made(actor.merchant_id, delivery_id, mode=actor.mode))

    @routes.get("/deliveries/{delivery_id}/proofs/{proof_id}")
    async def proof(delivery_id: str, proof_id: str, visitor: signed_in) -> Response:
        merchant_id = visitor.actor.merchant_id
        media_type, content = await doors.deliveries.proof_content(merchant_id, proof_id, delivery_id=delivery_id)
        kept = {"Cache-Control": "private, max-age=86400", "X-Content-Type-Options": "nosniff"}
        return Response(content, media_type=media_type, headers=kept)

    @routes.post("/deliveries/{delivery_id}/{act}")
    async def act(request: Request, delivery_id: str, act: str, visitor: signed_in) -> Response:
        values = {name: str(value) for name, value in (await request.form()).items()}
        try:
            told = await _do(portal, visitor, delivery_id, act, values)
        except Problem as refusal:
            form = forms.refused_form(values, refusal)
            return await delivery_page(request, delivery_id, visitor, form, refusal.status)
        return go(f"/portal/deliveries/{delivery_id}", told)

    return routes


async def _do(portal: Portal, visitor: Visitor, delivery_id: str, act: str, values: dict[str, str]) -> str:
    """One act upon a delivery; returns the code of the good news."""
    service, actor = portal.doors.deliveries, visitor.actor
    by = Actor(Who.MERCHANT, actor.actor_id)
    reason = values.get("reason", "").strip()
    match act:
        case "cancel":
            await service.cancel(actor.merchant_id, delivery_id, by, reason, mode=actor.mode)
            return "cancelled"
        case "return":
            await service.return_to_store(actor.merchant_id, delivery_id, by, reason, mode=actor.mode)
            return "returning"
        case "tip":
            market_id = (await service.get(actor.merchant_id, delivery_id, mode=actor.mode)).delivery.market_id
            tip = forms.tip_of(values.get("tip", ""), visitor.markets[market_id].currency)
            if tip is None:
                raise MalformedRequest([FieldError("/tip", "missing", "say how much")])
            await service.tip(actor.merchant_id, delivery_id, tip, by, mode=actor.mode)
            return "tipped"
        case "confirm-address":
            place = pin_of(values) or LatLon(0, 0)
            await service.confirm_address(actor.merchant_id, delivery_id, place, by, mode=actor.mode)
            return "confirmed"
        case _:
            raise UnknownAct(act)


@dataclass(eq=False)
class UnknownAct(Problem):
    slug, status = "unknown-act", 404
    title = "There is no such button; open the delivery again."

    act: str


async def _start(portal: Portal, visitor: Visitor) -> Start | None:
    """What is left to do before the first delivery; None once a live one arrived."""
    doors, merchant_id = portal.doors, visitor.actor.merchant_id
    arrived = DeliveryFilter(states=[State.DELIVERED])
    if (await doors.deliveries.list(merchant_id, arrived, mode="live", limit=1)).items:
        return None
    tested = await doors.deliveries.list(merchant_id, DeliveryFilter(), mode="test", limit=1)
    live = await doors.deliveries.list(merchant_id, DeliveryFilter(), mode="live", limit=1)
    keys = await doors.merchants.list_keys(merchant_id)
    merchant, role = visitor.merchant, visitor.actor.role
    return start(visitor.stores, merchant.brand, keys, role, tested=bool(tested.items), live=bool(live.items))


async def _names(portal: Portal, merchant_id: str) -> dict[str, str]:
    """The merchant's own people and keys, as actors of events."""
    people = {user.id: user.name for user in await portal.doors.merchants.list_users(merchant_id)}
    keys = await portal.doors.merchants.list_keys(merchant_id)
    return people | {key.id: key.name or f"Key {key.hint}" for key in keys}
