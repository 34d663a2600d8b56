"""What must be put right before a plan: offers that ran out or went stale, couriers who vanished or finished.

Everything runs in the transaction that took the lease, so only the planner in charge does it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from homeward.deliveries.model import Actor, DispatchDelivery, LegKind, Who
from homeward.deliveries.service import DeliveriesService
from homeward.deliveries.states import WITH_COURIER_BEFORE_PICKUP
from homeward.dispatch import policy
from homeward.dispatch import repository as store
from homeward.dispatch.model import EVERYBODY, Offer, OfferState, OpenDelivery, Shift, StopRef, StoredRoute
from homeward.dispatch.open_offers import standing
from homeward.dispatch.open_offers.model import OpenOffer
from homeward.dispatch.policy_values import DispatchPolicy
from homeward.fleets.couriers.model import Courier
from homeward.fleets.couriers.service import CouriersService
from homeward.infra.db import Tx

PLANNER: Final = Actor(Who.SYSTEM, "planner")
# Who was asked before that is as rested as who never was.
_ASKED_LATELY: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class MarketState:
    """A market's rows after the housekeeping."""

    rows: tuple[DispatchDelivery, ...]
    deliveries: tuple[OpenDelivery, ...]
    couriers: tuple[Courier, ...]
    offers: tuple[Offer, ...]
    routes: Mapping[str, StoredRoute]
    left: Mapping[str, tuple[StopRef, ...]]  # by courier, the stops still to be made
    expired: int
    withdrawn: int
    unassigned: int
    open_offers: tuple[OpenOffer, ...]
    shifts: Mapping[str, Shift]  # by courier on duty


def open_delivery(row: DispatchDelivery, offered_to: str | None, refused_by: Sequence[str]) -> OpenDelivery:
    return OpenDelivery(
        id=row.id,
        store_id=row.store_id,
        state=row.state.value,
        service_class=row.service_class.value,
        pickup=row.pickup,
        dropoff=row.dropoff,
        weight_g=row.weight_g,
        volume_l=row.volume_l,
        skills=tuple(sorted(row.skills)),
        ready_at=row.ready_at,
        search_from=row.search_from,
        window_earliest=row.window_earliest,
        promised_by=row.promised_by,
        eta=row.eta,
        attention=row.attention,
        courier_id=row.courier_id,
        leg_id=row.leg_id,
        going_back=row.leg_kind is LegKind.RETURN,
        picked_up_at=row.picked_up_at or (row.created_at if row.leg_kind is LegKind.RETURN else None),
        offered_to=offered_to,
        refused_by=tuple(sorted(refused_by)),
        merchant_id=row.merchant_id,
        at_store_since=row.at_store_since,
        machines="never" if row.rescue else str(row.machines),  # people help machines, and people
        rescue=row.rescue is not None,
        goods=row.goods,
    )


async def live_deliveries(
    tx: Tx, deliveries: DeliveriesService, market_id: str, *, courier_id: str | None = None
) -> list[DispatchDelivery]:
    """Open ones of real money: nobody drives for a test key. With a `courier_id` only what that courier has."""
    rows = await deliveries.open_for_dispatch(tx, market_id, courier_id=courier_id)
    return sorted((row for row in rows if row.mode == "live"), key=lambda row: row.id)


async def as_it_stands(
    tx: Tx,
    deliveries: DeliveriesService,
    couriers: CouriersService,
    market_id: str,
    now: datetime,
    rules: DispatchPolicy,
) -> MarketState:
    """The same rows for who only looks: nothing is put right, and couriers' shifts so far are left out."""
    on_duty = await couriers.on_duty(tx, market_id)
    rows = await live_deliveries(tx, deliveries, market_id)
    offers = [offer for offer in await store.open_offers(tx, market_id) if offer.expires_at > now]
    to_all = await standing.open_in(tx, market_id)
    seen = await with_answers(tx, rows, offers, to_all, now, rules)
    routes = await store.routes(tx, market_id)
    return MarketState(
        rows=tuple(rows),
        deliveries=tuple(seen),
        couriers=tuple(on_duty),
        offers=tuple(offers),
        routes=routes,
        left=left_by_courier(seen, routes),
        expired=0,
        withdrawn=0,
        unassigned=0,
        open_offers=tuple(to_all),
        shifts={},
    )


