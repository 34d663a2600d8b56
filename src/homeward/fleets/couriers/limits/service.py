"""Couriers say what they do not want to be asked about, and rest."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from homeward.fleets.couriers.limits import repository as wishes
from homeward.fleets.couriers.limits.errors import BreakTooLong
from homeward.fleets.couriers.limits.model import LONGEST_BREAK, OwnLimits, Wishes
from homeward.infra.db import Database
from homeward.kit.clock import Clock
from homeward.kit.hours_json import check_hours
from homeward.kit.problems import MalformedRequest, NotFound


class LimitsService:
    """One for the process. Nothing here needs anybody's leave, and nothing is held against the courier."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def get(self, courier_id: str) -> Wishes:
        """Raises NotFound."""
        async with self._db.operator() as tx:
            found = await wishes.get(tx, courier_id)
        if found is None:
            raise NotFound("courier", courier_id)
        return found

    async def save(self, courier_id: str, limits: OwnLimits, hours: Mapping[str, Any]) -> Wishes:
        """From the next plan on; offers already made stay. Raises MalformedRequest for bad hours."""
        wrong = check_hours(dict(hours)) if hours else []
        if wrong:
            raise MalformedRequest(wrong)
        async with self._db.operator() as tx:
            await wishes.save(tx, courier_id, Wishes(limits, hours))
        return await self.get(courier_id)

    async def pause(self, courier_id: str, until: datetime | None) -> Wishes:
        """No new offers until then; None ends the break. Raises BreakTooLong."""
        latest = self._clock.now() + LONGEST_BREAK
        if until is not None and until > latest:
            raise BreakTooLong(latest)
        async with self._db.operator() as tx:
            await wishes.pause(tx, courier_id, until)
        return await self.get(courier_id)
