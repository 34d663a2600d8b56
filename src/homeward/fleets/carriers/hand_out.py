"""Giving searching deliveries to other companies. One worker looks at a delivery at a time, and one hand-out lives."""

from datetime import datetime, timedelta
from typing import Final

import structlog

from homeward.coverage.model import Market
from homeward.coverage.service import CoverageService
from homeward.deliveries.custody import locked
from homeward.deliveries.model import DispatchDelivery, State
from homeward.deliveries.service import DeliveriesService
from homeward.fleets.carriers import codec, policy, repository
from homeward.fleets.carriers.assessing import Assessing, Assessment, OpenOffers, errand_for
from homeward.fleets.carriers.following import Following
from homeward.fleets.carriers.model import HandOut, Job, Keep, Rules, Stage
from homeward.fleets.couriers.service import CouriersService
from homeward.infra.db import Database, Tx
from homeward.kit.clock import Clock
from homeward.kit.ids import new_id

log = structlog.get_logger()

# A courier may say yes while carriers are asked; then there is nothing to hand out, and nothing is lost.
_ASKED_AGAIN_SOON: Final = timedelta(seconds=10)


class HandingOut:
    """A loop body. The price is asked and the order given with no transaction open; in between one row is written."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        coverage: CoverageService,
        deliveries: DeliveriesService,
        couriers: CouriersService,
        offers: OpenOffers,
        assessing: Assessing,
        following: Following,
    ) -> None:
        self._db = db
        self._clock = clock
        self._coverage = coverage
        self._deliveries = deliveries
        self._couriers = couriers
        self._offers = offers
        self._assessing = assessing
        self._following = following

    async def hand_out_due(self) -> int:
        """How many went to somebody."""
        done = 0
        for market in await self._coverage.markets():
            rules = await self._assessing.rules(market.id)
            if rules.enabled and rules.ranked:
                for delivery_id in await self._pressing(market, rules):
                    done += await self._look_at(delivery_id, rules)
        return done

    async def _pressing(self, market: Market, rules: Rules) -> list[str]:
        """Searching deliveries that need somebody by the bare numbers; most rounds there are none."""
        now = self._clock.now()
        async with self._db.operator() as tx:
            rows = [
                row
                for row in await self._deliveries.open_for_dispatch(tx, market.id)
                if row.state is State.SEARCHING and row.mode == "live"
            ]
            if not rows:
                return []
            heard = [one for one in await self._couriers.on_duty(tx, market.id) if one.contact_lost_at is None]
            offered = await self._offers.offered(tx, [row.id for row in rows])
        return [row.id for row in rows if row.id not in offered and _needs(row, rules, len(heard), now)]

    async def _look_at(self, delivery_id: str, rules: Rules) -> bool:
        now = self._clock.now()
        async with self._db.operator() as tx:
            if not await repository.take_look(tx, delivery_id, now):
                return False
        again = now + timedelta(seconds=rules.again_after_s)
        try:
            job = await self._decide(delivery_id)
            if job is None:
                return False
            again = now + _ASKED_AGAIN_SOON
            await self._following.advance(job)
            return True
        finally:
            async with self._db.operator() as tx:
                await repository.look_again(tx, delivery_id, again)

    async def _decide(self, delivery_id: str) -> Job | None:
        assessed = await self._assessing.assess(delivery_id)
        choice = assessed.choice
        async with self._db.operator() as tx:
            if isinstance(choice, Keep):
                await self._remember(tx, assessed)
                return None
            job = _job(assessed, choice, self._clock)
            if not await self._still_ours(tx, delivery_id, job.basis) or not await repository.insert_job(tx, job):
                return None
            await self._remember(tx, assessed)
        log.info("handed out", delivery=delivery_id, account=job.account_id, why=str(choice.why))
        return job

    async def _still_ours(self, tx: Tx, delivery_id: str, basis: str) -> bool:
        """Held until the hand-out is written: a courier's yes waits for us, or we for it."""
        delivery = await locked(tx, delivery_id)
        view = await self._deliveries.view_in(tx, delivery_id)
        unchanged = policy.basis_of(errand_for(view, "", self._clock)) == basis
        return (
            delivery.state is State.SEARCHING
            and unchanged
            and delivery_id not in await self._offers.offered(tx, [delivery_id])
        )

    async def _remember(self, tx: Tx, assessed: Assessment) -> None:
        """A decision to keep it, for the same reason as the last one, is no news."""
        choice, delivery = assessed.choice, assessed.view.delivery
        if isinstance(choice, Keep) and await repository.last_reason(tx, delivery.id) == choice.reason:
            return
        now = self._clock.now()
        inputs, outcome = codec.inputs_json(assessed.inputs), codec.choice_json(choice)
        await repository.insert_decision(tx, new_id("cdc", now), delivery.id, delivery.market_id, now, inputs, outcome)


def _needs(row: DispatchDelivery, rules: Rules, on_duty: int, now: datetime) -> bool:
    since = max(row.search_from, row.created_at)
    why = policy.need(
        rules,
        on_duty=on_duty,
        searching_s=(now - since).total_seconds(),
        left_s=(row.promised_by - now).total_seconds(),
        late=row.eta is not None and row.eta > row.promised_by,
    )
    return why is not None


def _job(assessed: Assessment, choice: HandOut, clock: Clock) -> Job:
    delivery = assessed.view.delivery
    errand = errand_for(assessed.view, choice.quote.reference, clock)
    return Job(
        id=choice.quote.reference,
        account_id=choice.account_id,
        delivery_id=delivery.id,
        market_id=delivery.market_id,
        area=policy.area_of(delivery.dropoff.place),
        stage=Stage.ASKING,
        ending=None,
        job=None,
        leg_id=None,
        fee=choice.quote.fee,
        basis=policy.basis_of(errand),
        quote=codec.quote_json(choice.quote),
        promised_by=delivery.promised_by,
        created_at=clock.now(),
        ended_at=None,
    )
