"""The HTTP face of deliveries, for merchants and for the operator's console."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Annotated, Any, Final

import orjson
from fastapi import APIRouter, Body, Depends, Header, Path, Query, Response

from homeward.deliveries import views
from homeward.deliveries.answers import DeliveryList, DeliveryOut, EventFeed, EventList, LegList, ProofList
from homeward.deliveries.errors import (
    ActNotPossible,
    AgeCheckNeeded,
    BookingIncomplete,
    ExternalIdTaken,
    FieldsLocked,
    HandoverConflict,
    NewQuoteNeeded,
    NobodyToTip,
    NoOptionFits,
    PickedUpAlready,
    PriceRises,
    RedeliveryNotPossible,
    RobotInLiveMode,
    SpotDoesNotFit,
    TipOnlyUpward,
    TipTooHigh,
    TipTooLate,
    WrongCurrency,
)
from homeward.deliveries.model import Actor, DeliveryFilter, Who
from homeward.deliveries.schemas import (
    AddressConfirmation,
    Booking,
    Change,
    HandshakeStep,
    ListQuery,
    Reason,
    Tip,
)
from homeward.deliveries.service import DeliveriesService
from homeward.infra.auth import Auth, MerchantActor, OperatorActor
from homeward.infra.db import Tx
from homeward.infra.http import PROBLEM_JSON, responses
from homeward.infra.idempotency import KeyReused, checked_key
from homeward.kit.problems import Forbidden, MalformedRequest, NotFound, Problem, Unauthenticated, Unavailable, jsonable
from homeward.quotes.errors import QuoteAlreadyBooked, QuoteExpired

REPLAYED_HEADER: Final = "Idempotency-Replayed"
Key = Annotated[str | None, Header(alias="Idempotency-Key", description="New for every new request; repeats replay.")]
Json = dict[str, Any]

_ALWAYS: Final = (Unauthenticated, Forbidden, MalformedRequest, Unavailable)


def router(service: DeliveriesService, auth: Auth) -> APIRouter:
    """Routes of a merchant's key or signed-in user."""
    routes = APIRouter(tags=["Deliveries"])
    _add_booking(routes, service, auth)
    _add_endings(routes, service, auth)
    _add_acts(routes, service, auth)
    _add_reads(routes, service, auth)
    return routes


def operator_router(service: DeliveriesService, auth: Auth) -> APIRouter:
    """The console's reads. Acts that touch routes and offers (reassign, cancel) belong to dispatch."""
    routes = APIRouter(prefix="/v1/operator", tags=["Operator: deliveries"])
    signed_in = Depends(auth.operator())
    get = _getter(routes, NotFound)

    @get("/deliveries", DeliveryList)
    async def list_all_deliveries(
        query: Annotated[ListQuery, Query()],
        _: OperatorActor = signed_in,
        merchant_id: str | None = None,
        market_id: str | None = None,
        courier_id: str | None = None,
        mode: str | None = None,
    ) -> Response:
        """Deliveries of all merchants, the newest first."""
        wanted = replace(query.to_filter(), merchant_id=merchant_id, market_id=market_id, courier_id=courier_id)
        return await _page(service, None, wanted, mode, query)

    @get("/deliveries/{delivery_id}", DeliveryOut)
    async def get_any_delivery(delivery_id: str, _: OperatorActor = signed_in) -> Response:
        """One delivery of any merchant."""
        return _json(service.told(await service.get(None, delivery_id)))

    @get("/deliveries/{delivery_id}/events", EventList)
    async def list_any_events(delivery_id: str, _: OperatorActor = signed_in) -> Response:
        """Its whole story; actors by their ids."""
        events = await service.events(None, delivery_id)
        return _items([{**views.event_json(event), "actor": event.actor} for event in events])

    @get("/deliveries/{delivery_id}/legs", LegList)
    async def list_any_legs(delivery_id: str, _: OperatorActor = signed_in) -> Response:
        """Who carried it, with pay."""
        return _items([views.leg_json_for_operator(leg) for leg in await service.legs(None, delivery_id)])

    @get("/deliveries/{delivery_id}/proofs", ProofList)
    async def list_any_proofs(delivery_id: str, _: OperatorActor = signed_in) -> Response:
        """Evidence kept for it."""
        return _items([views.proof_json(proof) for proof in await service.proofs(None, delivery_id)])

    @routes.get("/proofs/{proof_id}/content", response_class=Response, responses=responses(*_ALWAYS, NotFound))
    async def read_any_proof(proof_id: str, _: OperatorActor = signed_in) -> Response:
        """The picture itself."""
        return _picture(*await service.proof_content(None, proof_id))

    return routes


