"""The shopper in charge: what they change before it arrives, and say afterwards. Every act works as a plain form."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import FormData, UploadFile

from homeward.deliveries.model import DeliveryView, Spot
from homeward.deliveries.photos import MAX_BYTES
from homeward.deliveries.policy import tracking_url
from homeward.deliveries.shopper.model import ReportKind
from homeward.deliveries.shopper.policy import asks_for_pin
from homeward.deliveries.shopper.service import ShopperService
from homeward.kit.money import Money
from homeward.kit.places import LatLon
from homeward.kit.problems import FieldError, MalformedRequest, NotFound, Problem
from homeward.web import forms
from homeward.web.tracking import act_views
from homeward.web.tracking.act_views import ICONS, About, ActPage
from homeward.web.tracking.pages import FACE, HEADERS, Tracking

_LONGEST: Final = {"instructions": 1000, "unit": 100, "gate_code": 32, "neighbour": 200, "comment": 1000}

Perform = Callable[[ShopperService, DeliveryView, Mapping[str, str], FormData], Awaitable[None]]


async def _details(shopper: ShopperService, view: DeliveryView, said: Mapping[str, str], _: FormData) -> None:
    await shopper.details(
        view,
        instructions=said.get("instructions", ""),
        unit=said.get("unit", ""),
        gate_code=said.get("gate_code", ""),
    )


async def _pin(shopper: ShopperService, view: DeliveryView, said: Mapping[str, str], _: FormData) -> None:
    try:
        place = LatLon(float(said["lat"]), float(said["lon"]))
    except (KeyError, ValueError) as cause:
        raise MalformedRequest([FieldError("/lat", "no-place", "move the pin")]) from cause
    await shopper.move_pin(view, place)


async def _leave(shopper: ShopperService, view: DeliveryView, said: Mapping[str, str], _: FormData) -> None:
    how = act_views.chosen_leave(said)
    if how is None:
        raise MalformedRequest([FieldError("/leave", "not-chosen", "choose one of the ways")])
    if how is how.NEIGHBOUR and not said.get("neighbour"):
        raise MalformedRequest([FieldError("/neighbour", "empty", "say who and where")])
    spot = said.get("spot", "")
    await shopper.leave(view, how, Spot(spot) if spot in Spot._value2member_map_ else None, said.get("neighbour", ""))


async def _time(shopper: ShopperService, view: DeliveryView, said: Mapping[str, str], _: FormData) -> None:
    chosen = act_views.chosen_time(said.get("time", ""), view.delivery.total.currency)
    if chosen is None:
        raise MalformedRequest([FieldError("/time", "not-chosen", "choose one of the times")])
    await shopper.move_to(view, *chosen)


async def _cancel(shopper: ShopperService, view: DeliveryView, _: Mapping[str, str], __: FormData) -> None:
    await shopper.cancel(view)


async def _report(shopper: ShopperService, view: DeliveryView, said: Mapping[str, str], form: FormData) -> None:
    kind = said.get("kind", "")
    if kind not in ReportKind._value2member_map_:
        raise MalformedRequest([FieldError("/kind", "not-chosen", "say what happened")])
    sent = form.get("photo")
    # One byte more than may be: what is too large is refused in words, not read to its end.
    photo = await sent.read(MAX_BYTES + 1) if isinstance(sent, UploadFile) and sent.filename else None
    await shopper.report(view, ReportKind(kind), said.get("comment", ""), photo)


async def _rating(shopper: ShopperService, view: DeliveryView, said: Mapping[str, str], _: FormData) -> None:
    stars = said.get("rating", "")
    if stars not in {"1", "2", "3", "4", "5"}:
        raise MalformedRequest([FieldError("/rating", "not-chosen", "choose a number of stars")])
    await shopper.rate(view, int(stars), said.get("comment", ""))


async def _tip(shopper: ShopperService, view: DeliveryView, said: Mapping[str, str], _: FormData) -> None:
    currency = view.delivery.total.currency
    before, step = said.get("before", ""), said.get("step", "")
    amount = Money(int(step), currency) if step.isdecimal() else forms.tip_of(said.get("tip", ""), currency)
    if amount is None or amount.minor == 0 or not before.isdecimal():
        raise MalformedRequest([FieldError("/tip", "no-amount", "say how much")])
    await shopper.tip(view, Money(int(before), currency) + amount)


_PERFORM: Final[Mapping[str, Perform]] = {
    "details": _details,
    "pin": _pin,
    "leave": _leave,
    "time": _time,
    "cancel": _cancel,
    "report": _report,
    "rating": _rating,
    "tip": _tip,
}


class _Acts:
    """What opening and sending a form share."""

    def __init__(self, tracking: Tracking) -> None:
        self.tracking = tracking

    async def shown(
        self,
        request: Request,
        view: DeliveryView,
        name: str,
        form: forms.Form | None = None,
        status: int = 200,
    ) -> Response:
        """The act's own page. Raises what the service refuses while it gathers the page."""
        tracking = self.tracking
        about = await tracking.about(request, view)
        page = await _page(tracking, view, name, about, form)
        answer = tracking.pages.page(
            request,
            "tracking/act.html",
            page,
            status=status,
            for_shopper=True,
            face=FACE,
            lang=about.lang,
            skip=page.words.skip,
        )
        answer.headers.update(HEADERS)
        return answer

    async def refused(
        self, request: Request, view: DeliveryView, name: str, said: Mapping[str, str], refusal: Problem
    ) -> Response:
        """The form again with what is wrong, if there is still anything to do there; else the page."""
        tracking = self.tracking
        if refusal.status >= 500:
            raise refusal
        if name == "pin" and asks_for_pin(view.delivery):
            return await tracking.page(request, view, refused=True)
        say = (await tracking.about(request, view)).say
        sent = act_views.refusal_form(said, refusal, say)
        if name in ICONS and getattr(await tracking.possible(view), name):
            return await self.shown(request, view, name, sent, refusal.status)
        return await tracking.page(request, view, told=sent.problem or say.wrong)


