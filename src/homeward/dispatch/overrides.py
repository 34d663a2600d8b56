"""What a person at the operator decides over the planner's head. Each act needs a reason and is kept."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from homeward.coverage.service import CoverageService
from homeward.deliveries.model import Actor, BatchMember, CourierCard, Delivery, DeliveryView
from homeward.deliveries.service import DeliveriesService
from homeward.deliveries.states import WITH_COURIER_BEFORE_PICKUP, State
from homeward.dispatch import repository as store
from homeward.dispatch.errors import CourierNotOnDuty, DrivesForAnother, NotReassignable
from homeward.dispatch.model import OfferState, StopKind, StopRef
from homeward.dispatch.offer_rows import shown_pay
from homeward.dispatch.offers import add_to_route
from homeward.dispatch.open_offers import standing
from homeward.dispatch.pay import at_least, due, offer_pay, with_rates
from homeward.dispatch.snapshots import market_policy, plan_settings
from homeward.dispatch.travel import Travel
from homeward.fleets.couriers.model import Courier
from homeward.fleets.couriers.service import CouriersService
from homeward.infra import audit
from homeward.infra.db import Database, Tx
from homeward.kit.clock import Clock
from homeward.kit.money import Money
from homeward.kit.problems import Problem


class Overrides:
    """Reassign and cancel."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        roads: Travel,
        coverage: CoverageService,
        deliveries: DeliveriesService,
        couriers: CouriersService,
    ) -> None:
        self._db = db
        self._clock = clock
        self._roads = roads
        self._coverage = coverage
        self._deliveries = deliveries
        self._couriers = couriers

    async def reassign(self, delivery_id: str, courier_id: str | None, by: Actor, reason: str) -> DeliveryView:
        """Takes a delivery from whoever has it, until the parcel is picked up, and gives it to `courier_id`.

        Without a courier the planner searches again, and does not ask the former one soon. Raises NotReassignable,
        CourierNotOnDuty, DrivesForAnother.
        """
        await self.move([delivery_id], courier_id, by, reason)
        return await self._deliveries.get(None, delivery_id)

    async def move(
        self,
        delivery_ids: Sequence[str],
        courier_id: str | None,
        by: Actor,
        reason: str,
        *,
        order: tuple[StopRef, ...] = (),
        still_true: Callable[[Tx], Awaitable[None]] | None = None,
    ) -> None:
        """Reassigns several at once, or none. `order` is the courier's route afterwards, where a person chose one.

        `still_true` is asked once everything is held, and raises if what the person saw is not so any more. Raises
        what `reassign` raises.
        """
        views = [await self._deliveries.get(None, delivery_id) for delivery_id in delivery_ids]
        courier = await self._couriers.get(courier_id) if courier_id else None
        for view in views:
            _check(view, courier)
        pay = {view.delivery.id: await self._pay(view, courier) for view in views} if courier else {}
        now = self._clock.now()
        async with self._db.operator() as tx:
            for delivery_id in delivery_ids:
                await self._withdraw_offers(tx, delivery_id, "reassigned")
            if courier is not None and not await store.hold_courier(tx, courier.id):
                raise CourierNotOnDuty(courier.id)
            if courier is not None:
                await self._deliveries.hold_with_courier(tx, list(delivery_ids), courier.id)
            if still_true is not None:
                await still_true(tx)
            for delivery_id in delivery_ids:
                current = await self._take(tx, delivery_id, by, now)
                if courier is not None:
                    await self._give(tx, current, courier, pay[delivery_id], by, now, order)
                await audit.record(
                    tx,
                    actor=by.label,
                    action="delivery.reassigned",
                    subject=delivery_id,
                    reason=reason,
                    data={"from": current.courier_id, "to": courier_id},
                )

    async def reorder(
        self,
        courier_id: str,
        order: tuple[StopRef, ...],
        by: Actor,
        reason: str,
        *,
        still_true: Callable[[Tx], Awaitable[None]],
    ) -> None:
        """The stops that a courier has promised, in another order; the next one stays next. Raises CourierNotOnDuty."""
        courier, now = await self._couriers.get(courier_id), self._clock.now()
        async with self._db.operator() as tx:
            if not await store.hold_courier(tx, courier_id):
                raise CourierNotOnDuty(courier_id)
            await still_true(tx)
            changes = await add_to_route(tx, self._deliveries, courier.market_id, courier_id, order, (), now)
            await self._deliveries.rebatch(tx, {courier_id: changes}, now)
            data = {"order": [ref.id for ref in order]}
            await audit.record(
                tx, actor=by.label, action="route.reordered", subject=courier_id, reason=reason, data=data
            )

    async def _take(self, tx: Tx, delivery_id: str, by: Actor, now: datetime) -> Delivery:
        """From whoever has it. The delivery as it was before."""
        current = (await self._deliveries.view_in(tx, delivery_id)).delivery
        if current.state in WITH_COURIER_BEFORE_PICKUP or (current.rescue and current.courier_id):
            await self._deliveries.unassign(tx, delivery_id, reason="reassigned", by=by, at=now)
        elif current.state is not State.SEARCHING and not current.rescue:
            raise NotReassignable(delivery_id, current.state.value)
        return current

    async def _give(
        self,
        tx: Tx,
        delivery: Delivery,
        courier: Courier,
        pay: Money,
        by: Actor,
        now: datetime,
        order: tuple[StopRef, ...],
    ) -> None:
        delivery_id = delivery.id
        order = order or (StopRef(delivery_id, StopKind.PICKUP), StopRef(delivery_id, StopKind.DROPOFF))
        accepted = [BatchMember(delivery_id, delivery.merchant_id, None)]
        changes = dict(await add_to_route(tx, self._deliveries, courier.market_id, courier.id, order, accepted, now))
        card = CourierCard(courier.first_name, courier.vehicle.value, courier.initial)
        batch = changes.pop(delivery_id, None)
        await self._deliveries.assign(
            tx, delivery_id, courier_id=courier.id, card=card, offer_id=None, pay=pay, at=now, by=by, batch=batch
        )
        await self._deliveries.rebatch(tx, {courier.id: changes}, now)

    async def goes_on(self, delivery_id: str, by: Actor, reason: str) -> DeliveryView:
        """Whoever is stranded with it goes on by themselves: nobody is asked, or comes, any more."""
        async with self._db.operator() as tx:
            await self._withdraw_offers(tx, delivery_id, "rescue_over")
            await self._deliveries.rescue_over(tx, delivery_id, by=by, at=self._clock.now(), reason=reason)
            await audit.record(tx, actor=by.label, action="delivery.rescue_over", subject=delivery_id, reason=reason)
            return await self._deliveries.view_in(tx, delivery_id)

    async def cancel(self, delivery_id: str, by: Actor, reason: str) -> DeliveryView:
        """Cancels for the merchant, before pickup. Raises what `deliveries.cancel` raises."""
        async with self._db.operator() as tx:
            await self._withdraw_offers(tx, delivery_id, "cancelled")
            view = await self._deliveries.cancel_in(tx, delivery_id, by, reason)
            await audit.record(tx, actor=by.label, action="delivery.cancelled", subject=delivery_id, reason=reason)
            return view

    async def fail(self, delivery_id: str, by: Actor, reason: str) -> DeliveryView:
        """Ends as failed what can end in no other way. Raises what an act upon the delivery raises."""
        async with self._db.operator() as tx:
            await self._withdraw_offers(tx, delivery_id, "failed")
            view = await self._deliveries.fail_in(tx, delivery_id, by, reason)
            await audit.record(tx, actor=by.label, action="delivery.failed", subject=delivery_id, reason=reason)
            return view

    async def withdraw(self, tx: Tx, delivery_id: str, reason: str) -> int:
        """Withdraws open offers with this delivery, inside the caller's transaction."""
        return await self._withdraw_offers(tx, delivery_id, reason)

    async def _withdraw_offers(self, tx: Tx, delivery_id: str, reason: str) -> int:
        now = self._clock.now()
        to_all = await standing.withdraw(tx, delivery_id, now, reason)
        asked = await store.lock_open_offers_for(tx, delivery_id)
        return to_all + await store.close_offer(tx, asked, OfferState.WITHDRAWN, now, reason)

    async def _pay(self, view: DeliveryView, courier: Courier) -> Money:
        """By the same rule as an offer; never below what the former courier had been promised or this one shown."""
        delivery = view.delivery
        market = await self._coverage.market(delivery.market_id)
        settings = with_rates(plan_settings(market, self._clock.now()), market_policy(market).pay)
        first = delivery.rescue.place if delivery.rescue else delivery.pickup.place
        places = [*([courier.place] if courier.place else []), first, delivery.dropoff.place]
        work_s = settings.pickup_s + settings.door_s
        distance_m = 0
        try:
            way = await self._roads.market(delivery.market_id).route(places, courier.profile)
            distance_m, work_s = way.distance_m, work_s + way.duration_s
        except Problem:
            # A person decides here and now: without roads the courier still gets the floor.
            distance_m = 0
        async with self._db.operator() as tx:
            shown = await shown_pay(tx, [delivery.id])
        usual = offer_pay(settings, deliveries=1, distance_m=distance_m, work_s=work_s)
        pay = at_least(due(courier.engagement, usual), shown.get(courier.id, 0)).total
        if not courier.engagement.paid_by_offer:
            return pay
        promised = view.leg.pay if view.leg is not None and delivery.courier_id else pay
        return max(pay, promised)


def _check(view: DeliveryView, courier: Courier | None) -> None:
    """What no override overrides. Raises NotReassignable, CourierNotOnDuty, DrivesForAnother."""
    delivery = view.delivery
    if courier is None:
        return
    if delivery.mode == "test":
        raise NotReassignable(delivery.id, delivery.state.value)  # only robots carry it
    if not (courier.on_duty and courier.market_id == delivery.market_id):
        raise CourierNotOnDuty(courier.id)
    if courier.employer_id not in (None, delivery.merchant_id):
        raise DrivesForAnother(courier.id)
