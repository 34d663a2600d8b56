"""The shopper's routes. Whoever has the link may look; nobody else learns that it exists."""

from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Annotated, Any, Final

import structlog
from fastapi import APIRouter, Form, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse, StreamingResponse
from fastapi.routing import APIRoute

from homeward.coverage.service import CoverageService
from homeward.deliveries.errors import ActNotPossible
from homeward.deliveries.model import DeliveryView, Machines
from homeward.deliveries.service import DeliveriesService
from homeward.deliveries.shopper.model import Possible
from homeward.deliveries.shopper.service import SHOPPER, ShopperService
from homeward.deliveries.states import TERMINAL
from homeward.fleets.autonomous.errors import MachineSaysNo, NoMachineThere
from homeward.fleets.autonomous.service import AutonomousService
from homeward.fleets.contract.legs import Holder
from homeward.fleets.couriers.model import Courier
from homeward.fleets.couriers.service import CouriersService
from homeward.infra.event_log import Tail
from homeward.infra.pace import Pace, Streams
from homeward.kit.clock import Clock
from homeward.kit.places import LatLon
from homeward.kit.problems import NotFound, Problem, TooManyRequests, Unavailable
from homeward.merchants.service import MerchantsService
from homeward.web.render import Pages
from homeward.web.sse import SSE_HEADERS
from homeward.web.tracking.act_phrases import ACTS
from homeward.web.tracking.act_views import About, ActsView, acts_view
from homeward.web.tracking.fence import MERCHANT_OF_HOST
from homeward.web.tracking.live import LiveFeed
from homeward.web.tracking.machines import NO_MACHINE, MachineSeen, OnTheMove
from homeward.web.tracking.phrases import LANGUAGES, language
from homeward.web.tracking.views import (
    NothingView,
    Notice,
    Seen,
    courier_shown,
    expired,
    formats_for,
    may_see,
    shared_view,
    shown_state,
    tracking_view,
    wants_reason,
)

log = structlog.get_logger()

FACE: Final = "tracking"
_LONGEST_TOKEN: Final = 64
# A shopper's page must not be kept by search engines, nor by proxies that do not look at the language.
HEADERS: Final = {"X-Robots-Tag": "noindex, nofollow", "Vary": "Accept-Language"}


@dataclass(frozen=True, slots=True)
class TrackingDoors:
    """Everything the shopper's page asks."""

    clock: Clock
    deliveries: DeliveriesService
    merchants: MerchantsService
    couriers: CouriersService
    coverage: CoverageService
    tail: Tail
    machines: AutonomousService
    shopper: ShopperService


def nothing(pages: Pages, request: Request, status: int, headers: dict[str, str] | None = None) -> Response:
    """A page that tells nothing about anybody: 404 and all other refusals."""
    lang = language(request.headers.get("accept-language", ""))
    words = LANGUAGES[lang]
    said, icon = {429: (words.too_often, "hourglass"), 500: (words.broken, "alert-circle")}.get(
        status, (words.nothing, "search") if status < 500 else (words.broken, "alert-circle")
    )
    page = pages.page(
        request,
        "tracking/nothing.html",
        NothingView(lang, words, said, icon),
        status=status,
        for_shopper=True,
        face=FACE,
        lang=lang,
        skip=words.skip,
    )
    page.headers.update({**HEADERS, **(headers or {})})
    return page


def neutral_route(pages: Pages) -> type[APIRoute]:
    """Refusals and even faults as neutral pages."""

    class NeutralRoute(APIRoute):
        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            handle = super().get_route_handler()

            async def as_page(request: Request) -> Response:
                try:
                    return await handle(request)
                except TooManyRequests as problem:
                    return nothing(pages, request, 429, problem.headers())
                except Problem as problem:
                    return nothing(pages, request, problem.status if problem.status >= 500 else 404)
                except RequestValidationError:
                    return nothing(pages, request, 404)
                except Exception:
                    log.exception("the shopper's page crashed")
                    return nothing(pages, request, 500)

            return as_page

    return NeutralRoute


