"""What would be chosen for a delivery now: gathers the situation, asks for prices, and lets the policy decide."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final, Protocol

import structlog

from homeward.deliveries.model import DeliveryView, State
from homeward.deliveries.service import DeliveriesService
from homeward.fleets.carriers import codec, policy, repository
from homeward.fleets.carriers.connections import Connections
from homeward.fleets.carriers.contract import CarrierFailure, CarrierLoginInvalid, CarrierQuote, Errand
from homeward.fleets.carriers.model import Account, AccountStatus, Choice, Inputs, Rules, Seat, Situation
from homeward.fleets.carriers.registry import KINDS
from homeward.fleets.couriers.service import CouriersService
from homeward.infra.db import Database, Tx
from homeward.kit.clock import Clock
from homeward.kit.ids import new_id

log = structlog.get_logger()

LEARNED_FROM: Final = timedelta(days=90)


class OpenOffers(Protocol):
    """What carriers ask of dispatch (`DispatchService`)."""

    async def offered(self, tx: Tx, delivery_ids: Sequence[str]) -> frozenset[str]:
        """Those of these deliveries that a courier is being asked about."""


@dataclass(frozen=True, slots=True)
class Assessment:
    """A decision that was not acted on yet."""

    inputs: Inputs
    choice: Choice
    view: DeliveryView
    accounts: dict[str, Account]


class Assessing:
    """Reads and asks for prices; changes nothing but the status of an account whose login has ended."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        deliveries: DeliveriesService,
        couriers: CouriersService,
        offers: OpenOffers,
        connections: Connections,
    ) -> None:
        self._db = db
        self._clock = clock
        self._deliveries = deliveries
        self._couriers = couriers
        self._offers = offers
        self._connections = connections

    async def rules(self, market_id: str) -> Rules:
        async with self._db.operator() as tx:
            return codec.rules_from(await repository.rules(tx, market_id))

    async def assess(self, delivery_id: str) -> Assessment:
        """Asks every account that could carry it for its price, side by side; no transaction is open meanwhile."""
        view = await self._deliveries.get(None, delivery_id)
        reference = new_id("cjb", self._clock.now())
        async with self._db.operator() as tx:
            rules = codec.rules_from(await repository.rules(tx, view.delivery.market_id))
            accounts = {one.id: one for one in await repository.accounts(tx)}
            situation = await self._situation(tx, view, reference)
        seats = tuple(Seat(accounts[one], KINDS[accounts[one].kind]) for one in rules.ranked if one in accounts)
        quotes: dict[str, CarrierQuote | str] = {}
        if policy.why_keep(situation, rules) is None and policy.why_hand_out(situation, rules) is not None:
            quotes = await self._quotes(situation, seats, rules)
        situation = replace(situation, now=self._clock.now())
        choice = policy.choose(situation, seats, rules, quotes)
        inputs = Inputs(policy.without_people(situation), seats, rules, quotes)
        return Assessment(inputs, choice, view, accounts)

    async def _situation(self, tx: Tx, view: DeliveryView, reference: str) -> Situation:
        delivery, now = view.delivery, self._clock.now()
        on_duty = [one for one in await self._couriers.on_duty(tx, delivery.market_id) if one.contact_lost_at is None]
        since = delivery.times.get(State.SEARCHING, max(delivery.search_from, delivery.created_at))
        return Situation(
            delivery_id=delivery.id,
            now=now,
            errand=errand_for(view, reference, self._clock),
            searching_s=max(0, int((now - since).total_seconds())),
            on_duty=len(on_duty),
            eta=delivery.eta,
            price=delivery.total,
            offered=delivery.id in await self._offers.offered(tx, [delivery.id]),
            attention=delivery.attention,
            excluded=await repository.failed_before(tx, delivery.id),
            records=await repository.records(tx, policy.area_of(delivery.dropoff.place), now - LEARNED_FROM),
        )

    async def _quotes(self, situation: Situation, seats: Sequence[Seat], rules: Rules) -> dict[str, CarrierQuote | str]:
        able = [one.account_id for one in policy.shortlist(situation, seats, rules) if one.refusal is None]
        asked = {seat.account.id: seat.account for seat in seats if seat.account.id in able}
        answers = await asyncio.gather(*(self._quote(one, situation.errand) for one in asked.values()))
        return dict(zip(asked, answers, strict=True))

    async def _quote(self, account: Account, errand: Errand) -> CarrierQuote | str:
        try:
            carrier = await self._connections.to(account.id)
            return await carrier.quote(policy.with_phone(errand, account.contact_phone))
        except CarrierLoginInvalid as failure:
            await self.suspend(account.id, failure)
            return failure.code
        except CarrierFailure as failure:
            return failure.code

    async def suspend(self, account_id: str, failure: CarrierLoginInvalid) -> None:
        """The carrier does not know us any more: nothing is asked there until the operator has reconnected."""
        log.warning("carrier login invalid", account=account_id, code=failure.code)
        async with self._db.operator() as tx:
            changes = {"status": str(AccountStatus.LOGIN_INVALID), "trouble": str(failure)[:300]}
            await repository.change_account(tx, account_id, changes)


def errand_for(view: DeliveryView, reference: str, clock: Clock) -> Errand:
    """The delivery as the carrier is asked for it."""
    return policy.errand_of(
        view.delivery,
        reference,
        clock.now(),
        store_name=view.store_name,
        store_phone=view.delivery.pickup.contact.phone,
    )
