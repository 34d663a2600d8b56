"""Due process in the database. Decisions and steps are only ever added; the operator's role cannot do otherwise."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from homeward.fleets.couriers.model import NamedPerson
from homeward.fleets.couriers.standing.model import (
    Case,
    Decision,
    EvidenceKind,
    EvidenceRef,
    Ground,
    Kind,
    PublishedPolicy,
    Step,
    StepType,
)
from homeward.infra.db import Row, Tx, json_param
from homeward.kit.problems import jsonable

_DECISIONS: Final = """SELECT d.*, u.name AS decider FROM standing_decision d
    JOIN operator_user u ON u.id = d.decided_by"""


async def hold_courier(tx: Tx, courier_id: str) -> bool:
    """Decisions about one courier queue here. False if there is no such courier."""
    return await tx.value("SELECT true FROM courier WHERE id = %(id)s FOR NO KEY UPDATE", id=courier_id) is True


async def phone(tx: Tx, courier_id: str) -> str:
    return str(await tx.value("SELECT phone FROM courier WHERE id = %(id)s", id=courier_id))


# ── published rules ──


async def publish(tx: Tx, text: str, published_at: datetime, in_force_from: datetime, by: NamedPerson) -> int:
    """The new version's number."""
    await tx.run("SELECT pg_advisory_xact_lock(hashtextextended('standing_policy', 4711))")
    version = await tx.value(
        """INSERT INTO standing_policy (version, text, published_at, in_force_from, published_by)
           SELECT coalesce(max(version), 0) + 1, %(text)s, %(at)s, %(from)s, %(by)s FROM standing_policy
           RETURNING version""",
        text=text,
        at=published_at,
        by=by.user_id,
        **{"from": in_force_from},
    )
    return int(version)


async def policies(tx: Tx) -> list[PublishedPolicy]:
    """The newest first."""
    rows = await tx.all(
        """SELECT p.*, u.name FROM standing_policy p JOIN operator_user u ON u.id = p.published_by
           ORDER BY p.version DESC"""
    )
    return [
        PublishedPolicy(
            row["version"],
            row["text"],
            row["published_at"],
            row["in_force_from"],
            NamedPerson(row["published_by"], row["name"]),
        )
        for row in rows
    ]


# ── decisions and steps ──


async def add_decision(tx: Tx, decision: Decision) -> None:
    await tx.run(
        """INSERT INTO standing_decision (id, courier_id, kind, ground, explanation, evidence, policy_version,
                                          starts_at, ends_at, appeal_by, decided_by)
           VALUES (%(id)s, %(courier_id)s, %(kind)s, %(ground)s, %(explanation)s, %(evidence)s, %(policy_version)s,
                   %(starts_at)s, %(ends_at)s, %(appeal_by)s, %(by)s)""",
        id=decision.id,
        courier_id=decision.courier_id,
        kind=decision.kind.value,
        ground=decision.ground.value,
        explanation=decision.explanation,
        evidence=json_param(jsonable(list(decision.evidence))),
        policy_version=decision.policy_version,
        starts_at=decision.starts_at,
        ends_at=decision.ends_at,
        appeal_by=decision.appeal_by,
        by=decision.decided_by.user_id,
    )


async def add_step(tx: Tx, decision_id: str, step: Step) -> None:
    """Only while the decision is held (`case`): steps are numbered without a gap."""
    await tx.run(
        """INSERT INTO standing_step (decision_id, seq, type, at, text, by_user, due_at, ends_at)
           SELECT %(id)s, count(*) + 1, %(type)s, %(at)s, %(text)s, %(by)s, %(due_at)s, %(ends_at)s
           FROM standing_step WHERE decision_id = %(id)s""",
        id=decision_id,
        type=step.type.value,
        at=step.at,
        text=step.text,
        by=step.by.user_id if step.by else None,
        due_at=step.due_at,
        ends_at=step.ends_at,
    )


