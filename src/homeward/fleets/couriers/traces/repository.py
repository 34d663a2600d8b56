"""Scores of positions in the database, and what people made of them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from homeward.fleets.couriers.model import NamedPerson
from homeward.fleets.couriers.traces.model import Finding, Review, Rule, Score, Verdict
from homeward.infra.db import Row, Tx, json_param
from homeward.kit.problems import jsonable

_SCORES: Final = """SELECT s.*, c.name AS courier_name, r.verdict, r.note, r.at AS reviewed_at, r.by_user,
           u.name AS reviewer
    FROM trace_score s JOIN courier c ON c.id = s.courier_id
    LEFT JOIN trace_review r ON r.score_id = s.id LEFT JOIN operator_user u ON u.id = r.by_user"""


async def scored(tx: Tx, since: datetime) -> frozenset[str]:
    """Couriers whose positions from then on have their score."""
    rows = await tx.all("SELECT courier_id FROM trace_score WHERE since = %(since)s", since=since)
    return frozenset(row["courier_id"] for row in rows)


async def add(tx: Tx, score: Score) -> bool:
    """False if another worker was faster."""
    added = await tx.run(
        """INSERT INTO trace_score (id, courier_id, since, until, fixes, score, findings, rules, made_at)
           VALUES (%(id)s, %(courier_id)s, %(since)s, %(until)s, %(fixes)s, %(score)s, %(findings)s, %(rules)s,
                   %(made_at)s)
           ON CONFLICT (courier_id, since) DO NOTHING""",
        id=score.id,
        courier_id=score.courier_id,
        since=score.since,
        until=score.until,
        fixes=score.fixes,
        score=score.score,
        findings=json_param(jsonable(list(score.findings))),
        rules=score.rules,
        made_at=score.made_at,
    )
    return added == 1


async def get(tx: Tx, score_id: str) -> Score | None:
    row = await tx.one(f"{_SCORES} WHERE s.id = %(id)s", id=score_id)
    return _score(row) if row else None


async def of_courier(tx: Tx, courier_id: str, since: datetime) -> list[Score]:
    """The newest first."""
    rows = await tx.all(
        f"{_SCORES} WHERE s.courier_id = %(id)s AND s.since >= %(since)s ORDER BY s.since DESC",
        id=courier_id,
        since=since,
    )
    return [_score(row) for row in rows]


async def to_review(tx: Tx, at_least: int, limit: int) -> list[Score]:
    """Of which nobody has said anything yet, the highest first."""
    rows = await tx.all(
        f"""{_SCORES} WHERE r.score_id IS NULL AND s.score >= %(at_least)s
            ORDER BY s.score DESC, s.since DESC, s.id LIMIT %(limit)s""",
        at_least=at_least,
        limit=limit,
    )
    return [_score(row) for row in rows]


async def review(tx: Tx, score_id: str, made: Review) -> bool:
    """False if somebody has said something already."""
    added = await tx.run(
        """INSERT INTO trace_review (score_id, verdict, note, at, by_user)
           VALUES (%(id)s, %(verdict)s, %(note)s, %(at)s, %(by)s) ON CONFLICT (score_id) DO NOTHING""",
        id=score_id,
        verdict=made.verdict.value,
        note=made.note,
        at=made.at,
        by=made.by.user_id,
    )
    return added == 1


async def forget_before(tx: Tx, moment: datetime) -> int:
    """Scores that no person has reviewed; what people said stays with what it was about."""
    return await tx.run(
        """DELETE FROM trace_score s WHERE s.since < %(moment)s
             AND NOT EXISTS (SELECT FROM trace_review r WHERE r.score_id = s.id)""",
        moment=moment,
    )


def _score(row: Row) -> Score:
    review = None
    if row["verdict"]:
        by = NamedPerson(row["by_user"], row["reviewer"])
        review = Review(Verdict(row["verdict"]), row["note"], row["reviewed_at"], by)
    return Score(
        id=row["id"],
        courier_id=row["courier_id"],
        courier_name=row["courier_name"],
        since=row["since"],
        until=row["until"],
        fixes=row["fixes"],
        score=row["score"],
        findings=tuple(_finding(one) for one in row["findings"]),
        rules=row["rules"],
        made_at=row["made_at"],
        review=review,
    )


def _finding(said: Mapping[str, Any]) -> Finding:
    return Finding(**{**said, "rule": Rule(said["rule"]), "at": datetime.fromisoformat(said["at"])})
