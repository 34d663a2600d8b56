"""The doors of open offers: what a courier sees and says, the choice, and the record of it."""

import asyncio
from datetime import datetime, timedelta
from time import monotonic
from typing import Final

from homeward.coverage.service import CoverageService
from homeward.deliveries.service import DeliveriesService
from homeward.dispatch.errors import CourierNotOnDuty, OfferExpired, OfferGone
from homeward.dispatch.offers import Answers
from homeward.dispatch.open_offers import policy
from homeward.dispatch.open_offers import repository as store
from homeward.dispatch.open_offers.choosing import Choosing
from homeward.dispatch.open_offers.model import (
    RESULTS_SHOWN_S,
    Audit,
    Invitation,
    OpenOffer,
    OpenOfferState,
    Seen,
)
from homeward.fleets.couriers.service import CouriersService
from homeward.infra.db import Database, Tx
from homeward.kit.clock import Clock
from homeward.kit.problems import NotFound

_POLL_S: Final = 0.4


class OpenOffersService:
    """One for the process; it remembers nothing."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        coverage: CoverageService,
        deliveries: DeliveriesService,
        couriers: CouriersService,
    ) -> None:
        self._db = db
        self._clock = clock
        self._couriers = couriers
        self._choosing = Choosing(db, clock, coverage, deliveries, couriers, Answers(db, clock, deliveries))

    async def draw_due(self) -> int:
        """Loop body: makes one choice that is due; 0 if none is."""
        return await self._choosing.draw_due()

    # ── couriers ──

    async def seen_by(self, courier_id: str) -> list[Seen]:
        """What is open to this courier, and what lately became of their interest."""
        since = self._shown_since()
        async with self._db.operator() as tx:
            latest = await store.latest_of(tx, courier_id, since)
            told = [one.id for one, invitation in latest if invitation.result is not None]
            drawn = {(draw.open_offer_id, draw.round): draw for draw in await store.draws_of(tx, told)}
        found = [
            Seen(one, invitation, drawn.get((one.id, invitation.round)) if invitation.result else None)
            for one, invitation in latest
        ]
        return [seen for seen in found if seen.state != "over"]

    async def version(self, courier_id: str, *, other_than: str = "", wait_s: float = 0) -> str:
        """Another text whenever `seen_by` says something new; waits up to `wait_s` real seconds for such a one."""
        until = monotonic() + wait_s
        while True:
            async with self._db.operator() as tx:
                found = await store.version_of(tx, courier_id, self._shown_since())
            if found != other_than or monotonic() >= until:
                return found
            await asyncio.sleep(min(_POLL_S, max(0.0, until - monotonic())))

    async def interested(self, courier_id: str, open_offer_id: str) -> Seen:
        """Tells interest in the round that runs. Twice is once, and being first is worth nothing.

        Raises NotFound, CourierNotOnDuty, OfferExpired (the round is over), OfferGone (somebody has it, or it is gone).
        """
        now = self._clock.now()
        if not (await self._couriers.get(courier_id)).on_duty:
            raise CourierNotOnDuty(courier_id)
        async with self._db.operator() as tx:
            one, invitation = await self._running(tx, courier_id, open_offer_id)
            assert one.terms is not None, "a round has terms"
            if not await store.invitations(tx, one.id, interested_in=one.round):
                await store.end_sooner(tx, one.id, policy.ends_at(now, one.not_before, one.terms.window_s))
            await store.set_interest(tx, one.id, one.round, invitation.courier_id, now)
            return await _one(tx, courier_id, one.id)

    async def not_interested(self, courier_id: str, open_offer_id: str) -> Seen:
        """Takes the interest back while the choice is not made. No harm in it. Raises as `interested`."""
        async with self._db.operator() as tx:
            one, invitation = await self._running(tx, courier_id, open_offer_id)
            await store.set_interest(tx, one.id, one.round, invitation.courier_id, None)
            return await _one(tx, courier_id, one.id)

    async def _running(self, tx: Tx, courier_id: str, open_offer_id: str) -> tuple[OpenOffer, Invitation]:
        """The open offer, locked, with the courier's invitation to the round that runs."""
        one = await store.lock(tx, open_offer_id)
        invitation = await store.invitation(tx, one.id, one.round, courier_id) if one else None
        if one is None or invitation is None:
            raise NotFound("open offer", open_offer_id)
        if one.state is not OpenOfferState.OPEN:
            raise OfferGone(open_offer_id, one.state.value)
        if not one.gathering or one.ends_at <= self._clock.now():
            raise OfferExpired(open_offer_id, one.ends_at)
        return one, invitation

    def _shown_since(self) -> datetime:
        return self._clock.now() - timedelta(seconds=RESULTS_SHOWN_S)

    # ── the operator ──

    async def audit(self, open_offer_id: str) -> Audit:
        """All of it, with each choice made again. Raises NotFound."""
        async with self._db.operator() as tx:
            one = await store.find(tx, open_offer_id)
            if one is None:
                raise NotFound("open offer", open_offer_id)
            drawn = await store.draws(tx, one.id)
            again = [policy.ranking(draw.entries, draw.seed, draw.rule) for draw in drawn]
            return Audit(one, await store.invitations(tx, one.id), drawn, again)

    async def of_delivery(self, delivery_id: str) -> list[OpenOffer]:
        """Oldest first."""
        async with self._db.operator() as tx:
            return await store.of_delivery(tx, delivery_id)


async def _one(tx: Tx, courier_id: str, open_offer_id: str) -> Seen:
    one = await store.find(tx, open_offer_id)
    assert one is not None, "it is locked"
    invitation = await store.invitation(tx, one.id, one.round, courier_id)
    assert invitation is not None, "it was there a moment ago"
    return Seen(one, invitation, None)
