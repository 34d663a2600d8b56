"""Open offers in the database: the offer, who was invited in which round, every choice. The operator's role only."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from pydantic import TypeAdapter

from homeward.dispatch.model import Offer
from homeward.dispatch.open_offers.model import (
    ChoiceRule,
    Draw,
    Entry,
    Invitation,
    OpenOffer,
    OpenOfferState,
    Placed,
    Result,
    Terms,
)
from homeward.infra.db import Row, Tx, json_param
from homeward.kit.problems import jsonable

_OFFER: Final = TypeAdapter(Offer)
_TERMS: Final = TypeAdapter(Terms)
_ENTRIES: Final = TypeAdapter(tuple[Entry, ...])
_RANKING: Final = TypeAdapter(tuple[Placed, ...])
_RULE: Final = TypeAdapter(ChoiceRule)


# ── the offer ──


async def insert(tx: Tx, one: OpenOffer) -> bool:
    """False if the delivery is offered to all already."""
    inserted = await tx.run(
        """INSERT INTO open_offer (id, market_id, delivery_id, decision_id, state, why, basis, seed, opened_at, round,
                                   gathering, not_before, ends_at)
           VALUES (%(id)s, %(market_id)s, %(delivery_id)s, %(decision_id)s, 'open', %(why)s, %(basis)s, %(seed)s,
                   %(at)s, 0, false, %(at)s, %(at)s)
           ON CONFLICT (delivery_id) WHERE state = 'open' DO NOTHING""",
        id=one.id,
        market_id=one.market_id,
        delivery_id=one.delivery_id,
        decision_id=one.decision_id,
        why=one.why,
        basis=one.basis,
        seed=one.seed,
        at=one.opened_at,
    )
    return inserted == 1


async def open_in(tx: Tx, market_id: str) -> list[OpenOffer]:
    sql = "SELECT * FROM open_offer WHERE market_id = %(market_id)s AND state = 'open' ORDER BY id"
    return [_open_offer(row) for row in await tx.all(sql, market_id=market_id)]


async def lock(tx: Tx, open_offer_id: str) -> OpenOffer | None:
    row = await tx.one("SELECT * FROM open_offer WHERE id = %(id)s FOR UPDATE", id=open_offer_id)
    return _open_offer(row) if row else None


async def find(tx: Tx, open_offer_id: str) -> OpenOffer | None:
    row = await tx.one("SELECT * FROM open_offer WHERE id = %(id)s", id=open_offer_id)
    return _open_offer(row) if row else None


async def of_delivery(tx: Tx, delivery_id: str) -> list[OpenOffer]:
    sql = "SELECT * FROM open_offer WHERE delivery_id = %(id)s ORDER BY opened_at, id"
    return [_open_offer(row) for row in await tx.all(sql, id=delivery_id)]


async def lock_due(tx: Tx, now: datetime) -> OpenOffer | None:
    """One whose choice is due and that nobody else is making."""
    row = await tx.one(
        """SELECT * FROM open_offer WHERE state = 'open' AND gathering AND ends_at <= %(now)s
           ORDER BY ends_at, id LIMIT 1 FOR UPDATE SKIP LOCKED""",
        now=now,
    )
    return _open_offer(row) if row else None


async def begin_round(
    tx: Tx, open_offer_id: str, round_: int, terms: Terms, *, not_before: datetime, ends_at: datetime
) -> bool:
    """False if it is not waiting for that round any more."""
    begun = await tx.run(
        """UPDATE open_offer SET round = %(round)s, terms = %(terms)s, gathering = true, not_before = %(not_before)s,
                  ends_at = %(ends_at)s
           WHERE id = %(id)s AND state = 'open' AND NOT gathering AND round = %(round)s - 1""",
        id=open_offer_id,
        round=round_,
        terms=json_param(jsonable(terms)),
        not_before=not_before,
        ends_at=ends_at,
    )
    return begun == 1


async def end_sooner(tx: Tx, open_offer_id: str, ends_at: datetime) -> None:
    await tx.run("UPDATE open_offer SET ends_at = %(at)s WHERE id = %(id)s", id=open_offer_id, at=ends_at)


async def end_round(tx: Tx, open_offer_id: str) -> None:
    await tx.run("UPDATE open_offer SET gathering = false WHERE id = %(id)s", id=open_offer_id)


async def close(
    tx: Tx,
    open_offer_id: str,
    state: OpenOfferState,
    at: datetime,
    *,
    winner_id: str | None = None,
    reason: str | None = None,
) -> int:
    """Only an open one changes; answers 1 if it did. Who was interested and has no result is told that it is gone."""
    closed = await tx.run(
        """UPDATE open_offer SET state = %(state)s, gathering = false, closed_at = %(at)s, winner_id = %(winner)s,
                  reason = %(reason)s
           WHERE id = %(id)s AND state = 'open'""",
        id=open_offer_id,
        state=state.value,
        at=at,
        winner=winner_id,
        reason=reason,
    )
    if closed and state is OpenOfferState.WITHDRAWN:
        await tx.run(
            """UPDATE open_offer_invitation SET result = 'withdrawn'
               WHERE open_offer_id = %(id)s AND interested_at IS NOT NULL AND result IS NULL""",
            id=open_offer_id,
        )
    return closed


async def withdraw_of(tx: Tx, delivery_id: str, at: datetime, reason: str) -> int:
    """The open offer of a delivery, if it has one."""
    sql = "SELECT id FROM open_offer WHERE delivery_id = %(id)s AND state = 'open' FOR UPDATE"
    row = await tx.one(sql, id=delivery_id)
    return await close(tx, row["id"], OpenOfferState.WITHDRAWN, at, reason=reason) if row else 0


async def open_to_all(tx: Tx, delivery_ids: Collection[str]) -> frozenset[str]:
    sql = "SELECT delivery_id FROM open_offer WHERE state = 'open' AND delivery_id = ANY(%(ids)s)"
    return frozenset(row["delivery_id"] for row in await tx.all(sql, ids=list(delivery_ids)))


async def nobody_took(tx: Tx, delivery_ids: Collection[str]) -> dict[str, datetime]:
    """By delivery, when it was last offered to all for the most, and nobody took it."""
    rows = await tx.all(
        """SELECT delivery_id, max(closed_at) AS at FROM open_offer
           WHERE state = 'nobody' AND delivery_id = ANY(%(ids)s) GROUP BY delivery_id""",
        ids=list(delivery_ids),
    )
    return {row["delivery_id"]: row["at"] for row in rows}


# ── who is invited ──


async def invite(tx: Tx, one: Invitation) -> None:
    await tx.run(
        """INSERT INTO open_offer_invitation (open_offer_id, round, courier_id, pay_minor, offer, arrives_s, carries)
           VALUES (%(id)s, %(round)s, %(courier_id)s, %(pay)s, %(offer)s, %(arrives_s)s, %(carries)s)""",
        id=one.open_offer_id,
        round=one.round,
        courier_id=one.courier_id,
        pay=one.offer.pay.minor,
        offer=json_param(_OFFER.dump_python(one.offer, mode="json")),
        arrives_s=one.arrives_s,
        carries=list(one.carries),
    )


async def invitation(tx: Tx, open_offer_id: str, round_: int, courier_id: str) -> Invitation | None:
    row = await tx.one(
        """SELECT * FROM open_offer_invitation
           WHERE open_offer_id = %(id)s AND round = %(round)s AND courier_id = %(courier_id)s""",
        id=open_offer_id,
        round=round_,
        courier_id=courier_id,
    )
    return _invitation(row) if row else None


async def invitations(tx: Tx, open_offer_id: str, *, interested_in: int | None = None) -> list[Invitation]:
    """All of an offer, or those of one round whose couriers are interested."""
    rows = await tx.all(
        """SELECT * FROM open_offer_invitation WHERE open_offer_id = %(id)s
             AND (%(round)s::int IS NULL OR (round = %(round)s AND interested_at IS NOT NULL))
           ORDER BY round, courier_id""",
        id=open_offer_id,
        round=interested_in,
    )
    return [_invitation(row) for row in rows]


async def latest_of(tx: Tx, courier_id: str, since: datetime) -> list[tuple[OpenOffer, Invitation]]:
    """Each open offer with the courier's invitation of its latest round: open ones, and those that ended since then."""
    rows = await tx.all(
        """SELECT DISTINCT ON (i.open_offer_id) i.* FROM open_offer_invitation i
           JOIN open_offer o ON o.id = i.open_offer_id
           WHERE i.courier_id = %(courier_id)s AND (o.state = 'open' OR o.closed_at >= %(since)s)
           ORDER BY i.open_offer_id, i.round DESC""",
        courier_id=courier_id,
        since=since,
    )
    offers = await tx.all(
        "SELECT * FROM open_offer WHERE id = ANY(%(ids)s)", ids=[row["open_offer_id"] for row in rows]
    )
    by_id = {row["id"]: _open_offer(row) for row in offers}
    return [(by_id[row["open_offer_id"]], _invitation(row)) for row in rows]