def _add_booking(routes: APIRouter, service: DeliveriesService, auth: Auth) -> None:
    merchant = Depends(auth.merchant())

    @routes.post(
        "/v1/deliveries",
        response_model=DeliveryOut,
        status_code=201,
        responses={
            200: {"model": DeliveryOut, "description": "This external_id was booked before with the same content"},
            **responses(
                *_ALWAYS,
                BookingIncomplete,
                NoOptionFits,
                AgeCheckNeeded,
                HandoverConflict,
                SpotDoesNotFit,
                WrongCurrency,
                RobotInLiveMode,
                RedeliveryNotPossible,
                QuoteExpired,
                QuoteAlreadyBooked,
                ExternalIdTaken,
                KeyReused,
                NotFound,
            ),
        },
    )
    async def book_delivery(booking: Booking, actor: MerchantActor = merchant, key: Key = None) -> Response:
        """Book an option of a quote, or book directly with store, address and parcel."""
        booked = await service.book(actor, booking.to_request(), checked_key(key))
        return _answer(booked.status, dict(booked.body), booked.replayed)

    @routes.patch(
        "/v1/deliveries/{delivery_id}",
        response_model=DeliveryOut,
        responses=responses(
            *_ALWAYS,
            NotFound,
            FieldsLocked,
            NewQuoteNeeded,
            PriceRises,
            NoOptionFits,
            WrongCurrency,
            AgeCheckNeeded,
            HandoverConflict,
            SpotDoesNotFit,
        ),
    )
    async def change_delivery(delivery_id: str, change: Change, actor: MerchantActor = merchant) -> Response:
        """Change what the state still allows; price and promise stay as quoted, unless you ask for another time."""
        view = await service.change(actor.merchant_id, delivery_id, change.to_request(), _by(actor), mode=actor.mode)
        return _json(service.told(view))

    @routes.post(
        "/v1/deliveries/{delivery_id}/confirm-address",
        response_model=DeliveryOut,
        responses=responses(*_ALWAYS, NotFound, ActNotPossible, NewQuoteNeeded, KeyReused),
    )
    async def confirm_address(
        delivery_id: str, pin: AddressConfirmation, actor: MerchantActor = merchant, key: Key = None
    ) -> Response:
        """Set the pin of the door, where the address alone was not certain enough."""
        checked_key(key)  # setting the same pin again changes nothing, so no answer is stored
        place = pin.place.to_place()
        view = await service.confirm_address(actor.merchant_id, delivery_id, place, _by(actor), mode=actor.mode)
        return _json(service.told(view))


