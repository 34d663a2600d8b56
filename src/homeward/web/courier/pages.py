"""The courier app's routes: the door, the one screen, and everything a thumb can do on it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, File, Form, Request, Response, UploadFile
from fastapi.responses import JSONResponse

from homeward.coverage.service import CoverageService
from homeward.deliveries.service import DeliveriesService
from homeward.deliveries.states import Act
from homeward.dispatch.open_offers.service import OpenOffersService
from homeward.dispatch.service import DispatchService
from homeward.fleets.couriers.model import Fix
from homeward.fleets.couriers.service import SESSION_LENGTH, CouriersService
from homeward.infra.auth import COOKIES, Auth, CourierActor
from homeward.kit.clock import Clock
from homeward.kit.places import LatLon
from homeward.kit.problems import Problem
from homeward.web import forms
from homeward.web.courier.reports import age_check_of, evidence_of, scans_of
from homeward.web.courier.views import DoorView, RideView, Seen, further_along, ride_view, shift_end
from homeward.web.languages import FALLBACK, VARY
from homeward.web.render import Pages, is_partial
from homeward.web.security import same_origin
from homeward.web.shell import Face, go, page_route, set_session
from homeward.web.translation import N_, Speech

FACE: Final = Face("courier", N_("Courier"), "route-2", "/courier", "/courier/sign-in")
_HERE: Final = Path(__file__).parent
_DEMO_STEP_M: Final = 400.0
_PHONE = Annotated[str, Form(max_length=40)]
_LINE = Annotated[str, Form(max_length=2_000)]


@dataclass(frozen=True, slots=True)
class CourierDoors:
    """Everything the app asks."""

    clock: Clock
    auth: Auth
    couriers: CouriersService
    dispatch: DispatchService
    deliveries: DeliveriesService
    coverage: CoverageService
    open_offers: OpenOffersService
    demo: bool


class CourierApp:
    """What the routes share."""

    def __init__(self, doors: CourierDoors, pages: Pages) -> None:
        self.doors = doors
        self.pages = pages

    def new_router(self) -> APIRouter:
        return APIRouter(
            prefix="/courier",
            include_in_schema=False,
            route_class=page_route(self.pages, FACE),
            dependencies=[Depends(same_origin)],
        )

    async def view(
        self, courier_id: str, say: Speech, *, told: str | None = None, problem: str | None = None
    ) -> RideView:
        doors = self.doors
        if doors.demo:
            await self._stay_in_contact(courier_id)
        courier = await doors.couriers.get(courier_id)
        offer = await doors.dispatch.open_offer(courier_id)
        route = await doors.dispatch.route(courier_id)
        upcoming = next((stop for stop in route.stops if stop.state == "next"), None)
        seen = Seen(
            courier=courier,
            market=await doors.coverage.market(courier.market_id),
            offer=offer,
            open_offers=await doors.open_offers.seen_by(courier_id),
            route=route,
            next_delivery=await doors.deliveries.get(None, upcoming.ref.delivery_id) if upcoming else None,
            now=doors.clock.now(),
            speed=doors.clock.speed,
            demo=doors.demo,
            say=say,
        )
        return ride_view(seen, told=told, problem=problem)

    async def answer(self, request: Request, courier_id: str, told: str) -> Response:
        """After something was done: the new screen for a script, a redirect without one."""
        if not is_partial(request):
            return go(FACE.home, told)
        return self.part(request, await self.view(courier_id, self.pages.say(request), told=told))

    async def refused(self, request: Request, courier_id: str, problem: Problem) -> Response:
        say = self.pages.say(request)
        plain = problem.slug in _PLAIN and say.code == FALLBACK
        said = (problem.detail() if plain else None) or say(problem.title)
        view = await self.view(courier_id, say, problem=said)
        return self.part(request, view) if is_partial(request) else self.screen(request, view, problem.status)

    def part(self, request: Request, view: RideView) -> Response:
        return self.pages.page(request, "courier/_now.html", view, face=FACE.name)

    def screen(self, request: Request, view: RideView, status: int = 200) -> Response:
        return self.pages.page(request, "courier/ride.html", view, status=status, face=FACE.name)

    def door(
        self, request: Request, step: str, phone: str = "", form: forms.Form | None = None, status: int = 200
    ) -> Response:
        say = self.pages.say(request)
        heading = say("Sign in") if step == "phone" else say("Enter the code")
        view = DoorView(say(FACE.title), FACE.mark, heading, step, phone, form or forms.Form(), self.doors.demo)
        return self.pages.page(request, "courier/door.html", view, status=status, face=FACE.name)

    async def move(self, courier_id: str, place: LatLon) -> None:
        await self.doors.couriers.record_positions(courier_id, [Fix(self.doors.clock.now(), place)])

    async def _stay_in_contact(self, courier_id: str) -> None:
        """A demo's visitor is in no such town: their place there is what the demo says, and it is heard of."""
        courier = await self.doors.couriers.get(courier_id)
        if courier.on_duty:
            market = await self.doors.coverage.market(courier.market_id)
            await self.move(courier_id, courier.place or market.box.centre)