async def case(tx: Tx, decision_id: str, *, courier_id: str | None = None) -> Case | None:
    """Held until the transaction ends; None also if it is about another courier than `courier_id`."""
    found = await tx.one(
        """SELECT courier_id FROM standing_decision WHERE id = %(id)s
             AND (%(courier_id)s::text IS NULL OR courier_id = %(courier_id)s)""",
        id=decision_id,
        courier_id=courier_id,
    )
    if found is None:
        return None
    await hold_courier(tx, found["courier_id"])
    rows = await tx.all(f"{_DECISIONS} WHERE d.id = %(id)s", id=decision_id)
    return (await _with_steps(tx, rows))[0]


async def of_courier(tx: Tx, courier_id: str) -> list[Case]:
    """The newest first."""
    rows = await tx.all(
        f"{_DECISIONS} WHERE d.courier_id = %(id)s ORDER BY d.starts_at DESC, d.id DESC",
        id=courier_id,
    )
    return await _with_steps(tx, rows)


async def lately(tx: Tx, limit: int) -> list[Case]:
    """The newest decisions of all couriers."""
    rows = await tx.all(f"{_DECISIONS} ORDER BY d.starts_at DESC, d.id DESC LIMIT %(limit)s", limit=limit)
    return await _with_steps(tx, rows)


async def appealed(tx: Tx) -> list[Case]:
    """With an appeal that nobody has answered, the most urgent first."""
    rows = await tx.all(
        f"""{_DECISIONS} JOIN standing_step a ON a.decision_id = d.id AND a.type = 'appealed'
            WHERE NOT EXISTS (SELECT FROM standing_step s WHERE s.decision_id = d.id AND s.seq > a.seq
                              AND s.type IN ('upheld', 'shortened', 'lifted'))
            ORDER BY a.due_at, d.id"""
    )
    return await _with_steps(tx, rows)


async def maybe_restricting(tx: Tx, market_id: str, now: datetime) -> list[Case]:
    """Decisions about couriers on duty here that may keep offers away now; what followed decides whether they do."""
    rows = await tx.all(
        f"""{_DECISIONS} JOIN courier c ON c.id = d.courier_id
            WHERE c.market_id = %(market_id)s AND c.on_duty AND d.kind <> 'warning'
              AND (d.ends_at IS NULL OR d.ends_at > %(now)s)""",
        market_id=market_id,
        now=now,
    )
    return await _with_steps(tx, rows)


async def _with_steps(tx: Tx, rows: Sequence[Row]) -> list[Case]:
    if not rows:
        return []
    steps = await tx.all(
        """SELECT s.*, u.name FROM standing_step s LEFT JOIN operator_user u ON u.id = s.by_user
           WHERE s.decision_id = ANY(%(ids)s) ORDER BY s.decision_id, s.seq""",
        ids=[row["id"] for row in rows],
    )
    by_decision: dict[str, list[Step]] = {}
    for step in steps:
        by_decision.setdefault(step["decision_id"], []).append(_step(step))
    return [Case(_decision(row), tuple(by_decision.get(row["id"], ()))) for row in rows]


def _decision(row: Row) -> Decision:
    return Decision(
        id=row["id"],
        courier_id=row["courier_id"],
        kind=Kind(row["kind"]),
        ground=Ground(row["ground"]),
        explanation=row["explanation"],
        evidence=tuple(_evidence(one) for one in row["evidence"]),
        policy_version=row["policy_version"],
        starts_at=row["starts_at"],
        ends_at=row["ends_at"],
        appeal_by=row["appeal_by"],
        decided_by=NamedPerson(row["decided_by"], row["decider"]),
    )


def _evidence(said: Mapping[str, Any]) -> EvidenceRef:
    return EvidenceRef(EvidenceKind(said["kind"]), said["id"], said["note"])


def _step(row: Row) -> Step:
    by = NamedPerson(row["by_user"], row["name"]) if row["by_user"] else None
    return Step(StepType(row["type"]), row["at"], row["text"], by, row["due_at"], row["ends_at"])
