"""Draws checks, asks when nobody is in the middle of anything, keeps answers, and leaves the rest to people."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Final, Protocol

from homeward.deliveries import photos
from homeward.fleets.couriers.identity import policy
from homeward.fleets.couriers.identity import repository as store
from homeward.fleets.couriers.identity.errors import CheckNotOpen
from homeward.fleets.couriers.identity.model import Answer, Check, FaceAdvisor, Result, Settled
from homeward.fleets.couriers.model import NamedPerson
from homeward.fleets.couriers.policy import LONGEST_SHIFT
from homeward.fleets.couriers.service import OpenDeliveries
from homeward.infra import audit
from homeward.infra.db import Database, Tx
from homeward.kit.clock import Clock
from homeward.kit.ids import new_id
from homeward.kit.problems import NotFound

_SEED_BYTES: Final = 32


class Doubts(Protocol):
    """Scores of a courier's positions that no person has explained (`traces.service.Unexplained`)."""

    async def unexplained(self, courier_id: str) -> Sequence[int]: ...


class IdentityService:
    """Nothing here restricts anybody: silence pauses new offers until any answer, and people settle the rest."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        deliveries: OpenDeliveries,
        *,
        doubts: Doubts | None = None,
        advisor: FaceAdvisor | None = None,
    ) -> None:
        self._db = db
        self._clock = clock
        self._deliveries = deliveries
        self._doubts = doubts
        self._advisor = advisor

    # ── loops ──

    async def draw_due(self) -> int:
        """Loop body: throws for every hour that somebody on duty has worked; how many checks came of it."""
        now, chosen = self._clock.now(), 0
        async with self._db.operator() as tx:
            riding = await store.duty_of(tx)
        for courier_id, _, duty_since in riding:
            chosen += await self._draw(courier_id, duty_since, now)
        return chosen

    async def ask_due(self) -> int:
        """Loop body: asks those who were drawn, are on duty and carry nothing."""
        now, asked = self._clock.now(), 0
        async with self._db.operator() as tx:
            markets = {courier_id: market_id for courier_id, market_id, _ in await store.duty_of(tx)}
            for check in await store.unsettled(tx):
                market_id = markets.get(check.courier_id)
                if check.asked_at is not None or market_id is None:
                    continue
                if await self._deliveries.open_for_dispatch(tx, market_id, courier_id=check.courier_id):
                    continue
                await store.ask(tx, check.id, now, now + policy.GRACE)
                asked += 1
        return asked

    async def forget_photos(self) -> int:
        """A loop body."""
        async with self._db.operator() as tx:
            return await store.forget_photos(tx, self._clock.now() - policy.PHOTOS_KEPT)

    async def _draw(self, courier_id: str, duty_since: datetime, now: datetime) -> int:
        drawn = list(policy.draws(courier_id, duty_since, now))
        if not drawn:
            return 0
        scores = await self._doubts.unexplained(courier_id) if self._doubts else ()
        async with self._db.operator() as tx:
            earlier = await store.of_courier(tx, courier_id)
            if any(check.settled is None for check in earlier):
                return 0  # one at a time
            done = {check.draw for check in earlier}
            doubt = policy.doubt_of(scores, earlier[0] if earlier else None)
            seed = await store.seed_of(tx, duty_since.date(), secrets.token_bytes(_SEED_BYTES))
            for draw in drawn:
                if draw.name not in done and policy.is_chosen(seed, draw, doubt):
                    check = Check(new_id("idc", now), courier_id, draw.name, doubt, now)
                    return int(await store.add(tx, check))
        return 0

    # ── the courier ──

    async def open_check(self, courier_id: str) -> Check | None:
        """The one to be answered, or waiting for a person; None also while it was only drawn."""
        async with self._db.operator() as tx:
            found = await store.of_courier(tx, courier_id)
        return next((check for check in found if check.asked_at is not None and check.settled is None), None)

    async def send_photo(self, courier_id: str, check_id: str, content: bytes) -> Check:
        """Kept for people of the operator alone. Raises NotFound, CheckNotOpen, PhotoRefused."""
        clean = await photos.clean(content)
        advice = await self._advisor.advice(courier_id, clean.content) if self._advisor else None
        async with self._db.operator() as tx:
            await self._answerable(tx, check_id, courier_id)
            await store.keep_photo(tx, check_id, clean.content, self._clock.now())
            await store.answer(tx, check_id, Answer.PHOTO, self._clock.now(), advice)
        return await self.get(check_id)

    async def ask_otherwise(self, courier_id: str, check_id: str, way: Answer) -> Check:
        """A call or a visit instead; as good an answer as a picture. Raises NotFound, CheckNotOpen."""
        async with self._db.operator() as tx:
            await self._answerable(tx, check_id, courier_id)
            await store.answer(tx, check_id, way, self._clock.now(), None)
        return await self.get(check_id)

    async def _answerable(self, tx: Tx, check_id: str, courier_id: str) -> None:
        check = await store.get(tx, check_id, courier_id=courier_id)
        if check is None:
            raise NotFound("check", check_id)
        if check.asked_at is None or check.settled is not None:
            raise CheckNotOpen(check_id)

    # ── the operator's people ──

    async def get(self, check_id: str) -> Check:
        """Raises NotFound."""
        async with self._db.operator() as tx:
            check = await store.get(tx, check_id)
        if check is None:
            raise NotFound("check", check_id)
        return check

    async def to_settle(self) -> Sequence[Check]:
        """Everything that was asked and that no person has settled, the oldest first."""
        async with self._db.operator() as tx:
            return [check for check in await store.unsettled(tx) if check.asked_at is not None]

    async def photo(self, check_id: str, by: NamedPerson) -> bytes:
        """Each look is on record. Raises NotFound."""
        async with self._db.operator() as tx:
            content = await store.photo(tx, check_id)
            if content is None:
                raise NotFound("photo", check_id)
            actor = f"operator:{by.user_id}"
            await audit.record(tx, actor=actor, action="identity_photo.seen", subject=check_id)
        return content

    async def settle(self, by: NamedPerson, check_id: str, result: Result, note: str) -> Check:
        """A person's finding. It restricts nobody. Raises NotFound, CheckNotOpen."""
        now = self._clock.now()
        async with self._db.operator() as tx:
            check = await store.get(tx, check_id)
            if check is None:
                raise NotFound("check", check_id)
            if check.asked_at is None or check.settled is not None:
                raise CheckNotOpen(check_id)
            await store.settle(tx, check_id, Settled(result, note, now, by))
            actor = f"operator:{by.user_id}"
            await audit.record(tx, actor=actor, action=f"identity_check.{result}", subject=check_id, reason=note)
        return await self.get(check_id)

    async def seed(self, day: date) -> bytes:
        """For the auditor: with it every draw of duties that began that day can be made again.

        Raises NotFound for a day without draws, and while a duty of that day may still last: it is secret until then.
        """
        async with self._db.operator() as tx:
            seed = await store.seed_known(tx, day)
        if seed is None or day >= (self._clock.now() - LONGEST_SHIFT - timedelta(days=1)).date():
            raise NotFound("seed", day.isoformat())
        return seed

    # ── dispatch ──

    async def closed(self, tx: Tx, market_id: str, now: datetime) -> Mapping[str, str]:
        """Couriers on duty whose check stayed unanswered for longer than the grace (`couriers.service.Gate`)."""
        paused = [one for one in await store.unanswered(tx, market_id) if policy.pauses_offers(one, now)]
        return {check.courier_id: policy.UNANSWERED for check in paused}
