"""SQL of accounts, rules, hand-outs and decisions. Every function runs in the caller's operator transaction."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from homeward.fleets.carriers.contract import Access
from homeward.fleets.carriers.model import Account, AccountStatus, Ending, Job, Record, Stage
from homeward.infra.db import Row, Tx, json_param
from homeward.kit.money import Money

LEASE_S: Final = 120
_ACCOUNT: Final = "id, kind, name, base_url, hint, settings, status, trouble, checked_at, created_at"
_JOB: Final = """id, account_id, delivery_id, market_id, area, stage, ending, job, leg_id, fee_minor, currency, basis,
    quote, promised_by, tries, reason, cancelling, without_proof, delivered_seen_at, created_at, ended_at"""

# ── accounts ──


async def accounts(tx: Tx) -> list[Account]:
    return [_account(row) for row in await tx.all(f"SELECT {_ACCOUNT} FROM carrier_account ORDER BY id")]


async def account(tx: Tx, account_id: str) -> Account | None:
    row = await tx.one(f"SELECT {_ACCOUNT} FROM carrier_account WHERE id = %(id)s", id=account_id)
    return _account(row) if row else None


async def access(tx: Tx, account_id: str) -> tuple[Access, str, int] | None:
    """How to reach the carrier, the kind of it, and the revision that this belongs to."""
    row = await tx.one(
        "SELECT kind, base_url, login, hook_secret, settings, revision FROM carrier_account WHERE id = %(id)s",
        id=account_id,
    )
    if row is None:
        return None
    return Access(row["base_url"], row["login"], row["hook_secret"], row["settings"]), row["kind"], row["revision"]


async def insert_account(tx: Tx, account: Account, login: Mapping[str, str], hook_secret: str) -> None:
    await tx.run(
        """INSERT INTO carrier_account (id, kind, name, base_url, login, hook_secret, hint, settings, status,
                                        created_at)
           VALUES (%(id)s, %(kind)s, %(name)s, %(base_url)s, %(login)s, %(hook_secret)s, %(hint)s, %(settings)s,
                   %(status)s, %(created_at)s)""",
        id=account.id,
        kind=account.kind,
        name=account.name,
        base_url=account.base_url,
        login=json_param(dict(login)),
        hook_secret=hook_secret,
        hint=account.hint,
        settings=json_param(dict(account.settings)),
        status=str(account.status),
        created_at=account.created_at,
    )


async def change_account(tx: Tx, account_id: str, changes: Mapping[str, Any]) -> bool:
    """False if there is no such account. `changes` by column; only columns of this module's making are named."""
    values = {name: json_param(value) if isinstance(value, dict) else value for name, value in changes.items()}
    set_to = ", ".join([*(f"{name} = %({name})s" for name in values), "revision = revision + 1"])
    return (
        await tx.run(f"UPDATE carrier_account SET {set_to} WHERE id = %(account)s", account=account_id, **values) == 1
    )


async def rules(tx: Tx, market_id: str) -> Mapping[str, Any] | None:
    found: Mapping[str, Any] | None = await tx.value(
        "SELECT rules FROM carrier_rules WHERE market_id = %(id)s", id=market_id
    )
    return found


async def save_rules(tx: Tx, market_id: str, body: Mapping[str, Any]) -> None:
    await tx.run(
        """INSERT INTO carrier_rules (market_id, rules) VALUES (%(id)s, %(rules)s)
           ON CONFLICT (market_id) DO UPDATE SET rules = excluded.rules""",
        id=market_id,
        rules=json_param(dict(body)),
    )


# ── who looks at a delivery ──


async def take_look(tx: Tx, delivery_id: str, now: datetime) -> bool:
    """Whether this worker may look at the delivery now: it is time, and nobody else does."""
    taken = await tx.run(
        """INSERT INTO carrier_look (delivery_id, next_at, leased_until)
           VALUES (%(id)s, %(now)s, now() + make_interval(secs => %(lease)s))
           ON CONFLICT (delivery_id) DO UPDATE SET leased_until = excluded.leased_until
           WHERE carrier_look.next_at <= %(now)s AND carrier_look.leased_until < now()""",
        id=delivery_id,
        now=now,
        lease=LEASE_S,
    )
    return taken == 1


