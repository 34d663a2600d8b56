"""Wishes in the courier's own row: the planner reads them with everything else it knows of a courier."""

from dataclasses import replace
from datetime import datetime

from homeward.fleets.couriers.limits.documents import wishes_from, wishes_json
from homeward.fleets.couriers.limits.model import Wishes
from homeward.infra.db import Tx, json_param


async def get(tx: Tx, courier_id: str) -> Wishes | None:
    row = await tx.one("SELECT own_limits, offers_paused_until FROM courier WHERE id = %(id)s", id=courier_id)
    return replace(wishes_from(row["own_limits"]), paused_until=row["offers_paused_until"]) if row else None


async def save(tx: Tx, courier_id: str, wishes: Wishes) -> None:
    await tx.run(
        "UPDATE courier SET own_limits = %(wishes)s WHERE id = %(id)s",
        id=courier_id,
        wishes=json_param(wishes_json(wishes)),
    )


async def pause(tx: Tx, courier_id: str, until: datetime | None) -> None:
    await tx.run("UPDATE courier SET offers_paused_until = %(until)s WHERE id = %(id)s", id=courier_id, until=until)
