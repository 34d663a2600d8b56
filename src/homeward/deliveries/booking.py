"""Booking: a quote's option becomes a delivery, once. Delivery, events and idempotency record are one transaction."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Protocol

from homeward.deliveries import booking_policy, documents, policy, read_model, repository, views
from homeward.deliveries.errors import BookingIncomplete, ExternalIdTaken, NoOptionFits
from homeward.deliveries.model import (
    BookRequest,
    Contact,
    Delivery,
    DeliveryView,
    NewEvent,
    StopDetails,
)
from homeward.deliveries.states import State
from homeward.infra import idempotency
from homeward.infra.auth import MerchantActor
from homeward.infra.db import Database, Row, Tx
from homeward.kit.clock import Clock
from homeward.kit.ids import new_id, new_secret
from homeward.kit.places import LatLon
from homeward.kit.problems import NotFound, jsonable
from homeward.merchants.model import PickupPlace
from homeward.quotes.errors import QuoteAlreadyBooked
from homeward.quotes.model import BookableOption, Quote, QuoteOption, QuoteRequest

ROUTE: Final = "POST /v1/deliveries"
TRACKING_TOKEN_BITS: Final = 128

_STORE: Final = """
    SELECT s.name, s.address, s.lat, s.lon, s.phone, s.pickup_instructions, m.name AS merchant_name, m.tracking_domain
    FROM store s JOIN merchant m ON m.id = s.merchant_id
    WHERE s.merchant_id = %(merchant_id)s AND s.id = %(store_id)s
