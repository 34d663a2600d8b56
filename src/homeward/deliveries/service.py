"""Deliveries for merchants and operators: book, follow, change, cancel, bring back. Custody comes with it."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from typing import Any, Final

from homeward.deliveries import booking_policy, policy, read_model, repository
from homeward.deliveries.booking import Booked, Booking, Quotes, new_pin
from homeward.deliveries.custody import locked
from homeward.deliveries.errors import ActNotPossible
from homeward.deliveries.merchant_acts import MerchantActs
from homeward.deliveries.model import (
    Actor,
    BookRequest,
    ChangeRequest,
    Delivery,
    DeliveryEvent,
    DeliveryFilter,
    DeliveryView,
    Leg,
    NewEvent,
    Proof,
    StopDetails,
)
from homeward.deliveries.proof_links import ProofLink, link_to, link_to_pdf, opens
from homeward.deliveries.states import BEFORE_PICKUP, OPEN, Act, acts_open_to
from homeward.infra import idempotency
from homeward.infra.auth import MerchantActor
from homeward.infra.db import Database, Tx
from homeward.infra.event_log import START, LoggedEvent, Position, read_after
from homeward.kit.clock import Clock
from homeward.kit.paging import Page, decode_cursor, encode_cursor
from homeward.kit.places import LatLon, great_circle_m
from homeward.kit.problems import FieldError, MalformedRequest, NotFound, Problem, jsonable
from homeward.quotes.model import CONFIRM_ADDRESS, Quote, QuoteRequest

MAX_PAGE: Final = 200
FEED_DAYS: Final = 30


class DeliveriesService(MerchantActs):
    """`merchant_id=None` is the operator's view over all merchants; `mode` then may be None for both."""

    def __init__(self, db: Database, clock: Clock, quotes: Quotes, base_url: str) -> None:
        super().__init__(db, clock)
        self.base_url = base_url
        self._quotes = quotes
        self._booking = Booking(db, clock, quotes, base_url)

    async def book(self, actor: MerchantActor, request: BookRequest, key: str) -> Booked:
        """See Booking.book."""
        return await self._booking.book(actor, request, key)

    # ── read ──

    async def get(self, merchant_id: str | None, delivery_id: str, *, mode: str | None = None) -> DeliveryView:
        async with self._scope(merchant_id) as tx:
            return _found(await read_model.view(tx, delivery_id, mode=mode), delivery_id)

    async def by_external_id(self, merchant_id: str, mode: str, external_id: str) -> DeliveryView:
        """By the merchant's own number. Raises NotFound."""
        async with self._db.merchant(merchant_id) as tx:
            found = await repository.by_external_id(tx, merchant_id, mode, external_id)
            view = await read_model.view(tx, found[0]) if found else None
        return _found(view, external_id)

    async def id_in(self, tx: Tx, merchant_id: str, mode: str, external_id: str) -> str | None:
        """Which delivery has the merchant's number, inside the caller's transaction."""
        found = await repository.by_external_id(tx, merchant_id, mode, external_id)
        return found[0] if found else None

    async def view_in(self, tx: Tx, delivery_id: str) -> DeliveryView:
        """Inside the caller's transaction, as far as its role sees."""
        return _found(await read_model.view(tx, delivery_id), delivery_id)

    async def by_tracking_token(self, token: str) -> DeliveryView:
        """For the shopper's page: whoever has the link may look."""
        async with self._db.operator() as tx:
            return _found(await read_model.view_by_token(tx, token), "(link)")

    async def list(
        self,
        merchant_id: str | None,
        wanted: DeliveryFilter,
        *,
        mode: str | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> Page[DeliveryView]:
        """The newest first."""
        before = decode_cursor(cursor, 1)[0] if cursor else None
        size = max(1, min(limit, MAX_PAGE))
        async with self._scope(merchant_id) as tx:
            views = await read_model.page(tx, wanted, mode=mode, before=before, limit=size + 1)
        more = len(views) > size
        return Page(views[:size], encode_cursor(views[size - 1].delivery.id) if more else None)

    async def events(
        self, merchant_id: str | None, delivery_id: str, *, mode: str | None = None
    ) -> Sequence[DeliveryEvent]:
        await self.get(merchant_id, delivery_id, mode=mode)
        async with self._scope(merchant_id) as tx:
            return await repository.events(tx, delivery_id)

    async def legs(self, merchant_id: str | None, delivery_id: str, *, mode: str | None = None) -> Sequence[Leg]:
        view = await self.get(merchant_id, delivery_id, mode=mode)
        async with self._scope(merchant_id) as tx:
            return await repository.legs(tx, view.delivery.merchant_id, delivery_id)

    async def proofs(self, merchant_id: str | None, delivery_id: str, *, mode: str | None = None) -> Sequence[Proof]:
        await self.get(merchant_id, delivery_id, mode=mode)
        async with self._scope(merchant_id) as tx:
            return await repository.proofs(tx, delivery_id)

    async def legs_in(self, tx: Tx, delivery: Delivery) -> Sequence[Leg]:
        """Inside the caller's transaction."""
        return await repository.legs(tx, delivery.merchant_id, delivery.id)

    async def proofs_in(self, tx: Tx, delivery_id: str) -> Sequence[Proof]:
        """Inside the caller's transaction."""
        return await repository.proofs(tx, delivery_id)

    async def linked_proofs(
        self, merchant_id: str, delivery_id: str, *, mode: str | None = None
    ) -> Sequence[tuple[Proof, ProofLink | None]]:
        """Each proof with the link that opens its picture without a key."""
        view = await self.get(merchant_id, delivery_id, mode=mode)
        now = self._clock.now()
        proofs = await self.proofs(merchant_id, delivery_id, mode=mode)
        return [(proof, link_to(proof, view, self.base_url, now)) for proof in proofs]

    async def pdf_link(self, merchant_id: str, delivery_id: str, *, mode: str | None = None) -> ProofLink:
        """The link that opens the sheet with all proofs."""
        view = await self.get(merchant_id, delivery_id, mode=mode)
        return link_to_pdf(view, self.base_url, self._clock.now())

    async def proof_by_link(self, proof_id: str, expires_s: int, signed: str) -> tuple[str, bytes]:
        """Media type and bytes, for whoever holds a link. Raises NotFound for every reason not to show it."""
        async with self._db.operator() as tx:
            found = await repository.proof_content(tx, proof_id)
            view = await read_model.view(tx, found[2]) if found else None
        token = view.delivery.tracking_token if view else ""
        if found is None or not opens(token, proof_id, expires_s, signed, self._clock.now()):
            raise NotFound("proof", proof_id)
        return found[0], found[1]

    async def proof_content(
        self, merchant_id: str | None, proof_id: str, *, delivery_id: str | None = None, mode: str | None = None
    ) -> tuple[str, bytes]:
        """Media type and bytes. With a `delivery_id` only if the proof belongs to it (the shopper's page asks so)."""
        async with self._scope(merchant_id) as tx:
            found = await repository.proof_content(tx, proof_id, mode)
        if found is None or delivery_id not in (None, found[2]):
            raise NotFound("proof", proof_id)
        return found[0], found[1]

    async def feed(
        self, merchant_id: str, mode: str, *, after: str | None = None, limit: int = 100
    ) -> tuple[Sequence[LoggedEvent], str]:
        """The merchant's events of the last 30 days in the order of their commits, and where to go on."""
        position = _position(after) if after else START
        async with self._db.merchant(merchant_id) as tx:
            events = await read_after(tx, position, max(1, min(limit, 1000)), mode=mode, max_age_days=FEED_DAYS)
        last = events[-1].position if events else position
        return events, encode_cursor(last.xid, last.id)

    # ── change ──

    async def change(
        self, merchant_id: str, delivery_id: str, request: ChangeRequest, by: Actor, *, mode: str | None = None
    ) -> DeliveryView:
        """Change what the state still allows. Raises FieldsLocked, NewQuoteNeeded and the quote's refusals."""
        now = self._clock.now()
        measured: Quote | None = None
        if request.address or request.place:
            view = await self.get(merchant_id, delivery_id, mode=mode)
            _grant(policy.check_change(view.delivery, request))
            measured = await self._measure(view.delivery, request)
        async with self._db.merchant(merchant_id) as tx:
            delivery = await locked(tx, delivery_id, mode)
            _grant(policy.check_change(delivery, request))
            if request.ready_at:
                _grant(policy.check_new_ready_at(delivery, request.ready_at))
                # What was ready long ago is ready now; the search for a courier must not move into the past with it.
                request = replace(request, ready_at=max(request.ready_at, now))
            changes = _changes(delivery, request, measured, new_pin)
            if changes:
                event = NewEvent("delivery.changed", {"fields": policy.asked_fields(request)})
                flags = policy.attention_events(delivery.attention, changes.get("attention", delivery.attention))
                await self.write(tx, delivery, [event, *flags], at=now, by=by, **changes)
            return await self.view_in(tx, delivery_id)

    async def confirm_address(
        self, merchant_id: str | None, delivery_id: str, place: LatLon, by: Actor, *, mode: str | None = None
    ) -> DeliveryView:
        """A person has set the pin. A pin far from the priced one must not cost more road than was priced."""
        view = await self.get(merchant_id, delivery_id, mode=mode)
        if great_circle_m(await self._priced_pin(view.delivery), place) > policy.PIN_MOVE_FREE_M:
            await self._measure(view.delivery, ChangeRequest(place=place))
        async with self._scope(merchant_id) as tx:
            delivery = await locked(tx, delivery_id, mode)
            if delivery.state not in OPEN:
                possible = [str(act) for act in acts_open_to(delivery.state, by.who)]
                raise ActNotPossible(delivery_id, "confirm_address", delivery.state, possible)
            attention = None if delivery.attention == CONFIRM_ADDRESS else delivery.attention
            events = [
                NewEvent("delivery.address_confirmed", {}),
                *policy.attention_events(delivery.attention, attention),
            ]
            dropoff = replace(delivery.dropoff, place=place, confidence=1.0)
            await self.write(tx, delivery, events, at=self._clock.now(), by=by, dropoff=dropoff, attention=attention)
            return await self.view_in(tx, delivery_id)

    async def _priced_pin(self, delivery: Delivery) -> LatLon:
        """The pin as found. Once a person has moved it, the quote's: many short moves would be a long one."""
        if delivery.dropoff.confidence < 1 or delivery.quote_id is None:
            return delivery.dropoff.place
        return (await self._quotes.get(delivery.merchant_id, delivery.quote_id)).dropoff.place

    async def _measure(self, delivery: Delivery, request: ChangeRequest) -> Quote:
        """Ask for the price and the road to the new door; refuse what goes beyond the first quote."""
        actor = MerchantActor(delivery.merchant_id, "test" if delivery.mode == "test" else "live", "change", "key")
        assert delivery.quote_id
        first = await self._quotes.get(delivery.merchant_id, delivery.quote_id)
        asked = QuoteRequest(
            store_id=delivery.store_id,
            parcel=delivery.parcel,
            address=request.address,
            place=request.place,
            ready_at=None,
            service_class=delivery.service_class,
        )
        again = await self._quotes.quote(actor, asked)
        _grant(policy.check_new_distance(delivery, first.distance_m, again.distance_m))
        return again

    # ── end and turn ──

    async def cancel(
        self, merchant_id: str | None, delivery_id: str, by: Actor, reason: str = "", *, mode: str | None = None
    ) -> DeliveryView:
        """Before pick-up. Raises PickedUpAlready after it: then ask for its return."""
        async with self._scope(merchant_id) as tx:
            return await self.cancel_in(tx, delivery_id, by, reason, mode=mode)

    async def cancel_in(
        self, tx: Tx, delivery_id: str, by: Actor, reason: str = "", *, mode: str | None = None
    ) -> DeliveryView:
        delivery = await locked(tx, delivery_id, mode)
        more: dict[str, Any] = {}
        changes: dict[str, Any] = {}
        if delivery.state in BEFORE_PICKUP:
            fee = policy.cancellation_fee(delivery.state, delivery.total, delivery.fees, by.who)
            more = {"fee": fee}
            changes = {"price": {**delivery.price, "cancellation_fee": jsonable(fee)}}
        await self.act(
            tx, delivery_id, Act.CANCEL, by=by, at=self._clock.now(), reason=reason or None, more=more, **changes
        )
        return await self.view_in(tx, delivery_id)

    async def return_to_store(
        self, merchant_id: str | None, delivery_id: str, by: Actor, reason: str = "", *, mode: str | None = None
    ) -> DeliveryView:
        """Call back a parcel that is on its way; the merchant owes the return fee of its tariff."""
        async with self._scope(merchant_id) as tx:
            return await self.return_in(tx, delivery_id, by, reason, mode=mode)

    async def return_in(
        self, tx: Tx, delivery_id: str, by: Actor, reason: str = "", *, mode: str | None = None
    ) -> DeliveryView:
        delivery = await locked(tx, delivery_id, mode)
        fee = policy.return_fee(delivery.total, delivery.fees, by.who)
        await self.act(
            tx,
            delivery_id,
            Act.TURN_BACK,
            by=by,
            at=self._clock.now(),
            reason=reason or None,
            more={"fee": fee},
            price={**delivery.price, "return_fee": jsonable(fee)},
        )
        return await self.view_in(tx, delivery_id)

    async def fail(self, delivery_id: str, by: Actor, reason: str) -> DeliveryView:
        """Give up on a delivery that cannot be finished any other way; the operator's last resort."""
        async with self._db.operator() as tx:
            return await self.fail_in(tx, delivery_id, by, reason)

    async def fail_in(self, tx: Tx, delivery_id: str, by: Actor, reason: str) -> DeliveryView:
        """As `fail`, inside the caller's transaction."""
        await self.act(tx, delivery_id, Act.FAIL, by=by, at=self._clock.now(), reason=reason)
        return await self.view_in(tx, delivery_id)

    async def once(
        self, actor: MerchantActor, route: str, key: str, body: Any, effect: Callable[[Tx], Awaitable[dict[str, Any]]]
    ) -> idempotency.Answer:
        """Run a merchant's command under its idempotency key."""

        async def answer(tx: Tx) -> tuple[int, dict[str, Any]]:
            return 200, await effect(tx)

        record = idempotency.Request(actor.merchant_id, actor.actor_id, route, key, body)
        return await idempotency.once(self._db, record, answer)

    def _scope(self, merchant_id: str | None) -> AbstractAsyncContextManager[Tx]:
        return self._db.operator() if merchant_id is None else self._db.merchant(merchant_id)


def _changes(
    delivery: Delivery, request: ChangeRequest, measured: Quote | None, draw_pin: Callable[[], str]
) -> dict[str, Any]:
    """The fields of the delivery that become different."""
    changes: dict[str, Any] = {}
    _grant(_wrong_wish(delivery, request))
    dropoff = _new_dropoff(delivery.dropoff, request, measured)
    if dropoff != delivery.dropoff:
        changes["dropoff"] = dropoff
    if request.pickup_instructions is not None:
        changes["pickup"] = replace(delivery.pickup, instructions=request.pickup_instructions)
    if request.ready_at:
        changes["ready_at"] = request.ready_at
        changes["search_from"] = policy.moved_search(delivery, request.ready_at)
    requirements = policy.new_requirements(delivery.requirements, request, draw_pin)
    if requirements != delivery.requirements:
        changes["requirements"] = requirements
    if request.metadata is not None:
        changes["metadata"] = dict(request.metadata)
    if request.contents is not None:
        _grant(booking_policy.check_currency(request.contents, delivery.total.currency))
        changes["contents"] = request.contents
    if request.door_data is not None:
        changes["door"] = replace(delivery.door, data=request.door_data)
    if measured:
        kept = None if delivery.attention == CONFIRM_ADDRESS else delivery.attention
        changes["attention"] = measured.attention[0] if measured.attention else kept
    return changes


_OF_THE_DOOR: Final = ("contact", "instructions", "unit", "building", "spot", "gate_code", "company")


def _wrong_wish(delivery: Delivery, request: ChangeRequest) -> Problem | None:
    """The wishes as they would be after the change must go together, as they must at a booking."""
    stop = delivery.dropoff
    if request.building or request.spot:
        refusal = booking_policy.check_spot(request.building or stop.building, request.spot or stop.spot)
        if refusal:
            return refusal
    after = policy.new_requirements(delivery.requirements, request, lambda: "")
    contents = request.contents or delivery.contents
    return booking_policy.check_wishes(after, contents)


def _new_dropoff(stop: StopDetails, request: ChangeRequest, measured: Quote | None) -> StopDetails:
    asked = {name: getattr(request, name) for name in _OF_THE_DOOR}
    said: dict[str, Any] = {name: value for name, value in asked.items() if value is not None}
    if measured:
        found = measured.dropoff
        said |= {"place": found.place, "address": found.label, "confidence": found.confidence}
    return replace(stop, **said)


def _found(view: DeliveryView | None, delivery_id: str) -> DeliveryView:
    if view is None:
        raise NotFound("delivery", delivery_id)
    return view


def _grant(refusal: Problem | None) -> None:
    if refusal:
        raise refusal


def _position(cursor: str) -> Position:
    parts = decode_cursor(cursor, 2)
    if not all(part.isdecimal() and int(part) < 2**63 for part in parts):
        raise MalformedRequest([FieldError("/after", "bad-cursor", "use a cursor from an earlier answer, unchanged")])
    return Position(int(parts[0]), int(parts[1]))