class Housekeeping:
    """One round for one market."""

    def __init__(self, deliveries: DeliveriesService, couriers: CouriersService) -> None:
        self._deliveries = deliveries
        self._couriers = couriers

    async def run(self, tx: Tx, market_id: str, now: datetime, rules: DispatchPolicy) -> MarketState:
        on_duty = list(await self._couriers.on_duty(tx, market_id))
        rows = await live_deliveries(tx, self._deliveries, market_id)
        unassigned = await self._let_go_of_lost(tx, rows, on_duty, now)
        if unassigned:
            rows = await live_deliveries(tx, self._deliveries, market_id)
        offers = await store.open_offers(tx, market_id)
        offers, expired = await self._expire(tx, offers, now)
        offers, withdrawn = await self._withdraw_stale(tx, offers, rows, on_duty, now)
        current = {row.id: open_delivery(row, None, ()) for row in rows}
        to_all = await standing.withdraw_stale(tx, market_id, current, now)
        deliveries = await with_answers(tx, rows, offers, to_all, now, rules)
        routes = await store.routes(tx, market_id)
        left = left_by_courier(deliveries, routes)
        await self._clear_finished(tx, market_id, routes, left, now)
        asked = {offer.courier_id for offer in offers}
        home = [c.id for c in on_duty if c.winding_down(now) and c.id not in left and c.id not in asked]
        if home:
            home = await self._send_home(tx, market_id, home)
        shifts = await store.shifts(
            tx,
            market_id,
            {courier.id: courier.duty_since or now for courier in on_duty},
            noes_since=now - timedelta(seconds=rules.acceptance.noes_s),
            asked_since=now - _ASKED_LATELY,
        )
        return MarketState(
            rows=tuple(rows),
            deliveries=tuple(deliveries),
            couriers=tuple(c for c in on_duty if c.id not in home),
            offers=tuple(offers),
            routes=routes,
            left=left,
            expired=expired,
            withdrawn=withdrawn,
            unassigned=unassigned,
            open_offers=to_all,
            shifts=shifts,
        )

    async def _send_home(self, tx: Tx, market_id: str, courier_ids: Sequence[str]) -> list[str]:
        """Ends the duty of those who, held, still have nothing to do: they may have accepted a moment ago."""
        for courier_id in courier_ids:
            await store.hold_courier(tx, courier_id)
        busy = {row.courier_id for row in await live_deliveries(tx, self._deliveries, market_id)}
        home = [courier_id for courier_id in courier_ids if courier_id not in busy]
        await self._couriers.end_duty(tx, home)
        return home

    async def _let_go_of_lost(
        self, tx: Tx, rows: Sequence[DispatchDelivery], on_duty: Sequence[Courier], now: datetime
    ) -> int:
        """A vanished courier loses what they have not picked up; what they carry becomes a person's business."""
        lost = {courier.id for courier in on_duty if courier.contact_lost_at is not None}
        unassigned = 0
        for row in rows:
            with_lost = row.courier_id in lost and row.leg_id is not None
            if with_lost and row.state in WITH_COURIER_BEFORE_PICKUP:
                await self._deliveries.unassign(tx, row.id, reason=policy.LOST_CONTACT, by=PLANNER, at=now)
                unassigned += 1
            elif with_lost and row.leg_id is not None and row.attention != policy.LOST_CONTACT:
                await self._deliveries.lose_contact(tx, row.leg_id, now)
            elif not with_lost and row.attention == policy.LOST_CONTACT:
                await self._deliveries.clear_flag(tx, row.id, now)
        return unassigned

    async def _expire(self, tx: Tx, offers: Sequence[Offer], now: datetime) -> tuple[list[Offer], int]:
        over = [offer.id for offer in offers if offer.expires_at <= now]
        expired = await store.close_offer(tx, over, OfferState.EXPIRED, now) if over else 0
        return [offer for offer in offers if offer.id not in over], expired

    async def _withdraw_stale(
        self,
        tx: Tx,
        offers: Sequence[Offer],
        rows: Sequence[DispatchDelivery],
        on_duty: Sequence[Courier],
        now: datetime,
    ) -> tuple[list[Offer], int]:
        """Offers that are no longer true: the delivery is gone or changed, or the courier is."""
        current = {row.id: open_delivery(row, None, ()) for row in rows}
        able = {
            courier.id
            for courier in on_duty
            if courier.contact_lost_at is None
            and courier.status == "active"
            and courier.closed is None
            and not courier.winding_down(now)
        }
        withdrawn = 0
        kept = []
        for offer in offers:
            reason = _why_stale(offer, current, able)
            if reason is None:
                kept.append(offer)
            else:
                withdrawn += await store.close_offer(tx, [offer.id], OfferState.WITHDRAWN, now, reason)
        return kept, withdrawn

    async def _clear_finished(
        self,
        tx: Tx,
        market_id: str,
        routes: Mapping[str, StoredRoute],
        left: Mapping[str, Sequence[StopRef]],
        now: datetime,
    ) -> None:
        for courier_id, route in routes.items():
            if route.stops and courier_id not in left:
                await store.save_route(tx, market_id, StoredRoute(courier_id, route.version, ()), now)


def _why_stale(offer: Offer, current: Mapping[str, OpenDelivery], able: set[str]) -> str | None:
    if offer.courier_id not in able:
        return "courier_gone"
    for delivery_id in offer.delivery_ids:
        delivery = current.get(delivery_id)
        if delivery is None or not delivery.searching:
            return "delivery_gone"
        if policy.fingerprint(delivery) != offer.basis.get(delivery_id):
            return "delivery_changed"
    return None


async def with_answers(
    tx: Tx,
    rows: Sequence[DispatchDelivery],
    offers: Sequence[Offer],
    to_all: Sequence[OpenOffer],
    now: datetime,
    rules: DispatchPolicy,
) -> list[OpenDelivery]:
    offered_to = {one.delivery_id: EVERYBODY for one in to_all}
    offered_to |= {delivery_id: offer.courier_id for offer in offers for delivery_id in offer.delivery_ids}
    nobody_took = await standing.nobody_took(tx, [row.id for row in rows if row.state.value == "searching"])
    refused = await store.refusals(
        tx,
        [row.id for row in rows if row.state.value == "searching"],
        declined_since=now - timedelta(seconds=rules.offers.decline_remembered_s),
        expired_since=now - timedelta(seconds=rules.offers.expiry_remembered_s),
    )
    return [
        replace(
            open_delivery(row, offered_to.get(row.id), sorted(refused.get(row.id, ()))),
            nobody_took_at=nobody_took.get(row.id),
        )
        for row in rows
    ]


def left_by_courier(
    deliveries: Sequence[OpenDelivery], routes: Mapping[str, StoredRoute]
) -> dict[str, tuple[StopRef, ...]]:
    carried: dict[str, list[OpenDelivery]] = {}
    for delivery in deliveries:
        if delivery.courier_id is not None and not delivery.searching:
            carried.setdefault(delivery.courier_id, []).append(delivery)
    return {
        courier_id: policy.left_to_do(routes[courier_id].refs if courier_id in routes else (), theirs)
        for courier_id, theirs in carried.items()
    }