async def version_of(tx: Tx, courier_id: str, since: datetime) -> str:
    """Another text as soon as anything in `latest_of` is different: one row, however many offers there are."""
    text: str = await tx.value(
        """SELECT md5(coalesce(string_agg(concat_ws(':', i.open_offer_id, i.round, i.result, i.interested_at IS NULL,
                                                    o.state, o.round, o.gathering, o.ends_at), ';'
                                          ORDER BY i.open_offer_id, i.round), ''))
           FROM open_offer_invitation i JOIN open_offer o ON o.id = i.open_offer_id
           WHERE i.courier_id = %(courier_id)s AND (o.state = 'open' OR o.closed_at >= %(since)s)""",
        courier_id=courier_id,
        since=since,
    )
    return text


async def set_interest(tx: Tx, open_offer_id: str, round_: int, courier_id: str, at: datetime | None) -> None:
    """The first moment counts for nothing but the record, and stays."""
    await tx.run(
        """UPDATE open_offer_invitation
           SET interested_at = CASE WHEN %(at)s::timestamptz IS NULL THEN NULL ELSE coalesce(interested_at, %(at)s) END
           WHERE open_offer_id = %(id)s AND round = %(round)s AND courier_id = %(courier_id)s""",
        id=open_offer_id,
        round=round_,
        courier_id=courier_id,
        at=at,
    )