def _add_endings(routes: APIRouter, service: DeliveriesService, auth: Auth) -> None:
    merchant = Depends(auth.merchant())

    async def command(
        actor: MerchantActor, route: str, key: str | None, body: Json, effect: Callable[[Tx], Awaitable[Json]]
    ) -> Response:
        answer = await service.once(actor, route, checked_key(key), body, effect)
        return _answer(answer.status, answer.body, answer.replayed)

    @routes.post(
        "/v1/deliveries/{delivery_id}/cancel",
        response_model=DeliveryOut,
        responses=responses(*_ALWAYS, NotFound, ActNotPossible, PickedUpAlready, KeyReused),
    )
    async def cancel_delivery(
        delivery_id: str, why: Annotated[Reason, Body()] = _NO_REASON, actor: MerchantActor = merchant, key: Key = None
    ) -> Response:
        """Cancel before pick-up; free until a courier is assigned, then the tariff's fee applies."""

        async def effect(tx: Tx) -> Json:
            view = await service.cancel_in(tx, delivery_id, _by(actor), why.reason, mode=actor.mode)
            return service.told(view)

        return await command(actor, f"POST /v1/deliveries/{delivery_id}/cancel", key, why.model_dump(), effect)

    @routes.post(
        "/v1/deliveries/{delivery_id}/return",
        response_model=DeliveryOut,
        responses=responses(*_ALWAYS, NotFound, ActNotPossible, KeyReused),
    )
    async def return_delivery(
        delivery_id: str, why: Annotated[Reason, Body()] = _NO_REASON, actor: MerchantActor = merchant, key: Key = None
    ) -> Response:
        """Call a parcel back that is already on its way."""

        async def effect(tx: Tx) -> Json:
            view = await service.return_in(tx, delivery_id, _by(actor), why.reason, mode=actor.mode)
            return service.told(view)

        return await command(actor, f"POST /v1/deliveries/{delivery_id}/return", key, why.model_dump(), effect)


def _add_acts(routes: APIRouter, service: DeliveriesService, auth: Auth) -> None:
    merchant = Depends(auth.merchant())

    def post(path: str, *problems: type[Problem]) -> Callable[..., Any]:
        refusals = responses(*_ALWAYS, NotFound, *problems)
        return routes.post(f"/v1/deliveries/{{delivery_id}}/{path}", response_model=DeliveryOut, responses=refusals)

    @post("tip", TipOnlyUpward, TipTooHigh, TipTooLate, NobodyToTip, WrongCurrency)
    async def tip_courier(delivery_id: str, tip: Tip, actor: MerchantActor = merchant) -> Response:
        """Raise the tip to `amount`, until 14 days after the end; all of it is the courier's."""
        view = await service.tip(actor.merchant_id, delivery_id, tip.amount.to_money(), _by(actor), mode=actor.mode)
        return _json(service.told(view))

    @post("handshake", ActNotPossible)
    async def confirm_handshake(delivery_id: str, at: HandshakeStep, actor: MerchantActor = merchant) -> Response:
        """The courier at your counter showed the right code: `pickup.code`, or `proof.return_code` on the way back."""
        view = await service.confirm_handshake(actor.merchant_id, delivery_id, at.step, _by(actor), mode=actor.mode)
        return _json(service.told(view))

    @post("ready", ActNotPossible)
    async def mark_ready(delivery_id: str, actor: MerchantActor = merchant) -> Response:
        """The parcel is ready, perhaps earlier than you had said."""
        view = await service.mark_ready(actor.merchant_id, delivery_id, _by(actor), mode=actor.mode)
        return _json(service.told(view))


