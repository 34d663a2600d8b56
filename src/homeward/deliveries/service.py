"""Deliveries for merchants and operators: book, follow, change, cancel, bring back. Custody comes with it."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, Final

from homeward.deliveries import policy, read_model, repository
from homeward.deliveries.booking import Booked, Booking, Quotes
from homeward.deliveries.changing import Changing
from homeward.deliveries.custody import locked
from homeward.deliveries.model import (
    Actor,
    BookRequest,
    Delivery,
    DeliveryEvent,
    DeliveryFilter,
    DeliveryView,
    Leg,
    Proof,
)
from homeward.deliveries.proof_links import ProofLink, link_to, link_to_pdf, opens
from homeward.deliveries.relay import NO_RELAY, CourierContact, Relay
from homeward.deliveries.states import BEFORE_PICKUP, Act
from homeward.deliveries.views import delivery_json
from homeward.infra import idempotency
from homeward.infra.auth import MerchantActor
from homeward.infra.db import Database, Tx
from homeward.infra.event_log import START, LoggedEvent, Position, read_after
from homeward.kit.clock import Clock
from homeward.kit.paging import Page, decode_cursor, encode_cursor
from homeward.kit.problems import FieldError, MalformedRequest, NotFound, jsonable

MAX_PAGE: Final = 200
FEED_DAYS: Final = 30


class DeliveriesService(Changing):
    """`merchant_id=None` is the operator's view over all merchants; `mode` then may be None for both."""

    def __init__(self, db: Database, clock: Clock, quotes: Quotes, base_url: str, relay: Relay = NO_RELAY) -> None:
        super().__init__(db, clock, quotes, relay)
        self.base_url = base_url
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

    def contact(self, view: DeliveryView) -> CourierContact | None:
        """How its courier may be called now."""
        return self.relay.contact(view, self._clock.now())

    def told(self, view: DeliveryView) -> dict[str, Any]:
        """As its merchant and the operator read it."""
        return delivery_json(view, self.base_url, self.contact(view))

    async def behind_relay_code(self, tx: Tx, code: str) -> DeliveryView | None:
        """Whose leg has this code, or was the last to have it."""
        return await read_model.view_by_relay_code(tx, code)

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

    async def troubled(self, limit: int = MAX_PAGE) -> Sequence[tuple[DeliveryView, datetime | None]]:
        """Of all merchants: what needs a person or misses its promise, with when it was flagged."""
        async with self._db.operator() as tx:
            return await read_model.troubled(tx, self._clock.now(), limit)

    async def together_with(self, merchant_id: str | None, view: DeliveryView) -> Sequence[DeliveryView]:
        """The others of its batch, as far as the merchant sees them: its own."""
        if view.delivery.batch is None:
            return ()
        found = await self.list(merchant_id, DeliveryFilter(batch_id=view.delivery.batch.id), limit=MAX_PAGE)
        return [one for one in found.items if one.delivery.id != view.delivery.id]

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


def _found(view: DeliveryView | None, delivery_id: str) -> DeliveryView:
    if view is None:
        raise NotFound("delivery", delivery_id)
    return view


def _position(cursor: str) -> Position:
    parts = decode_cursor(cursor, 2)
    if not all(part.isdecimal() and int(part) < 2**63 for part in parts):
        raise MalformedRequest([FieldError("/after", "bad-cursor", "use a cursor from an earlier answer, unchanged")])
    return Position(int(parts[0]), int(parts[1]))
