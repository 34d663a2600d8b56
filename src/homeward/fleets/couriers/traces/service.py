"""Scores each courier's day once it is complete, and keeps what people make of the scores."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from homeward.deliveries.carried.model import CarriedLeg
from homeward.deliveries.carried.service import CarriedService
from homeward.fleets.couriers.model import Courier, Heard, NamedPerson
from homeward.fleets.couriers.service import CouriersService
from homeward.fleets.couriers.traces import policy
from homeward.fleets.couriers.traces import repository as store
from homeward.fleets.couriers.traces.errors import ReviewedAlready
from homeward.fleets.couriers.traces.model import Claim, Claimed, Picture, Review, Score, Trace, Verdict
from homeward.infra import audit
from homeward.infra.db import Database
from homeward.kit.clock import Clock
from homeward.kit.ids import new_id
from homeward.kit.problems import NotFound

# A phone that was offline may send what it kept for six hours; before that a day is not complete.
_SETTLES_IN: Final = timedelta(hours=6)
_DAY: Final = timedelta(days=1)
_AT_ONCE: Final = 10
_DOUBT_LASTS: Final = timedelta(days=14)
_MOST_LISTED: Final = 200
KEPT: Final = timedelta(days=90)
"""Scores that nobody has reviewed are of no use after that."""


class Unexplained:
    """Scores of the last days that no person has called believable or explained: what identity checks ask for."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def unexplained(self, courier_id: str) -> Sequence[int]:
        async with self._db.operator() as tx:
            found = await store.of_courier(tx, courier_id, self._clock.now() - _DOUBT_LASTS)
        return [one.score for one in found if one.review is None or one.review.verdict is Verdict.DOUBTFUL]


class TracesService:
    """It reads and adds up. Nothing here keeps an offer or any pay from anybody."""

    def __init__(self, db: Database, clock: Clock, couriers: CouriersService, work: CarriedService) -> None:
        self._db = db
        self._clock = clock
        self._couriers = couriers
        self._work = work

    async def score_due(self) -> int:
        """Loop body: some couriers of the last complete day who have no score for it yet."""
        until = (self._clock.now() - _SETTLES_IN).replace(hour=0, minute=0, second=0, microsecond=0)
        since = until - _DAY
        riding = await self._couriers.on_the_road(since, until)
        async with self._db.operator() as tx:
            done = await store.scored(tx, since)
        due = [courier for courier in riding if courier.id not in done][:_AT_ONCE]
        if not due:
            return 0
        heard = await self._couriers.heard([courier.id for courier in riding], since, until)
        for courier in due:
            beside = [other.id for other in riding if other.market_id == courier.market_id and other.id != courier.id]
            await self._score(courier, heard, beside, since, until)
        return len(due)

    async def _score(
        self,
        courier: Courier,
        heard: Mapping[str, Sequence[Heard]],
        beside: Sequence[str],
        since: datetime,
        until: datetime,
    ) -> None:
        legs = await self._work.legs(courier.id, since - _DAY, until)
        trace = Trace(
            heard=tuple(heard[courier.id]),
            claims=_claims(legs, since, until),
            pictures=_pictures(legs, since, until),
            others={one: tuple(sorted((h.fix for h in heard[one]), key=lambda fix: fix.at)) for one in beside},
        )
        points, findings = await asyncio.to_thread(policy.judge, trace)
        now = self._clock.now()
        score = Score(
            id=new_id("pos", now),
            courier_id=courier.id,
            courier_name=courier.name,
            since=since,
            until=until,
            fixes=len(trace.heard),
            score=points,
            findings=findings,
            rules=policy.RULES_VERSION,
            made_at=now,
        )
        async with self._db.operator() as tx:
            await store.add(tx, score)

    async def to_review(self) -> Sequence[Score]:
        """Scores that a person should look at, the highest first."""
        async with self._db.operator() as tx:
            return await store.to_review(tx, policy.WORTH_A_LOOK, _MOST_LISTED)

    async def of_courier(self, courier_id: str) -> Sequence[Score]:
        """The newest first."""
        async with self._db.operator() as tx:
            return await store.of_courier(tx, courier_id, self._clock.now() - KEPT)

    async def review(self, by: NamedPerson, score_id: str, verdict: Verdict, note: str) -> Score:
        """Says what a person made of it, and does nothing else. Raises NotFound, ReviewedAlready."""
        now = self._clock.now()
        async with self._db.operator() as tx:
            if await store.get(tx, score_id) is None:
                raise NotFound("score", score_id)
            if not await store.review(tx, score_id, Review(verdict, note, now, by)):
                raise ReviewedAlready(score_id)
            actor = f"operator:{by.user_id}"
            await audit.record(tx, actor=actor, action="position_score.reviewed", subject=score_id, reason=note)
            reviewed = await store.get(tx, score_id)
        assert reviewed, "scores with a review are never deleted"
        return reviewed

    async def forget_old(self) -> int:
        """A loop body."""
        async with self._db.operator() as tx:
            return await store.forget_before(tx, self._clock.now() - KEPT)


def _claims(legs: Sequence[CarriedLeg], since: datetime, until: datetime) -> tuple[Claimed, ...]:
    """Where a courier said to have arrived or to have handed over; what others did is not theirs."""
    kinds = {
        "at_pickup": (Claim.ARRIVED, True),
        "at_dropoff": (Claim.ARRIVED, False),
        "handed_over": (Claim.HANDED_OVER, False),
        "delivered": (Claim.HANDED_OVER, False),
    }
    claims = [
        Claimed(
            kinds[event.type][0], event.at, leg.pickup if kinds[event.type][1] else leg.dropoff, leg.leg.delivery_id
        )
        for leg in legs
        for event in leg.events
        if event.type in kinds and event.actor.startswith("courier:") and since <= event.at < until
    ]
    return tuple(sorted(claims, key=lambda claim: claim.at))


def _pictures(legs: Sequence[CarriedLeg], since: datetime, until: datetime) -> tuple[Picture, ...]:
    return tuple(
        Picture(photo.taken_at, photo.place, leg.dropoff, leg.leg.delivery_id)
        for leg in legs
        for photo in leg.photos
        if photo.step == "dropoff" and photo.place is not None and since <= photo.taken_at < until
    )