async def look_again(tx: Tx, delivery_id: str, at: datetime) -> None:
    await tx.run(
        "UPDATE carrier_look SET next_at = %(at)s, leased_until = '-infinity' WHERE delivery_id = %(id)s",
        id=delivery_id,
        at=at,
    )


# ── hand-outs ──


async def insert_job(tx: Tx, job: Job) -> bool:
    """False if the delivery is in somebody's hands already."""
    inserted = await tx.run(
        """INSERT INTO carrier_job (id, account_id, delivery_id, market_id, area, stage, fee_minor, currency, basis,
                                    quote, promised_by, due_at, leased_until, created_at)
           VALUES (%(id)s, %(account_id)s, %(delivery_id)s, %(market_id)s, %(area)s, 'asking', %(fee_minor)s,
                   %(currency)s, %(basis)s, %(quote)s, %(promised_by)s, %(created_at)s,
                   now() + make_interval(secs => %(lease)s), %(created_at)s)
           ON CONFLICT (delivery_id) WHERE ended_at IS NULL DO NOTHING""",
        id=job.id,
        account_id=job.account_id,
        delivery_id=job.delivery_id,
        market_id=job.market_id,
        area=job.area,
        fee_minor=job.fee.minor,
        currency=job.fee.currency,
        basis=job.basis,
        quote=json_param(dict(job.quote)),
        promised_by=job.promised_by,
        created_at=job.created_at,
        lease=LEASE_S,
    )
    return inserted == 1


async def lease_due(tx: Tx, now: datetime, limit: int) -> list[Job]:
    """Hand-outs that are due, each for this worker alone until its lease ends."""
    rows = await tx.all(
        f"""UPDATE carrier_job SET leased_until = now() + make_interval(secs => %(lease)s)
            WHERE id IN (SELECT id FROM carrier_job
                         WHERE ended_at IS NULL AND due_at <= %(now)s AND leased_until < now()
                         ORDER BY due_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED)
            RETURNING {_JOB}""",
        now=now,
        limit=limit,
        lease=LEASE_S,
    )
    return [_job(row) for row in rows]


async def job(tx: Tx, job_id: str) -> Job | None:
    row = await tx.one(f"SELECT {_JOB} FROM carrier_job WHERE id = %(id)s", id=job_id)
    return _job(row) if row else None


async def jobs_of(tx: Tx, delivery_id: str) -> list[Job]:
    rows = await tx.all(f"SELECT {_JOB} FROM carrier_job WHERE delivery_id = %(id)s ORDER BY id", id=delivery_id)
    return [_job(row) for row in rows]


async def change_job(tx: Tx, job_id: str, **changes: Any) -> bool:
    """Of one that has not ended; False if it has."""
    set_to = ", ".join(f"{name} = %({name})s" for name in changes)
    values = {name: json_param(value) if isinstance(value, dict) else value for name, value in changes.items()}
    values["hand_out"] = job_id
    changed = await tx.run(
        f"UPDATE carrier_job SET {set_to} WHERE id = %(hand_out)s AND ended_at IS NULL",
        **values,
    )
    return changed == 1


async def put_back(tx: Tx, job_id: str, due_at: datetime) -> None:
    """To be looked at again then, by whoever comes first."""
    await tx.run(
        "UPDATE carrier_job SET due_at = %(due)s, leased_until = '-infinity' WHERE id = %(id)s AND ended_at IS NULL",
        id=job_id,
        due=due_at,
    )


async def end_job(
    tx: Tx, job_id: str, ending: Ending, at: datetime, *, reason: str | None, in_time: bool | None
) -> bool:
    """False if it had ended before: the first ending stands."""
    ended = await tx.run(
        """UPDATE carrier_job SET stage = 'ended', ending = %(ending)s, ended_at = %(at)s, place = NULL,
                  reason = coalesce(%(reason)s, reason), in_time = %(in_time)s, leased_until = '-infinity'
           WHERE id = %(id)s AND ended_at IS NULL""",
        id=job_id,
        ending=str(ending),
        at=at,
        reason=reason,
        in_time=in_time,
    )
    return ended == 1


