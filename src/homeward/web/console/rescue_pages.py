"""The rescue board: who is stranded with what, since when and where, and who comes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request, Response

from homeward.deliveries.model import DeliveryFilter, DeliveryView, Leg
from homeward.infra.auth import OperatorActor
from homeward.web.console.pages import Console
from homeward.web.format import Formats
from homeward.web.stories import formats_of, problem_text, short_id

MOST: Final = 200


@dataclass(frozen=True, slots=True)
class RescueItem:
    """One parcel that waits to be taken over; `comes` is empty while nobody does."""

    href: str
    short_id: str
    to: str
    stranded: str
    reason: str
    since: str
    where: str
    note: str
    promise_left: str
    late: bool
    comes: str


@dataclass(frozen=True, slots=True)
class RescueBoard:
    """Those that wait the longest first."""

    items: tuple[RescueItem, ...]


def router(console: Console) -> APIRouter:
    routes = console.new_router()
    doors = console.doors
    signed_in = Annotated[OperatorActor, Depends(doors.auth.operator())]

    @routes.get("/rescues")
    async def rescues(request: Request, actor: signed_in) -> Response:
        found = await doors.deliveries.list(None, DeliveryFilter(rescue=True), limit=MOST)
        markets = {market.id: market for market in await doors.coverage.markets()}
        now = doors.clock.now()
        items = []
        for view in sorted(found.items, key=_since):
            legs = {leg.id: leg for leg in await doors.deliveries.legs(None, view.delivery.id)}
            items.append(rescue_item(view, legs, formats_of(markets.get(view.delivery.market_id)), now))
        return console.page(request, "rescues.html", RescueBoard(tuple(items)), actor)

    return routes


def rescue_item(view: DeliveryView, legs: Mapping[str, Leg], formats: Formats, now: datetime) -> RescueItem:
    """Of a delivery in rescue."""
    delivery, rescue = view.delivery, view.delivery.rescue
    assert rescue, "asked of a delivery in rescue"
    stranded, active = legs[rescue.leg_id], view.leg
    left_s = (delivery.promised_by - now).total_seconds()
    return RescueItem(
        href=f"/console/deliveries/{delivery.id}",
        short_id=short_id(delivery.id),
        to=delivery.dropoff.address,
        stranded=stranded.courier.first_name,
        reason=problem_text(rescue.reason),
        since=formats.moment(rescue.since, now).text,
        where=rescue.address,
        note=rescue.note,
        promise_left=formats.span(abs(int(left_s))),
        late=left_s < 0,
        comes=active.courier.first_name if active is not None and active.id != stranded.id else "",
    )


def _since(view: DeliveryView) -> datetime:
    assert view.delivery.rescue, "only those in rescue are listed"
    return view.delivery.rescue.since