class Tracking:
    """What the routes share: find the delivery behind a link, and gather what its page shows."""

    def __init__(self, doors: TrackingDoors, pages: Pages, pace: Pace) -> None:
        self.doors = doors
        self.pages = pages
        self.pace = pace

    async def open(self, token: str, request: Request) -> DeliveryView:
        """Raises TooManyRequests, and NotFound for every reason not to show it."""
        if not token.isalnum() or len(token) > _LONGEST_TOKEN:
            raise NotFound("delivery", "(link)")
        self.pace.take(token)
        return self._answered(await self.doors.deliveries.by_tracking_token(token), request)

    async def open_shown(self, token: str, request: Request) -> tuple[DeliveryView, bool]:
        """By the shopper's own link, or by one they shared: then with True, and there is less to see."""
        try:
            return await self.open(token, request), False
        except NotFound:
            view = await self.doors.shopper.by_shared_token(token)
            return self._answered(view, request), True

    def _answered(self, view: DeliveryView, request: Request) -> DeliveryView:
        host_of = getattr(request.state, MERCHANT_OF_HOST, None)
        if host_of not in (None, view.delivery.merchant_id) or expired(view, self.doors.clock.now()):
            raise NotFound("delivery", "(link)")
        return view

    async def page(
        self,
        request: Request,
        view: DeliveryView,
        *,
        refused: bool = False,
        part: bool = False,
        told: str = "",
        shared: str = "",
    ) -> Response:
        """`told` is a refusal in the shopper's words; `shared` the token of the link that shows less."""
        lang = language(request.headers.get("accept-language", ""))
        seen = await self._seen(view)
        shown = tracking_view(view, seen, lang, refused=refused)
        if shared:
            shown = shared_view(shown, shared)
        else:
            shown = replace(shown, acts=await self._acts(view, seen, lang), notice=_notice(request, told, lang))
        template = "tracking/_now.html" if part else "tracking/page.html"
        page = self.pages.page(
            request,
            template,
            shown,
            status=409 if refused or told else 200,
            for_shopper=True,
            face=FACE,
            lang=lang,
            skip=shown.words.skip,
        )
        page.headers.update(HEADERS)
        return page

    async def about(self, request: Request, view: DeliveryView) -> About:
        """What the pages of the acts need to know around the delivery."""
        lang = language(request.headers.get("accept-language", ""))
        return _about(await self._seen(view), lang)

    async def possible(self, view: DeliveryView) -> Possible:
        machine = await self._machine(view)
        return await self.doors.shopper.possible(view, by_machine=machine.machine is not None)

    async def _acts(self, view: DeliveryView, seen: Seen, lang: str) -> ActsView:
        possible = await self.doors.shopper.possible(view, by_machine=seen.machine.machine is not None)
        rated = await self.doors.shopper.rated(view) if possible.rating else None
        return acts_view(view.delivery, possible, rated, _about(seen, lang))

    async def _seen(self, view: DeliveryView) -> Seen:
        delivery, doors = view.delivery, self.doors
        ended = shown_state(delivery) in TERMINAL
        machine = NO_MACHINE if ended else await self._machine(view)
        return Seen(
            brand=(await doors.merchants.get(delivery.merchant_id)).brand,
            market=await doors.coverage.market(delivery.market_id),
            courier=machine.moving or await self.courier(view),
            proofs=await doors.deliveries.proofs(None, delivery.id) if ended else (),
            reason=await self._reason(view),
            now=doors.clock.now(),
            contact=None if machine.machine else doors.deliveries.contact(view),
            machine=machine,
        )

    async def courier(self, view: DeliveryView) -> Courier | OnTheMove | None:
        """Whoever moves with it: one of our couriers, or a machine."""
        found = await self.doors.couriers.find(view.delivery.courier_id)
        return found or (await self._machine(view)).moving

    async def _machine(self, view: DeliveryView) -> MachineSeen:
        delivery, machines = view.delivery, self.doors.machines
        if delivery.courier_id is None:
            undecided = delivery.requirements.machines is Machines.ASK
            return MachineSeen(could_bring=undecided and await machines.could_bring(delivery.id))
        machine = await machines.machine(delivery.courier_id)
        return MachineSeen(machine=machine, leg=await machines.leg_of(delivery.id)) if machine else NO_MACHINE

    async def _reason(self, view: DeliveryView) -> str | None:
        if not wants_reason(shown_state(view.delivery)):
            return None
        events = await self.doors.deliveries.events(None, view.delivery.id)
        return next((str(event.data["reason"]) for event in reversed(events) if event.data.get("reason")), None)