"""


class Quotes(Protocol):
    """What booking needs of the quotes."""

    async def quote(self, actor: MerchantActor, request: QuoteRequest) -> Quote: ...

    async def get(self, merchant_id: str, quote_id: str, mode: str | None = None) -> Quote: ...

    async def option_for_booking(
        self, tx: Tx, *, merchant_id: str, mode: str, quote_id: str, option_id: str, delivery_id: str
    ) -> BookableOption: ...


@dataclass(frozen=True, slots=True)
class Booked:
    """201 for a new delivery, 200 for the one that has this external_id already; replays repeat the first answer.

    `view` is the delivery that this call has made, for whoever tells of it in other words than `body`.
    """

    status: int
    body: Mapping[str, Any]
    replayed: bool
    view: DeliveryView | None = None


def new_pin() -> str:
    """Four digits for the door."""
    return f"{secrets.randbelow(10_000):04d}"


@dataclass(frozen=True, slots=True)
class _Secrets:
    """Drawn by the shell, so that the delivery itself can be composed purely."""

    tracking_token: str = field(repr=False)
    pickup_code: str
    pin: str = field(repr=False)
    return_pin: str = field(repr=False)

    @classmethod
    def draw(cls) -> "_Secrets":
        return cls(new_secret(TRACKING_TOKEN_BITS), new_secret(30).upper(), new_pin(), new_pin())


class Booking:
    def __init__(self, db: Database, clock: Clock, quotes: Quotes, base_url: str) -> None:
        self._db = db
        self._clock = clock
        self._quotes = quotes
        self._base_url = base_url

    async def book(self, actor: MerchantActor, request: BookRequest, key: str) -> Booked:
        """Book an option of a quote, or ask for a quote and book what fits.

        Raises QuoteExpired and the quote's refusals, BookingIncomplete, NoOptionFits, ExternalIdTaken, KeyReused.
        """
        refusal = booking_policy.check_booking(request, actor.mode)
        if refusal:
            raise refusal
        fingerprint = policy.content_hash(request)
        record = idempotency.Request(actor.merchant_id, actor.actor_id, ROUTE, key, fingerprint.hex())
        if request.quote_id is None and not await self._is_known(actor, request, record):
            quote = await self._quotes.quote(actor, _quote_request(request))  # roads are asked: no transaction is open
            chosen = (quote.id, choose(quote, request).id)
        else:
            chosen = (request.quote_id or "", request.option_id or "")

        made: DeliveryView | None = None

        async def effect(tx: Tx) -> tuple[int, dict[str, Any]]:
            nonlocal made
            found = await self._book_in(tx, actor, request, fingerprint, *chosen)
            if not isinstance(found, DeliveryView):
                return 200, found
            made = found
            return 201, views.delivery_json(made, self._base_url)

        answer = await idempotency.once(self._db, record, effect)
        return Booked(answer.status, answer.body, answer.replayed, made)

    async def _is_known(self, actor: MerchantActor, request: BookRequest, record: idempotency.Request) -> bool:
        """Whether this was booked before; then asking for a quote would be wasted, and might even be refused now."""
        async with self._db.merchant(actor.merchant_id) as tx:
            if await idempotency.is_known(tx, record):
                return True
            if request.external_id is None:
                return False
            return bool(await repository.by_external_id(tx, actor.merchant_id, actor.mode, request.external_id))

    async def _book_in(
        self, tx: Tx, actor: MerchantActor, request: BookRequest, fingerprint: bytes, quote_id: str, option_id: str
    ) -> DeliveryView | dict[str, Any]:
        """The delivery that is made, or the answer about an earlier one."""
        if not (quote_id and option_id):  # known from before, or not enough to book
            earlier = await self._earlier(tx, actor, request.external_id, fingerprint)
            if earlier is None:
                raise BookingIncomplete(missing=["option_id" if quote_id else "quote_id"])
            return earlier
        now = self._clock.now()
        delivery_id = new_id("dlv", now)
        try:
            bookable = await self._quotes.option_for_booking(
                tx,
                merchant_id=actor.merchant_id,
                mode=actor.mode,
                quote_id=quote_id,
                option_id=option_id,
                delivery_id=delivery_id,
            )
        except QuoteAlreadyBooked:
            # Perhaps by a twin of this request that was a moment faster.
            earlier = await self._earlier(tx, actor, request.external_id, fingerprint)
            if earlier is None:
                raise
            return earlier
        store = await store_row(tx, actor.merchant_id, bookable.quote.store_id)
        refusal = booking_policy.check_currency(request.contents, bookable.price.total.currency, request.tip)
        if refusal:
            raise refusal
        if request.redelivery_of:
            await _require_redelivery(tx, request.redelivery_of, actor.mode)
        delivery = compose(delivery_id, bookable, request, store, _Secrets.draw(), now)
        events = first_events(delivery)
        if not await repository.insert(tx, delivery, events, actor=actor.label, booked_as=fingerprint):
            # Another request with this external_id committed while we composed ours.
            earlier = await self._earlier(tx, actor, request.external_id, fingerprint)
            assert earlier, "the insert met a row that is not there"
            return earlier
        return DeliveryView(delivery, None, store["name"], store["merchant_name"], store["tracking_domain"])

    async def _earlier(
        self, tx: Tx, actor: MerchantActor, external_id: str | None, fingerprint: bytes
    ) -> dict[str, Any] | None:
        if external_id is None:
            return None
        found = await repository.by_external_id(tx, actor.merchant_id, actor.mode, external_id)
        if found is None:
            return None
        delivery_id, booked_as = found
        if booked_as != fingerprint:
            raise ExternalIdTaken(external_id, delivery_id)
        view = await read_model.view(tx, delivery_id)
        assert view
        return views.delivery_json(view, self._base_url)


async def store_row(tx: Tx, merchant_id: str, store_id: str) -> Row:
    """The store of a quote, with the names around it."""
    store = await tx.one(_STORE, merchant_id=merchant_id, store_id=store_id)
    assert store, "a quote names a store of its merchant"
    return store


# ── pure ──


def _quote_request(request: BookRequest) -> QuoteRequest:
    missing = [
        name
        for name, given in (
            ("store_id", request.store_id or request.store_external_id or request.pickup),
            ("parcel", request.parcel),
            ("dropoff/address", request.dropoff.address or request.dropoff.place),
        )
        if not given
    ]
    if missing:
        raise BookingIncomplete(missing)
    assert request.parcel
    return QuoteRequest(
        store_id=request.store_id or "",
        store_external_id=request.store_external_id,
        pickup=request.pickup,
        parcel=request.parcel,
        address=request.dropoff.address,
        place=request.dropoff.place,
        ready_at=request.ready_at,
        service_class=request.service_class,
        window=request.window,
    )


def choose(quote: Quote, request: BookRequest) -> QuoteOption:
    """The first option of the class asked for that lies in the window asked for; the first of all if neither was."""
    for option in quote.options:
        if request.service_class not in (None, option.service_class):
            continue
        if request.window and not (
            request.window.earliest <= option.window.earliest and option.window.latest <= request.window.latest
        ):
            continue
        return option
    raise NoOptionFits([views.option_json(option) for option in quote.options])


def compose(
    delivery_id: str,
    bookable: BookableOption,
    request: BookRequest,
    store: Row,
    drawn: _Secrets,
    now: datetime,
) -> Delivery:
    """The delivery as it is born."""
    quote, option = bookable.quote, bookable.option
    state = State.SCHEDULED if option.search_from > now else State.SEARCHING
    attention = quote.attention[0] if quote.attention else None
    return Delivery(
        id=delivery_id,
        merchant_id=quote.merchant_id,
        mode=quote.mode,
        market_id=quote.market_id,
        store_id=quote.store_id,
        quote_id=quote.id,
        external_id=request.external_id,
        state=state,
        attention=attention,
        seq=3 if attention else 2,
        service_class=option.service_class,
        pickup=pickup_stop(store, request.pickup, request.pickup_instructions, drawn.pickup_code),
        dropoff=_dropoff(quote, request),
        parcel=quote.parcel,
        contents=request.contents,
        requirements=booking_policy.required(request, drawn.pin, drawn.return_pin),
        ready_at=option.ready_at,
        search_from=max(now, option.search_from),
        window_earliest=option.window.earliest,
        promised_by=option.promised_by,
        eta=None,
        price=documents.price_document(bookable.price, bookable.fees),
        total=bookable.price.total,
        fees=bookable.fees,
        courier_id=None,
        tracking_token=drawn.tracking_token,
        metadata=request.metadata,
        created_at=now,
        updated_at=now,
        ended_at=None,
        door=request.door,
        tip_minor=request.tip.minor if request.tip else 0,
        notify=request.notify,
        redelivery_of=request.redelivery_of,
        robot=request.robot,
        times={state: now},
    )


def first_events(delivery: Delivery) -> list[NewEvent]:
    booked = {
        "service_class": delivery.service_class,
        "window_earliest": jsonable(delivery.window_earliest),
        "promised_by": jsonable(delivery.promised_by),
    }
    begins = policy.begin_event(delivery)
    return [NewEvent("delivery.booked", booked), begins, *policy.attention_events(None, delivery.attention)]


def pickup_stop(store: Row, named: PickupPlace | None, instructions: str | None, code: str | None) -> StopDetails:
    """Where the parcel is fetched; without instructions of its own the store's hold."""
    return StopDetails(
        place=LatLon(store["lat"], store["lon"]),
        address=store["address"],
        contact=_met_at(named, store),
        instructions=instructions or store["pickup_instructions"],
        code=code,
    )


def _dropoff(quote: Quote, request: BookRequest) -> StopDetails:
    found = quote.dropoff
    return StopDetails(
        place=found.place,
        address=found.label or found.address.line,
        unit=request.dropoff.unit or found.address.unit,
        contact=request.dropoff.contact,
        instructions=request.dropoff.instructions,
        confidence=found.confidence,
        company=request.dropoff.company,
        building=request.dropoff.building,
        spot=request.dropoff.spot,
        gate_code=request.dropoff.gate_code,
        neighbour=request.dropoff.neighbour,
    )


def _met_at(named: PickupPlace | None, store: Row) -> Contact:
    """Whom the courier meets; a booking that names the place also names them."""
    if named is None:
        return Contact(store["name"], store["phone"])
    return Contact(named.name, named.phone or store["phone"])


async def _require_redelivery(tx: Tx, earlier_id: str, mode: str) -> None:
    view = await read_model.view(tx, earlier_id, mode=mode)
    if view is None:
        raise NotFound("delivery", earlier_id)
    refusal = booking_policy.check_redelivery(view.delivery)
    if refusal:
        raise refusal
