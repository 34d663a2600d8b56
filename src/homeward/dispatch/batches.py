"""Tells deliveries which of them go together, as soon as it is known and whenever it changes.

The rule is `policy.batches`; docs/explanation/batches.md explains it. An accepted offer is told at once. What changes
otherwise (a delivery leaves, a route gets another order) is seen by the planner's next round.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from homeward.deliveries.model import Batch, BatchMember, DispatchDelivery, LegKind
from homeward.deliveries.service import DeliveriesService
from homeward.dispatch import policy
from homeward.dispatch.model import StopRef
from homeward.infra.db import Database, Tx
from homeward.kit.ids import new_id

Changes = Mapping[str, Batch | None]


class Settling:
    """Keeps the batches of whole markets right, from rows that a round has read anyway.

    It remembers what it has settled, so that a round in which nobody's trips changed costs no query. Losing that
    memory costs one.
    """

    def __init__(self, db: Database, deliveries: DeliveriesService) -> None:
        self._db = db
        self._deliveries = deliveries
        self._settled: dict[str, object] = {}

    async def settle(
        self,
        market_id: str,
        rows: Iterable[DispatchDelivery],
        left: Mapping[str, Sequence[StopRef]],
        now: datetime,
    ) -> None:
        """Writes what is no longer told right, in a transaction of its own: deliveries are held in one order only."""
        by_courier = _by_courier(rows)
        seen = {one: (policy.trips(left.get(one, ())), theirs) for one, theirs in by_courier.items()}
        if self._settled.get(market_id) == seen:
            return
        missing = _unaccounted(member for theirs in by_courier.values() for member in theirs)
        past = await self._past(missing) if missing else {}
        changed = {
            courier_id: changes
            for courier_id, theirs in by_courier.items()
            if (changes := changes_of(left.get(courier_id, ()), theirs, past, now))
        }
        if changed:
            async with self._db.operator() as tx:
                await self._deliveries.rebatch(tx, changed, now)
        self._settled[market_id] = seen

    async def _past(self, batch_ids: Collection[str]) -> Mapping[str, Sequence[BatchMember]]:
        async with self._db.operator() as tx:
            return await self._deliveries.ended_in_batches(tx, batch_ids)


async def with_accepted(
    tx: Tx, deliveries: DeliveriesService, order: Sequence[StopRef], members: Sequence[BatchMember], now: datetime
) -> Changes:
    """What changes when a courier goes by this order; `members` are what they carry and what they now accept."""
    missing = _unaccounted(members)
    past = await deliveries.ended_in_batches(tx, missing) if missing else {}
    return changes_of(order, members, past, now)


def changes_of(
    order: Sequence[StopRef],
    members: Sequence[BatchMember],
    ended: Mapping[str, Sequence[BatchMember]],
    now: datetime,
) -> Changes:
    """One courier's deliveries that are in another batch, or in another place of it, than they were told."""
    past = {batch_id: list(those) for batch_id, those in ended.items()}
    for member in members:
        if member.going_back and member.batch:
            past.setdefault(member.batch.id, []).append(member)
    by_id = {member.delivery_id: member for member in members}
    wanted = policy.batches(order, by_id, past, lambda: new_id("bat", now))
    return {delivery_id: batch for delivery_id, batch in wanted.items() if batch != by_id[delivery_id].batch}


def member_of(row: DispatchDelivery) -> BatchMember:
    return BatchMember(row.id, row.merchant_id, row.batch, row.leg_kind is LegKind.RETURN)


def _by_courier(rows: Iterable[DispatchDelivery]) -> dict[str, list[BatchMember]]:
    found: dict[str, list[BatchMember]] = {}
    for row in rows:
        if row.courier_id is not None:
            found.setdefault(row.courier_id, []).append(member_of(row))
    return found


def _unaccounted(members: Iterable[BatchMember]) -> set[str]:
    """Batches of which somebody is not among these any more: it has ended, or it has left."""
    batches = [member.batch for member in members if member.batch]
    present = Counter(batch.id for batch in batches)
    return {batch.id for batch in batches if batch.count > present[batch.id]}