def _about(seen: Seen, lang: str) -> About:
    return About(seen.brand, seen.market, lang, formats_for(seen.market, lang), seen.now)


def _notice(request: Request, refused: str, lang: str) -> Notice | None:
    """What came of an act: a refusal, or the good news that the address names by a code."""
    if refused:
        return Notice("bad", refused)
    told = ACTS[lang].told.get(request.query_params.get("told", ""))
    return Notice("ok", told) if told else None


def add_page_routes(routes: APIRouter, tracking: Tracking) -> None:
    """The page, what keeps it true, its photos, and what a machine asks."""
    doors = tracking.doors
    streams = Streams()
    feed = LiveFeed(doors.tail, streams)

    @routes.get("/{token}")
    async def page(token: str, request: Request) -> Response:
        view, shared = await tracking.open_shown(token, request)
        return await tracking.page(request, view, shared=token if shared else "")

    @routes.get("/{token}/now")
    async def now(token: str, request: Request) -> Response:
        """The part of the page that changes."""
        view, shared = await tracking.open_shown(token, request)
        return await tracking.page(request, view, part=True, shared=token if shared else "")

    @routes.get("/{token}/live")
    async def live(token: str, request: Request) -> Response:
        view, _ = await tracking.open_shown(token, request)
        delivery_id = view.delivery.id
        streams.check(delivery_id)

        async def where(changed: bool) -> LatLon | None:
            nonlocal view
            if changed:
                view = await doors.deliveries.get(None, delivery_id)
            if view.delivery.courier_id is None:
                return None
            return courier_shown(view, await tracking.courier(view), doors.clock.now())

        stream = feed.of(delivery_id, where, ended=view.delivery.state in TERMINAL)
        return StreamingResponse(stream, media_type="text/event-stream", headers=SSE_HEADERS)

    @routes.get("/{token}/photos/{proof_id}")
    async def photo(token: str, proof_id: str, request: Request) -> Response:
        view = await tracking.open(token, request)
        proofs = await doors.deliveries.proofs(None, view.delivery.id)
        if not any(proof.id == proof_id and may_see(view, proof) for proof in proofs):
            raise NotFound("photo", "(link)")
        media_type, content = await doors.deliveries.proof_content(None, proof_id, delivery_id=view.delivery.id)
        headers = {"Cache-Control": "private, max-age=3600", "X-Content-Type-Options": "nosniff", **HEADERS}
        return Response(content, media_type=media_type, headers=headers)

    _add_machine_routes(routes, tracking)


def _add_machine_routes(routes: APIRouter, tracking: Tracking) -> None:
    @routes.post("/{token}/machines")
    async def let_machines(token: str, request: Request, allowed: Annotated[bool, Form()]) -> Response:
        """The shopper says whether a machine may bring it; what comes too late changes nothing."""
        view = await tracking.open(token, request)
        with suppress(ActNotPossible):
            await tracking.doors.deliveries.let_machines(view.delivery.id, allowed, SHOPPER)
        return RedirectResponse(f"/t/{token}", 303)

    @routes.post("/{token}/open")
    async def open_machine(token: str, request: Request) -> Response:
        """The shopper stands at the machine: whoever has the link may take the parcel out."""
        view = await tracking.open(token, request)
        try:
            await tracking.doors.machines.open_for(view.delivery.id, Holder.SHOPPER, by=SHOPPER.label)
        except (NoMachineThere, MachineSaysNo, Unavailable):
            return await tracking.page(request, view, refused=True)
        return RedirectResponse(f"/t/{token}", 303)
