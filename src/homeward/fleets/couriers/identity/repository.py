"""Identity checks in the database; pictures apart from them, so that they can be forgotten apart."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final

from homeward.fleets.couriers.identity.model import Advice, Answer, Check, Result, Settled
from homeward.fleets.couriers.model import NamedPerson
from homeward.infra.db import Row, Tx, json_param
from homeward.kit.problems import jsonable

_CHECKS: Final = """SELECT i.*, u.name AS settler FROM identity_check i
    LEFT JOIN operator_user u ON u.id = i.settled_by"""


async def seed_of(tx: Tx, day: date, fresh: bytes) -> bytes:
    """The seed of a day; `fresh` becomes it if there is none yet."""
    await tx.run(
        "INSERT INTO identity_seed (day, seed) VALUES (%(day)s, %(seed)s) ON CONFLICT DO NOTHING", day=day, seed=fresh
    )
    return bytes(await tx.value("SELECT seed FROM identity_seed WHERE day = %(day)s", day=day))


async def seed_known(tx: Tx, day: date) -> bytes | None:
    seed = await tx.value("SELECT seed FROM identity_seed WHERE day = %(day)s", day=day)
    return bytes(seed) if seed is not None else None


async def add(tx: Tx, check: Check) -> bool:
    """False if this draw was made before."""
    added = await tx.run(
        """INSERT INTO identity_check (id, courier_id, draw, doubt, drawn_at)
           VALUES (%(id)s, %(courier_id)s, %(draw)s, %(doubt)s, %(drawn_at)s)
           ON CONFLICT (courier_id, draw) DO NOTHING""",
        id=check.id,
        courier_id=check.courier_id,
        draw=check.draw,
        doubt=check.doubt,
        drawn_at=check.drawn_at,
    )
    return added == 1


async def get(tx: Tx, check_id: str, *, courier_id: str | None = None) -> Check | None:
    """Held until the transaction ends; None also if it is another courier's."""
    held = await tx.one("SELECT id FROM identity_check WHERE id = %(id)s FOR UPDATE", id=check_id)
    rows = await tx.all(
        f"{_CHECKS} WHERE i.id = %(id)s AND (%(courier_id)s::text IS NULL OR i.courier_id = %(courier_id)s)",
        id=check_id,
        courier_id=courier_id,
    )
    return _check(rows[0]) if held and rows else None


async def of_courier(tx: Tx, courier_id: str) -> list[Check]:
    """The newest first."""
    rows = await tx.all(f"{_CHECKS} WHERE i.courier_id = %(id)s ORDER BY i.drawn_at DESC, i.id DESC", id=courier_id)
    return [_check(row) for row in rows]


async def unsettled(tx: Tx) -> list[Check]:
    """Of everybody, the oldest first."""
    rows = await tx.all(f"{_CHECKS} WHERE i.settled_at IS NULL ORDER BY i.drawn_at, i.id")
    return [_check(row) for row in rows]


async def unanswered(tx: Tx, market_id: str) -> list[Check]:
    """Of couriers on duty in a market."""
    rows = await tx.all(
        f"""{_CHECKS} JOIN courier c ON c.id = i.courier_id
            WHERE c.market_id = %(market_id)s AND c.on_duty AND i.settled_at IS NULL AND i.answered_at IS NULL""",
        market_id=market_id,
    )
    return [_check(row) for row in rows]


async def ask(tx: Tx, check_id: str, asked_at: datetime, answer_by: datetime) -> None:
    await tx.run(
        """UPDATE identity_check SET asked_at = %(asked_at)s, answer_by = %(answer_by)s
           WHERE id = %(id)s AND asked_at IS NULL""",
        id=check_id,
        asked_at=asked_at,
        answer_by=answer_by,
    )


async def answer(tx: Tx, check_id: str, way: Answer, at: datetime, advice: Advice | None) -> None:
    await tx.run(
        "UPDATE identity_check SET way = %(way)s, answered_at = %(at)s, advice = %(advice)s WHERE id = %(id)s",
        id=check_id,
        way=way.value,
        at=at,
        advice=json_param(jsonable(advice)) if advice else None,
    )


async def settle(tx: Tx, check_id: str, made: Settled) -> None:
    await tx.run(
        """UPDATE identity_check SET result = %(result)s, note = %(note)s, settled_at = %(at)s, settled_by = %(by)s
           WHERE id = %(id)s""",
        id=check_id,
        result=made.result.value,
        note=made.note,
        at=made.at,
        by=made.by.user_id,
    )


# ── pictures ──


async def keep_photo(tx: Tx, check_id: str, content: bytes, at: datetime) -> None:
    """A newer one takes the place of the one before."""
    await tx.run("DELETE FROM identity_photo WHERE check_id = %(id)s", id=check_id)
    await tx.run(
        "INSERT INTO identity_photo (check_id, content, taken_at) VALUES (%(id)s, %(content)s, %(at)s)",
        id=check_id,
        content=content,
        at=at,
    )


async def photo(tx: Tx, check_id: str) -> bytes | None:
    content = await tx.value("SELECT content FROM identity_photo WHERE check_id = %(id)s", id=check_id)
    return bytes(content) if content is not None else None


async def forget_photos(tx: Tx, settled_before: datetime) -> int:
    return await tx.run(
        """DELETE FROM identity_photo p USING identity_check i
           WHERE i.id = p.check_id AND i.settled_at < %(moment)s""",
        moment=settled_before,
    )


async def duty_of(tx: Tx) -> Sequence[tuple[str, str, datetime]]:
    """Couriers on duty: id, market, and since when."""
    rows = await tx.all("SELECT id, market_id, duty_since FROM courier WHERE on_duty AND duty_since IS NOT NULL")
    return [(row["id"], row["market_id"], row["duty_since"]) for row in rows]


def _check(row: Row) -> Check:
    settled = None
    if row["settled_by"]:
        by = NamedPerson(row["settled_by"], row["settler"])
        settled = Settled(Result(row["result"]), row["note"], row["settled_at"], by)
    return Check(
        id=row["id"],
        courier_id=row["courier_id"],
        draw=row["draw"],
        doubt=row["doubt"],
        drawn_at=row["drawn_at"],
        asked_at=row["asked_at"],
        answer_by=row["answer_by"],
        answered_at=row["answered_at"],
        way=Answer(row["way"]) if row["way"] else None,
        advice=Advice(**row["advice"]) if row["advice"] else None,
        settled=settled,
    )