def add_act_routes(routes: APIRouter, tracking: Tracking) -> None:
    """One page an act, under the link that opens the delivery; the link that shows less opens none of them."""
    acts = _Acts(tracking)

    @routes.get("/{token}/{name}")
    async def act(token: str, name: str, request: Request) -> Response:
        view = await tracking.open(token, request)
        if name not in ICONS:
            raise NotFound("page", name)
        if not getattr(await tracking.possible(view), name):
            return RedirectResponse(f"/t/{token}", 303)  # it has moved on since that link was shown
        try:
            return await acts.shown(request, view, name)
        except Problem as refusal:
            if refusal.status >= 500:
                raise
            say = (await tracking.about(request, view)).say
            return await tracking.page(request, view, told=say.refused.get(refusal.slug, say.refused[""]))

    @routes.post("/{token}/{name}")
    async def perform(token: str, name: str, request: Request) -> Response:
        view = await tracking.open(token, request)
        if name not in _PERFORM:
            raise NotFound("page", name)
        form = await request.form()
        said = {key: value.strip()[: _LONGEST.get(key, 100)] for key, value in form.items() if isinstance(value, str)}
        try:
            await _PERFORM[name](tracking.doors.shopper, view, said, form)
        except Problem as refusal:
            return await acts.refused(request, view, name, said, refusal)
        return RedirectResponse(f"/t/{token}?told={name}", 303)


async def _page(tracking: Tracking, view: DeliveryView, name: str, about: About, form: forms.Form | None) -> ActPage:
    """Raises what the service refuses: a time that can be asked for no more, a link that may not be shared."""
    more: dict[str, Any] = {}
    first = forms.Form()
    match name:
        case "details":
            first = act_views.details_form(view)
        case "pin":
            more = act_views.pin_extras(view, about)
        case "leave":
            first, more = act_views.leave_form(view), act_views.leave_extras(view, about)
        case "time":
            more = act_views.time_extras(view, await tracking.doors.shopper.other_times(view), about)
        case "report":
            more = act_views.report_extras(about)
        case "share":
            more = {"link": await _link(tracking, view)}
    if form is not None and form.value("leave"):
        more |= {"chosen": form.value("leave")}
    return act_views.act_page(name, view, about, form or first, **more)


async def _link(tracking: Tracking, view: DeliveryView) -> str:
    token = await tracking.doors.shopper.share(view)
    return tracking_url(tracking.doors.deliveries.base_url, view.tracking_domain, token)