# Refusals whose particulars say more to a courier than the general sentence.
_PLAIN: Final = frozenset({"act-not-possible"})


def courier_router(doors: CourierDoors, pages: Pages) -> APIRouter:
    """Routes under `/courier`."""
    app = CourierApp(doors, pages)
    whole = APIRouter()
    for part in (_door_routes(app), _ride_routes(app), _file_routes(app)):
        whole.include_router(part)
    if doors.demo:
        whole.include_router(_demo_routes(app))
    return whole


def _door_routes(app: CourierApp) -> APIRouter:
    routes, doors = app.new_router(), app.doors

    @routes.get("/sign-in")
    async def sign_in(request: Request) -> Response:
        return app.door(request, "phone")

    @routes.post("/sign-in")
    async def ask_for_code(request: Request, phone: _PHONE) -> Response:
        try:
            await doors.couriers.request_code(phone, request.client.host if request.client else "")
        except Problem as problem:
            form = forms.refused_form({"phone": phone}, problem, say=app.pages.say(request))
            return app.door(request, "phone", form=form, status=problem.status)
        return app.door(request, "code", phone)

    @routes.post("/code")
    async def enter_code(request: Request, phone: _PHONE, code: Annotated[str, Form(max_length=12)]) -> Response:
        try:
            session = await doors.couriers.sign_in(phone, "".join(code.split()))
        except Problem as problem:
            form = forms.refused_form({"code": code}, problem, say=app.pages.say(request))
            return app.door(request, "code", phone, form, status=problem.status)
        response = go(FACE.home)
        set_session(response, request, COOKIES["courier"], session.token, SESSION_LENGTH)
        return response

    @routes.post("/sign-out")
    async def sign_out(request: Request) -> Response:
        token = request.cookies.get(COOKIES["courier"])
        if token:
            await doors.auth.close_session(token)
        response = go(FACE.sign_in)
        response.delete_cookie(COOKIES["courier"], path="/")
        # The last route is kept on the phone for dead spots; it must not outlive the session.
        response.headers["Clear-Site-Data"] = '"storage"'
        return response

    return routes


