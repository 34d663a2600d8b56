"""A courier's answer. Exactly one wins, whatever is answered at the same moment."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from homeward.deliveries.errors import ActNotPossible
from homeward.deliveries.model import BatchMember, CourierCard
from homeward.deliveries.service import DeliveriesService
from homeward.dispatch import policy
from homeward.dispatch import repository as store
from homeward.dispatch.batches import Changes, member_of, with_accepted
from homeward.dispatch.errors import CourierNotOnDuty, OfferExpired, OfferGone
from homeward.dispatch.housekeeping import live_deliveries, open_delivery
from homeward.dispatch.model import Offer, OfferState, RouteStop, StopRef, StoredRoute
from homeward.dispatch.offer_rows import insert_offer
from homeward.dispatch.pay import split_pay
from homeward.fleets.couriers.model import Courier
from homeward.infra.db import Database, Tx
from homeward.kit.clock import Clock
from homeward.kit.problems import NotFound

MAX_REASON: Final = 200


class AskedAlready(Exception):
    """The courier has an open offer of their own to answer first."""


class Answers:
    """Accept and decline. Locks are always taken in one order: offer, courier, deliveries by id, route."""

    def __init__(self, db: Database, clock: Clock, deliveries: DeliveriesService) -> None:
        self._db = db
        self._clock = clock
        self._deliveries = deliveries

    async def accept(self, courier: Courier, offer_id: str) -> None:
        """Gives the offer's deliveries to the courier, all or none. Accepting twice is accepting once.

        Raises OfferExpired, OfferGone (somebody was faster, or the delivery is gone or changed), CourierNotOnDuty.
        """
        now = self._clock.now()
        try:
            async with self._db.operator() as tx:
                offer = await self._answerable(tx, courier.id, offer_id, now)
                if offer.state is OfferState.ACCEPTED:
                    return
                if not await store.hold_courier(tx, courier.id):
                    raise CourierNotOnDuty(courier.id)
                await self._take(tx, courier, offer, now)
        except ActNotPossible as somebody_was_faster:
            await self._withdraw(offer_id, now)
            raise OfferGone(offer_id, OfferState.WITHDRAWN.value) from somebody_was_faster

    async def give(self, tx: Tx, courier: Courier, offer: Offer, now: datetime) -> None:
        """To who said yes to this very offer beforehand, inside the caller's savepoint.

        Raises AskedAlready, CourierNotOnDuty, ActNotPossible (the delivery is gone or changed).
        """
        if not await insert_offer(tx, replace(offer, state=OfferState.OPEN)):
            raise AskedAlready(courier.id)
        if not await store.hold_courier(tx, courier.id):
            raise CourierNotOnDuty(courier.id)
        await self._take(tx, courier, offer, now)

    async def decline(self, courier_id: str, offer_id: str, reason: str = "") -> None:
        """No harm in it; the planner asks somebody else. Declining twice is declining once."""
        now = self._clock.now()
        async with self._db.operator() as tx:
            offer = await self._answerable(tx, courier_id, offer_id, now)
            if offer.state is OfferState.ACCEPTED:
                raise OfferGone(offer_id, offer.state.value)
            await store.close_offer(tx, [offer_id], OfferState.DECLINED, now, reason[:MAX_REASON] or None)

    async def _answerable(self, tx: Tx, courier_id: str, offer_id: str, now: datetime) -> Offer:
        offer = await store.lock_offer(tx, offer_id, courier_id)
        if offer is None:
            raise NotFound("offer", offer_id)
        if offer.state is OfferState.EXPIRED or (offer.state is OfferState.OPEN and offer.expires_at <= now):
            raise OfferExpired(offer_id, offer.expires_at)
        if offer.state not in (OfferState.OPEN, OfferState.ACCEPTED):
            raise OfferGone(offer_id, offer.state.value)
        return offer

    async def _take(self, tx: Tx, courier: Courier, offer: Offer, now: datetime) -> None:
        accepted = await self._still_true(tx, courier.id, offer)
        pay = split_pay(offer.pay, offer.delivery_ids)
        card = CourierCard(courier.first_name, courier.vehicle.value, courier.initial)
        changes = await add_to_route(tx, self._deliveries, offer.market_id, courier.id, offer.route, accepted, now)
        for delivery_id in sorted(offer.delivery_ids):
            await self._deliveries.assign(
                tx,
                delivery_id,
                courier_id=courier.id,
                card=card,
                offer_id=offer.id,
                pay=pay[delivery_id],
                at=now,
                batch=changes.get(delivery_id),
            )
        already = {one: batch for one, batch in changes.items() if one not in offer.delivery_ids}
        await self._deliveries.rebatch(tx, {courier.id: already}, now)
        await store.close_offer(tx, [offer.id], OfferState.ACCEPTED, now)

    async def _still_true(self, tx: Tx, courier_id: str, offer: Offer) -> list[BatchMember]:
        """What the courier said yes to must still be what is to be done, and stay so."""
        await self._deliveries.hold_with_courier(tx, offer.delivery_ids, courier_id)
        rows = {row.id: row for row in await live_deliveries(tx, self._deliveries, offer.market_id)}
        for delivery_id in offer.delivery_ids:
            row = rows.get(delivery_id)
            if row is None or policy.fingerprint(open_delivery(row, None, ())) != offer.basis.get(delivery_id):
                raise ActNotPossible(delivery_id, "assign", row.state.value if row else "closed", [])
        return [member_of(rows[delivery_id]) for delivery_id in offer.delivery_ids]

    async def _withdraw(self, offer_id: str, now: datetime) -> None:
        async with self._db.operator() as tx:
            await store.close_offer(tx, [offer_id], OfferState.WITHDRAWN, now, "delivery_gone")


async def add_to_route(
    tx: Tx,
    deliveries: DeliveriesService,
    market_id: str,
    courier_id: str,
    order: tuple[StopRef, ...],
    accepted: Sequence[BatchMember],
    now: datetime,
) -> Changes:
    """Puts deliveries that are about to be assigned into the stored route: stops made stay, the next stop stays next.

    Answers which deliveries of the courier are in another batch by it.
    """
    stored = await store.route(tx, courier_id, lock=True)
    rows = await live_deliveries(tx, deliveries, market_id, courier_id=courier_id)
    left = policy.left_to_do(stored.refs, [open_delivery(row, None, ()) for row in rows])
    ids = [one.delivery_id for one in accepted]
    kept_times = {stop.ref: stop.eta for stop in stored.stops}
    done = tuple(stop for stop in stored.stops if stop.ref not in set(left) and stop.ref.delivery_id not in ids)
    new = policy.with_accepted(left, order, ids)
    stops = (*done, *(RouteStop(ref, kept_times.get(ref)) for ref in new))
    written = await store.save_route(tx, market_id, StoredRoute(courier_id, stored.version, stops), now)
    assert written, "the route was locked, or is new and the courier's only open offer was"
    return await with_accepted(tx, deliveries, new, [*map(member_of, rows), *accepted], now)
