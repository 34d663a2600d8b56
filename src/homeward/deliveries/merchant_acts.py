"""What a merchant does besides booking and ending: tips, the store's handshake, saying that the parcel is ready."""

from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from typing import Any

from homeward.deliveries import booking_policy, policy, read_model
from homeward.deliveries.custody import locked
from homeward.deliveries.model import Actor, Delivery, DeliveryView, Machines, NewEvent, Step
from homeward.deliveries.rescuing import Rescuing
from homeward.infra.db import Tx
from homeward.kit.money import Money
from homeward.kit.problems import NotFound, Problem, jsonable


class MerchantActs(Rescuing):
    """Each act is one transaction of one merchant, and safe to repeat."""

    async def tip(
        self, merchant_id: str, delivery_id: str, total: Money, by: Actor, *, mode: str | None = None
    ) -> DeliveryView:
        """Raise the tip to `total`. All of it is for whoever carried the parcel; it never lowers the pay.

        Raises TipOnlyUpward, TipTooHigh, TipTooLate, NobodyToTip, WrongCurrency.
        """
        async with self._db.merchant(merchant_id) as tx:
            delivery = await locked(tx, delivery_id, mode)
            _grant(booking_policy.check_tip(delivery, total, self._clock.now()))
            if total.minor > delivery.tip_minor:
                told = {"tip": jsonable(total), "added": jsonable(total - delivery.tip)}
                await self._note(tx, delivery, NewEvent("delivery.tipped", told), by, tip_minor=total.minor)
            return await seen(tx, delivery_id)

    async def confirm_handshake(
        self, merchant_id: str, delivery_id: str, step: Step, by: Actor, *, mode: str | None = None
    ) -> DeliveryView:
        """The store's system has compared the courier's code and found it right. Raises ActNotPossible."""
        async with self._db.merchant(merchant_id) as tx:
            delivery = await locked(tx, delivery_id, mode)
            wanted = delivery.requirements
            if step not in wanted.confirmed:
                _grant(policy.handshake_step(delivery, step, by.who))
                confirmed = replace(wanted, confirmed=(*wanted.confirmed, step))
                event = NewEvent("delivery.handshake_confirmed", {"step": step})
                await self._note(tx, delivery, event, by, requirements=confirmed)
            return await seen(tx, delivery_id)

    async def mark_ready(
        self, merchant_id: str, delivery_id: str, by: Actor, *, mode: str | None = None
    ) -> DeliveryView:
        """The parcel waits at the counter: no courier has to wait for it any more. Raises ActNotPossible."""
        now = self._clock.now()
        async with self._db.merchant(merchant_id) as tx:
            delivery = await locked(tx, delivery_id, mode)
            _grant(policy.before_pickup(delivery, by.who, "ready"))
            changes: dict[str, Any] = {}
            if delivery.ready_at > now:
                search_from = max(now, policy.moved_search(delivery, now))
                changes = {"ready_at": now, "search_from": search_from}
            if delivery.attention == "not_ready":
                changes["attention"] = None
            flags = policy.attention_events(delivery.attention, changes.get("attention", delivery.attention))
            events = [NewEvent("delivery.parcel_ready"), *flags]
            await self.write(tx, delivery, events, at=now, by=by, **changes)
            return await seen(tx, delivery_id)

    async def let_machines(self, delivery_id: str, allowed: bool, by: Actor) -> DeliveryView:
        """The shopper's word on machines, which may change until somebody has the parcel. Raises ActNotPossible."""
        async with self._db.operator() as tx:
            delivery = await locked(tx, delivery_id)
            machines = Machines.ALLOWED if allowed else Machines.NEVER
            if delivery.requirements.machines is not machines:
                _grant(policy.before_pickup(delivery, by.who, "let_machines"))
                event = NewEvent("delivery.changed", {"fields": ["machines"], "machines": machines})
                await self._note(
                    tx, delivery, event, by, requirements=replace(delivery.requirements, machines=machines)
                )
            return await seen(tx, delivery_id)

    def _scope(self, merchant_id: str | None) -> AbstractAsyncContextManager[Tx]:
        return self._db.operator() if merchant_id is None else self._db.merchant(merchant_id)

    async def _note(self, tx: Tx, delivery: Delivery, event: NewEvent, by: Actor, **changes: Any) -> None:
        await self.write(tx, delivery, [event], at=self._clock.now(), by=by, **changes)


async def seen(tx: Tx, delivery_id: str, mode: str | None = None) -> DeliveryView:
    """As far as the transaction's role sees. Raises NotFound."""
    view = await read_model.view(tx, delivery_id, mode=mode)
    if view is None:
        raise NotFound("delivery", delivery_id)
    return view


def _grant(refusal: Problem | None) -> None:
    if refusal:
        raise refusal