async def wake(tx: Tx, account_id: str, reference: str | None, job: str | None, now: datetime) -> int:
    """News came in: look at it now."""
    return await tx.run(
        """UPDATE carrier_job SET due_at = least(due_at, %(now)s)
           WHERE account_id = %(account)s AND ended_at IS NULL AND (id = %(reference)s OR job = %(job)s)""",
        account=account_id,
        reference=reference,
        job=job,
        now=now,
    )


async def failed_before(tx: Tx, delivery_id: str) -> frozenset[str]:
    """Accounts that had this delivery, or were given it, and did not carry it."""
    rows = await tx.all(
        """SELECT DISTINCT account_id FROM carrier_job
           WHERE delivery_id = %(id)s AND ending IN ('refused', 'failed', 'unreached', 'lost')""",
        id=delivery_id,
    )
    return frozenset(row["account_id"] for row in rows)


async def records(tx: Tx, area: str, since: datetime) -> dict[str, Record]:
    """By account: how what it carried ended. What we took back ourselves, or it never took, says nothing of it."""
    rows = await tx.all(
        """SELECT account_id, count(*) AS carried, count(*) FILTER (WHERE in_time) AS in_time,
                  count(*) FILTER (WHERE area = %(area)s) AS carried_here,
                  count(*) FILTER (WHERE area = %(area)s AND in_time) AS in_time_here
           FROM carrier_job WHERE ended_at >= %(since)s AND ending IN ('delivered', 'failed', 'lost', 'unreached')
           GROUP BY account_id""",
        area=area,
        since=since,
    )
    return {row.pop("account_id"): Record(**row) for row in rows}


# ── decisions and events ──


async def insert_decision(
    tx: Tx, decision_id: str, delivery_id: str, market_id: str, at: datetime, inputs: Any, outcome: Any
) -> None:
    await tx.run(
        """INSERT INTO carrier_decision (id, delivery_id, market_id, made_at, inputs, outcome)
           VALUES (%(id)s, %(delivery_id)s, %(market_id)s, %(at)s, %(inputs)s, %(outcome)s)""",
        id=decision_id,
        delivery_id=delivery_id,
        market_id=market_id,
        at=at,
        inputs=json_param(inputs),
        outcome=json_param(outcome),
    )


async def last_reason(tx: Tx, delivery_id: str) -> str | None:
    """Why the last decision kept the delivery; None if there was none or it handed out."""
    reason: str | None = await tx.value(
        """SELECT outcome ->> 'reason' FROM carrier_decision WHERE delivery_id = %(id)s
           ORDER BY made_at DESC, id DESC LIMIT 1""",
        id=delivery_id,
    )
    return reason


async def decisions_of(tx: Tx, delivery_id: str) -> list[Row]:
    return await tx.all(
        "SELECT * FROM carrier_decision WHERE delivery_id = %(id)s ORDER BY made_at, id", id=delivery_id
    )


async def decision(tx: Tx, decision_id: str) -> Row | None:
    return await tx.one("SELECT * FROM carrier_decision WHERE id = %(id)s", id=decision_id)


async def is_news(tx: Tx, account_id: str, key: str) -> bool:
    inserted = await tx.run(
        """INSERT INTO carrier_event (account_id, key) VALUES (%(account)s, %(key)s) ON CONFLICT DO NOTHING""",
        account=account_id,
        key=key,
    )
    return inserted == 1


async def forget(tx: Tx, before: datetime, events_kept: timedelta) -> int:
    """Old news and old decisions."""
    events = await tx.run("DELETE FROM carrier_event WHERE received_at < now() - %(kept)s", kept=events_kept)
    decisions = await tx.run(
        """DELETE FROM carrier_decision
           WHERE id IN (SELECT id FROM carrier_decision WHERE made_at < %(before)s LIMIT 1000)""",
        before=before,
    )
    return events + decisions


def _account(row: Row) -> Account:
    return Account(**{**row, "status": AccountStatus(row["status"])})


def _job(row: Row) -> Job:
    fee = Money(row.pop("fee_minor"), row.pop("currency"))
    ending: str | None = row.pop("ending")
    without: Sequence[str] = row.pop("without_proof")
    return Job(
        **{**row, "stage": Stage(row["stage"])},
        fee=fee,
        ending=Ending(ending) if ending else None,
        kept_without_proof=tuple(without),
    )