def _ride_routes(app: CourierApp) -> APIRouter:
    routes, doors = app.new_router(), app.doors
    signed_in = Annotated[CourierActor, Depends(doors.auth.courier())]

    @routes.get("")
    async def ride(request: Request, actor: signed_in, told: str = "") -> Response:
        return app.screen(request, await app.view(actor.courier_id, app.pages.say(request), told=told))

    @routes.get("/now")
    async def now(request: Request, actor: signed_in) -> Response:
        """The part of the screen that changes."""
        return app.part(request, await app.view(actor.courier_id, app.pages.say(request)))

    @routes.post("/duty")
    async def duty(
        request: Request,
        actor: signed_in,
        on: Annotated[bool, Form()],
        hours: Annotated[int, Form(ge=1, le=14)] = 4,
    ) -> Response:
        try:
            ends = shift_end(doors.clock.now(), hours) if on else None
            courier = await doors.couriers.set_duty(actor.courier_id, on, ends)
        except Problem as problem:
            return await app.refused(request, actor.courier_id, problem)
        told = "on" if on else "winding_down" if courier.on_duty else "off"
        return await app.answer(request, actor.courier_id, told)

    @routes.post("/offers/{offer_id}")
    async def answer_offer(
        request: Request, offer_id: str, actor: signed_in, answer: Annotated[str, Form(pattern="^(accept|decline)$")]
    ) -> Response:
        try:
            if answer == "accept":
                await doors.dispatch.accept_offer(actor.courier_id, offer_id)
            else:
                await doors.dispatch.decline_offer(actor.courier_id, offer_id)
        except Problem as problem:
            return await app.refused(request, actor.courier_id, problem)
        return await app.answer(request, actor.courier_id, "accepted" if answer == "accept" else "declined")

    @routes.post("/legs/{leg_id}")
    async def report(
        request: Request,
        leg_id: str,
        actor: signed_in,
        act: Annotated[Act, Form()],
        reason: Annotated[str, Form(max_length=40)] = "",
        photo: Annotated[UploadFile | None, File()] = None,
        signature: Annotated[str, Form(max_length=2_000_000)] = "",
        pin: _LINE = "",
        code: _LINE = "",
        note: _LINE = "",
        scan: Annotated[list[str] | None, Form(max_length=200)] = None,
        born: _LINE = "",
        sober: Annotated[bool, Form()] = False,
        signer_name: Annotated[str, Form(max_length=120)] = "",
        signer_relationship: Annotated[str, Form(max_length=40)] = "",
    ) -> Response:
        courier = await doors.couriers.get(actor.courier_id)
        try:
            report: dict[str, Any] = {
                "act": act,
                "at": doors.clock.now(),
                "reason": reason or None,
                "evidence": [
                    *await evidence_of(photo, signature, pin, code, note, signer=(signer_name, signer_relationship)),
                    *scans_of(scan or ()),
                    *age_check_of(born, sober=sober),
                ],
                "place": courier.place,
            }
            await doors.dispatch.report(actor.courier_id, leg_id, **report)
        except Problem as problem:
            return await app.refused(request, actor.courier_id, problem)
        told = {"hand_over": "handed", "problem": "problem"}.get(act, "reported")
        return await app.answer(request, actor.courier_id, told)

    return routes


def _file_routes(app: CourierApp) -> APIRouter:
    """What makes the page an app on the phone's own screen."""
    routes = APIRouter(prefix="/courier", include_in_schema=False)

    @routes.get("/app.webmanifest")
    async def manifest(request: Request) -> Response:
        say = app.pages.say(request)
        body = {
            "name": say(FACE.title),
            "short_name": say(FACE.title),
            "lang": say.code,
            "start_url": "/courier",
            "scope": "/courier",
            "display": "standalone",
            "orientation": "portrait",
            "background_color": "#0f1218",
            "theme_color": "#0f1218",
            "icons": [{"src": "/courier/icon.svg", "sizes": "any", "type": "image/svg+xml", "purpose": "any maskable"}],
        }
        headers = {"Cache-Control": "max-age=3600", "Content-Language": say.code, "Vary": VARY}
        return JSONResponse(body, media_type="application/manifest+json", headers=headers)

    @routes.get("/icon.svg")
    async def icon() -> Response:
        return Response(_ICON, media_type="image/svg+xml", headers={"Cache-Control": "max-age=86400"})

    @routes.get("/worker.js")
    async def worker() -> Response:
        source = (_HERE / "worker.js").read_text("utf-8")
        headers = {"Cache-Control": "no-cache", "Service-Worker-Allowed": "/courier"}
        return Response(source, media_type="text/javascript", headers=headers)

    return routes


def _demo_routes(app: CourierApp) -> APIRouter:
    """A visitor's browser stands elsewhere than the demo's town, so the demo lends them legs."""
    routes, doors = app.new_router(), app.doors
    signed_in = Annotated[CourierActor, Depends(doors.auth.courier())]

    @routes.post("/demo/move")
    async def move(request: Request, actor: signed_in, to: Annotated[str, Form(pattern="^(stop|along)$")]) -> Response:
        route = await doors.dispatch.route(actor.courier_id)
        stop = next((stop for stop in route.stops if stop.state == "next"), None)
        place = further_along(route, _DEMO_STEP_M) if to == "along" else stop.place if stop else None
        if place is not None:
            await app.move(actor.courier_id, place)
        return await app.answer(request, actor.courier_id, "moved")

    return routes


_ICON: Final = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 512 512"><rect width="512" height="512" fill="#3448c5"/>'
    '<g fill="none" stroke="#fff" stroke-width="34" stroke-linecap="round" stroke-linejoin="round">'
    '<circle cx="160" cy="352" r="44"/><circle cx="352" cy="160" r="44"/>'
    '<path d="M204 352h128a58 58 0 0 0 0-116H180a58 58 0 0 1 0-116h128" transform="translate(0 20)"/></g></svg>'
)