async def waiting_since(tx: Tx, courier_ids: Sequence[str]) -> dict[str, datetime]:
    """When each courier on duty last got work, or came on duty."""
    rows = await tx.all(
        """SELECT c.id, greatest(c.duty_since, max(o.answered_at)) AS since
           FROM courier c LEFT JOIN offer o ON o.courier_id = c.id AND o.state = 'accepted'
           WHERE c.id = ANY(%(ids)s) AND c.duty_since IS NOT NULL GROUP BY c.id, c.duty_since""",
        ids=list(courier_ids),
    )
    return {row["id"]: row["since"] for row in rows}


# ── the choice ──


async def keep_draw(tx: Tx, draw: Draw) -> None:
    await tx.run(
        """INSERT INTO open_offer_draw (open_offer_id, round, drawn_at, rule, seed, entries, ranking)
           VALUES (%(id)s, %(round)s, %(at)s, %(rule)s, %(seed)s, %(entries)s, %(ranking)s)""",
        id=draw.open_offer_id,
        round=draw.round,
        at=draw.drawn_at,
        rule=json_param(jsonable(draw.rule)),
        seed=draw.seed,
        entries=json_param(jsonable(list(draw.entries))),
        ranking=json_param(jsonable(list(draw.ranking))),
    )
    for courier_id, result in draw.results.items():
        await tx.run(
            """UPDATE open_offer_invitation SET result = %(result)s
               WHERE open_offer_id = %(id)s AND round = %(round)s AND courier_id = %(courier_id)s""",
            id=draw.open_offer_id,
            round=draw.round,
            courier_id=courier_id,
            result=result.value,
        )


async def draws(tx: Tx, open_offer_id: str) -> list[Draw]:
    """All of one offer, with what became of everybody's interest."""
    results: dict[int, dict[str, Result]] = {}
    for one in await invitations(tx, open_offer_id):
        if one.result is not None:
            results.setdefault(one.round, {})[one.courier_id] = one.result
    found = await draws_of(tx, [open_offer_id])
    return [replace(draw, results=results.get(draw.round, {})) for draw in found]


async def draws_of(tx: Tx, open_offer_ids: Collection[str]) -> list[Draw]:
    """Of many offers at once, by offer and round, without the results."""
    rows = await tx.all(
        "SELECT * FROM open_offer_draw WHERE open_offer_id = ANY(%(ids)s) ORDER BY open_offer_id, round",
        ids=list(open_offer_ids),
    )
    return [
        Draw(
            row["open_offer_id"],
            row["round"],
            row["drawn_at"],
            _RULE.validate_python(row["rule"]),
            row["seed"],
            _ENTRIES.validate_python(row["entries"]),
            _RANKING.validate_python(row["ranking"]),
            {},
        )
        for row in rows
    ]


# ── rows ──


def _open_offer(row: Row) -> OpenOffer:
    return OpenOffer(
        id=row["id"],
        market_id=row["market_id"],
        delivery_id=row["delivery_id"],
        decision_id=row["decision_id"],
        state=OpenOfferState(row["state"]),
        why=row["why"],
        basis=row["basis"],
        seed=row["seed"],
        opened_at=row["opened_at"],
        round=row["round"],
        terms=_TERMS.validate_python(row["terms"]) if row["terms"] else None,
        gathering=row["gathering"],
        not_before=row["not_before"],
        ends_at=row["ends_at"],
        winner_id=row["winner_id"],
        reason=row["reason"],
    )


def _invitation(row: Any) -> Invitation:
    return Invitation(
        open_offer_id=row["open_offer_id"],
        round=row["round"],
        offer=_OFFER.validate_python(row["offer"]),
        arrives_s=row["arrives_s"],
        carries=tuple(row["carries"]),
        interested_at=row["interested_at"],
        result=Result(row["result"]) if row["result"] else None,
    )