def _add_reads(routes: APIRouter, service: DeliveriesService, auth: Auth) -> None:
    merchant = Depends(auth.merchant())
    get = _getter(routes, NotFound)

    @get("/v1/deliveries", DeliveryList)
    async def list_deliveries(query: Annotated[ListQuery, Query()], actor: MerchantActor = merchant) -> Response:
        """The merchant's deliveries, the newest first."""
        return await _page(service, actor.merchant_id, query.to_filter(), actor.mode, query)

    @get("/v1/deliveries/{delivery_id}", DeliveryOut)
    async def get_delivery(delivery_id: str, actor: MerchantActor = merchant) -> Response:
        """One delivery."""
        view = await service.get(actor.merchant_id, delivery_id, mode=actor.mode)
        return _json(service.told(view))

    @get("/v1/deliveries/{delivery_id}/events", EventList)
    async def list_events(delivery_id: str, actor: MerchantActor = merchant) -> Response:
        """Its whole story, without a gap in `seq`."""
        events = await service.events(actor.merchant_id, delivery_id, mode=actor.mode)
        return _items([views.event_json(event) for event in events])

    @get("/v1/deliveries/{delivery_id}/legs", LegList)
    async def list_legs(delivery_id: str, actor: MerchantActor = merchant) -> Response:
        """Each carrying by one courier, the way back to the store included."""
        legs = await service.legs(actor.merchant_id, delivery_id, mode=actor.mode)
        return _items([views.leg_json(leg) for leg in legs])

    @get("/v1/deliveries/{delivery_id}/proofs", ProofList)
    async def list_proofs(delivery_id: str, actor: MerchantActor = merchant) -> Response:
        """Photos, signatures and codes that prove it, each with its link, and the link to all of it on one sheet."""
        proofs = await service.linked_proofs(actor.merchant_id, delivery_id, mode=actor.mode)
        pdf = await service.pdf_link(actor.merchant_id, delivery_id, mode=actor.mode)
        items = [views.proof_json(proof, link) for proof, link in proofs]
        return _json({"items": items, "pdf": jsonable(pdf), "next_cursor": None})

    @routes.get("/v1/proofs/{proof_id}/content", response_class=Response, responses=responses(*_ALWAYS, NotFound))
    async def read_proof(proof_id: str, actor: MerchantActor = merchant) -> Response:
        """The picture itself."""
        return _picture(*await service.proof_content(actor.merchant_id, proof_id, mode=actor.mode))

    @routes.get("/p/{proof_id}/{expires_s}/{signed}", include_in_schema=False, responses=responses(NotFound))
    async def follow_link(proof_id: str, expires_s: Annotated[int, Path(ge=0, le=10**11)], signed: str) -> Response:
        """A proof's picture, for whoever holds its link: also on the merchants' own hosts."""
        return _picture(*await service.proof_by_link(proof_id, expires_s, signed))

    @get("/v1/events", EventFeed)
    async def read_events(
        actor: MerchantActor = merchant,
        after: Annotated[str | None, Query(description="`next_cursor` of the last answer; leave out to begin")] = None,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    ) -> Response:
        """All events of the last 30 days in order; ask again with `next_cursor` for what came since."""
        events, cursor = await service.feed(actor.merchant_id, actor.mode, after=after, limit=limit)
        return _json({"items": [views.event_json(event) for event in events], "next_cursor": cursor})


_NO_REASON: Final = Reason()


def _getter(routes: APIRouter, *problems: type[Any]) -> Callable[..., Callable[..., Any]]:
    def get(path: str, model: type[Any]) -> Callable[..., Any]:
        return routes.get(path, response_model=model, responses=responses(*_ALWAYS, *problems))

    return get


async def _page(
    service: DeliveriesService, merchant_id: str | None, wanted: DeliveryFilter, mode: str | None, query: ListQuery
) -> Response:
    page = await service.list(merchant_id, wanted, mode=mode, cursor=query.cursor, limit=query.limit)
    items = [service.told(view) for view in page.items]
    return _json({"items": items, "next_cursor": page.next_cursor})


def _by(actor: MerchantActor) -> Actor:
    return Actor(Who.MERCHANT, actor.actor_id)


def _json(body: Json, status: int = 200) -> Response:
    return Response(orjson.dumps(body), status_code=status, media_type="application/json")


def _items(items: list[Json]) -> Response:
    return _json({"items": items, "next_cursor": None})


def _answer(status: int, body: Json, replayed: bool) -> Response:
    response = Response(
        orjson.dumps(body), status_code=status, media_type="application/json" if status < 400 else PROBLEM_JSON
    )
    if replayed:
        response.headers[REPLAYED_HEADER] = "true"
    return response


def _picture(media_type: str, content: bytes) -> Response:
    # The bytes come from a stranger's phone: never let a browser guess what they are, or run them.
    headers = {
        "X-Content-Type-Options": "nosniff",
        "Content-Disposition": "inline; filename=proof.jpg",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cache-Control": "private, max-age=3600",
    }
    return Response(content, media_type=media_type, headers=headers)
