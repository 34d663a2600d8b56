"""What a courier carried, for those who may read the log of all merchants."""

from collections.abc import Sequence
from datetime import datetime

from homeward.deliveries.carried import repository
from homeward.deliveries.carried.model import CarriedLeg
from homeward.infra.db import Database


class CarriedService:
    """Reads only."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def legs(self, courier_id: str, since: datetime, until: datetime) -> Sequence[CarriedLeg]:
        """A courier's live legs that began in that time, with what happened around them; the newest first."""
        async with self._db.operator() as tx:
            return await repository.legs_of_courier(tx, courier_id, since, until)
