"""The choice: when a round is over, one of the interested gets the delivery, by the published rule."""

from collections.abc import Sequence
from datetime import datetime

from homeward.coverage.service import CoverageService
from homeward.deliveries.errors import ActNotPossible
from homeward.deliveries.service import DeliveriesService
from homeward.dispatch.errors import CourierNotOnDuty
from homeward.dispatch.housekeeping import live_deliveries
from homeward.dispatch.offers import Answers, AskedAlready
from homeward.dispatch.open_offers import policy
from homeward.dispatch.open_offers import repository as store
from homeward.dispatch.open_offers.model import Draw, Entry, Invitation, OpenOffer, OpenOfferState, Result
from homeward.dispatch.policy import closed_to_offers
from homeward.fleets.couriers.model import Courier
from homeward.fleets.couriers.service import CouriersService
from homeward.infra.db import Database, Tx
from homeward.kit.clock import Clock


class NotFree(Exception):
    """The chosen one has taken other work since, or takes none any more: the next in the ranking is asked."""


class Choosing:
    """One choice is one transaction. It holds the open offer, then one courier at a time."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        coverage: CoverageService,
        deliveries: DeliveriesService,
        couriers: CouriersService,
        answers: Answers,
    ) -> None:
        self._db = db
        self._clock = clock
        self._coverage = coverage
        self._deliveries = deliveries
        self._couriers = couriers
        self._answers = answers

    async def draw_due(self) -> int:
        """Loop body: makes one choice that is due; 0 if none is."""
        now = self._clock.now()
        async with self._db.operator() as tx:
            one = await store.lock_due(tx, now)
            if one is None:
                return 0
            interested = await store.invitations(tx, one.id, interested_in=one.round)
            if interested:
                await self._choose(tx, one, interested, now)
            else:
                await store.end_round(tx, one.id)
        return 1

    async def _choose(self, tx: Tx, one: OpenOffer, interested: Sequence[Invitation], now: datetime) -> None:
        assert one.terms is not None, "a round has terms"
        since = await store.waiting_since(tx, [each.courier_id for each in interested])
        entries = [
            Entry(each.courier_id, each.arrives_s, _seconds(since.get(each.courier_id, now), now))
            for each in interested
        ]
        ranking = policy.ranking(entries, one.seed, one.terms.rule)
        by_courier = {each.courier_id: each for each in interested}
        results = dict.fromkeys(by_courier, Result.LOST)
        winner = None
        for place in ranking:
            try:
                await self._give(tx, by_courier[place.courier_id], now)
            except NotFree:
                results[place.courier_id] = Result.PASSED_OVER
            except ActNotPossible:  # nobody can have it any more
                await store.close(tx, one.id, OpenOfferState.WITHDRAWN, now, reason="delivery_gone")
                return
            else:
                winner, results[place.courier_id] = place.courier_id, Result.WON
                break
        await store.keep_draw(tx, Draw(one.id, one.round, now, one.terms.rule, one.seed, entries, ranking, results))
        if winner is None:
            await store.end_round(tx, one.id)
        else:
            await store.close(tx, one.id, OpenOfferState.TAKEN, now, winner_id=winner)

    async def _give(self, tx: Tx, chosen: Invitation, now: datetime) -> None:
        """All of it or nothing: what is undone for one leaves no trace and no lock behind."""
        courier = await self._able(tx, chosen, now)
        try:
            async with tx.savepoint():
                await self._answers.give(tx, courier, chosen.offer, now)
                mine = await live_deliveries(tx, self._deliveries, chosen.offer.market_id, courier_id=courier.id)
                if not {row.id for row in mine} <= {*chosen.carries, *chosen.offer.delivery_ids}:
                    raise NotFree(courier.id)
        except (CourierNotOnDuty, AskedAlready) as cause:
            raise NotFree(courier.id) from cause

    async def _able(self, tx: Tx, chosen: Invitation, now: datetime) -> Courier:
        """By the same limits as whoever is asked alone."""
        market = await self._coverage.market(chosen.offer.market_id)
        on_duty = {each.id: each for each in await self._couriers.on_duty(tx, market.id)}
        courier = on_duty.get(chosen.courier_id)
        silent_s = market.settings.lost_contact_s
        if courier is None or closed_to_offers(courier, now, lost_contact_s=silent_s, has_open_offer=False):
            raise NotFree(chosen.courier_id)
        return courier


def _seconds(since: datetime, now: datetime) -> int:
    return max(0, int((now - since).total_seconds()))
