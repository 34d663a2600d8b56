"""Webhook endpoints, messages and tries in Postgres. Retry times and leases are the database's clock."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from homeward.infra.db import Row, Tx, json_param
from homeward.messages.webhooks.model import Endpoint, Leased, LoggedAttempt, LoggedMessage

LEASE_S: Final = 30

_ENDPOINT: Final = (
    """id, merchant_id, mode, url, event_types, secrets, status, disabled_reason, failing_since, created_at"""
)


# ── endpoints ──


async def add_endpoint(
    tx: Tx, endpoint_id: str, merchant_id: str, mode: str, url: str, types: Sequence[str], secret: str
) -> None:
    await tx.run(
        """INSERT INTO webhook_endpoint (id, merchant_id, mode, url, event_types, secrets)
           VALUES (%(id)s, %(merchant_id)s, %(mode)s, %(url)s, %(types)s, %(secrets)s)""",
        id=endpoint_id,
        merchant_id=merchant_id,
        mode=mode,
        url=url,
        types=list(types),
        secrets=json_param([secret]),
    )


async def endpoints(tx: Tx, mode: str) -> list[Endpoint]:
    rows = await tx.all(f"SELECT {_ENDPOINT} FROM webhook_endpoint WHERE mode = %(mode)s ORDER BY id", mode=mode)
    return [_endpoint(row) for row in rows]


async def endpoint(tx: Tx, endpoint_id: str, mode: str) -> Endpoint | None:
    row = await tx.one(
        f"SELECT {_ENDPOINT} FROM webhook_endpoint WHERE id = %(id)s AND mode = %(mode)s FOR UPDATE",
        id=endpoint_id,
        mode=mode,
    )
    return _endpoint(row) if row else None


async def change_endpoint(tx: Tx, changed: Endpoint) -> None:
    await tx.run(
        """UPDATE webhook_endpoint
           SET url = %(url)s, event_types = %(types)s, secrets = %(secrets)s, status = %(status)s,
                  disabled_reason = %(reason)s, failing_since = %(failing)s WHERE id = %(id)s""",
        id=changed.id,
        url=changed.url,
        types=list(changed.event_types),
        secrets=json_param(list(changed.secrets)),
        status=changed.status,
        reason=changed.disabled_reason,
        failing=changed.failing_since,
    )


async def remove_endpoint(tx: Tx, endpoint_id: str, mode: str) -> bool:
    return bool(
        await tx.run("DELETE FROM webhook_endpoint WHERE id = %(id)s AND mode = %(mode)s", id=endpoint_id, mode=mode)
    )


# ── fan-out ──


async def listening(tx: Tx, merchant_ids: Sequence[str]) -> list[Endpoint]:
    """Active endpoints of these merchants."""
    rows = await tx.all(
        f"SELECT {_ENDPOINT} FROM webhook_endpoint WHERE merchant_id = ANY(%(ids)s) AND status = 'active'",
        ids=list(merchant_ids),
    )
    return [_endpoint(row) for row in rows]


async def external_ids(tx: Tx, delivery_ids: Sequence[str]) -> dict[str, str | None]:
    rows = await tx.all("SELECT id, external_id FROM delivery WHERE id = ANY(%(ids)s)", ids=list(delivery_ids))
    return {row["id"]: row["external_id"] for row in rows}


async def add_messages(tx: Tx, rows: Sequence[dict[str, Any]]) -> None:
    """Told twice is written once: the log may hand the same event out again after a crash."""
    await tx.many(
        """INSERT INTO webhook_message (id, merchant_id, endpoint_id, delivery_id, seq, type, body)
           VALUES (%(id)s, %(merchant_id)s, %(endpoint_id)s, %(delivery_id)s, %(seq)s, %(type)s, %(body)s)
           ON CONFLICT (endpoint_id, delivery_id, seq) DO NOTHING""",
        rows,
    )


# ── sending ──


async def lease_due(tx: Tx, limit: int, per_endpoint: int) -> list[Leased]:
    """Claim what is due: of each endpoint and delivery only the oldest pending message, so that order holds.

    A message whose lease ended without a result (its worker died) is claimed again, with a higher token.
    """
    rows = await tx.all(
        """WITH candidate AS (
               SELECT m.id, row_number() OVER (PARTITION BY m.endpoint_id ORDER BY m.next_try_at, m.id) AS place
               FROM webhook_message m JOIN webhook_endpoint e ON e.id = m.endpoint_id AND e.status = 'active'
               WHERE m.state = 'pending' AND m.next_try_at <= now()
                 AND (m.leased_until IS NULL OR m.leased_until < now())
                 AND NOT EXISTS (SELECT 1 FROM webhook_message earlier
                                 WHERE earlier.endpoint_id = m.endpoint_id AND earlier.delivery_id = m.delivery_id
                                   AND earlier.seq < m.seq AND earlier.state = 'pending')
           ), picked AS (
               SELECT id FROM webhook_message
               WHERE id IN (SELECT id FROM candidate WHERE place <= %(per_endpoint)s) AND state = 'pending'
                 AND (leased_until IS NULL OR leased_until < now())
               ORDER BY next_try_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED
           )
           UPDATE webhook_message m
           SET leased_until = now() + make_interval(secs => %(lease_s)s), lease_token = m.lease_token + 1,
               tries = m.tries + 1
           FROM picked, webhook_endpoint e
           WHERE m.id = picked.id AND e.id = m.endpoint_id
           RETURNING m.id, m.merchant_id, m.endpoint_id, m.body, m.tries, m.lease_token, e.url, e.secrets""",
        limit=limit,
        per_endpoint=per_endpoint,
        lease_s=LEASE_S,
    )
    return [Leased(**{**row, "secrets": tuple(row["secrets"])}) for row in rows]


async def record_attempt(tx: Tx, message: Leased, status: int | None, took_ms: int, answer: str) -> None:
    await tx.run(
        """INSERT INTO webhook_attempt (merchant_id, message_id, status, took_ms, answer)
           VALUES (%(merchant_id)s, %(message_id)s, %(status)s, %(took_ms)s, %(answer)s)""",
        merchant_id=message.merchant_id,
        message_id=message.id,
        status=status,
        took_ms=took_ms,
        answer=answer,
    )


async def finish(tx: Tx, message: Leased, state: str, pause_s: float | None) -> bool:
    """Write the outcome; False if somebody else has claimed the message since (our lease had ended)."""
    changed = await tx.run(
        """UPDATE webhook_message SET state = %(state)s, leased_until = NULL,
                  sent_at = CASE WHEN %(state)s = 'sent' THEN now() ELSE sent_at END,
                  next_try_at = now() + make_interval(secs => %(pause_s)s)
           WHERE id = %(id)s AND lease_token = %(token)s AND state = 'pending'""",
        id=message.id,
        token=message.lease_token,
        state=state,
        pause_s=pause_s or 0.0,
    )
    return bool(changed)


async def give_back(tx: Tx, message: Leased) -> None:
    """As if it had not been claimed: the endpoint is to be asked more slowly."""
    await tx.run(
        """UPDATE webhook_message SET leased_until = NULL, tries = tries - 1
           WHERE id = %(id)s AND lease_token = %(token)s AND state = 'pending'""",
        id=message.id,
        token=message.lease_token,
    )


async def mark_endpoint(tx: Tx, endpoint_id: str, *, well: bool) -> datetime | None:
    """Remember since when an endpoint has only failed; that moment, None while it is well."""
    if well:
        await tx.run(
            "UPDATE webhook_endpoint SET failing_since = NULL WHERE id = %(id)s AND failing_since IS NOT NULL",
            id=endpoint_id,
        )
        return None
    since: datetime | None = await tx.value(
        """UPDATE webhook_endpoint SET failing_since = coalesce(failing_since, now()) WHERE id = %(id)s
           RETURNING failing_since""",
        id=endpoint_id,
    )
    return since


async def disable(tx: Tx, endpoint_id: str, reason: str) -> Row | None:
    """The endpoint with its merchant's owner, once: None if it was disabled already."""
    return await tx.one(
        """UPDATE webhook_endpoint e SET status = 'disabled', disabled_reason = %(reason)s
           WHERE e.id = %(id)s AND e.status = 'active'
           RETURNING e.id, e.merchant_id, e.url,
               (SELECT u.email FROM merchant_user u WHERE u.merchant_id = e.merchant_id AND u.role = 'owner'
                ORDER BY u.created_at LIMIT 1) AS owner_email""",
        id=endpoint_id,
        reason=reason,
    )


# ── log and replay ──


async def log_page(tx: Tx, endpoint_id: str, before: str | None, state: str | None, limit: int) -> list[LoggedMessage]:
    """Newest first, each with its tries."""
    rows = await tx.all(
        """SELECT m.id, m.delivery_id, m.seq, m.type, m.state, m.tries, m.created_at, m.sent_at,
                  CASE WHEN m.state = 'pending' THEN m.next_try_at END AS next_try_at,
                  coalesce((SELECT jsonb_agg(jsonb_build_object('at', a.at, 'status', a.status, 'took_ms', a.took_ms,
                                                                'answer', a.answer) ORDER BY a.id)
                            FROM webhook_attempt a WHERE a.message_id = m.id), '[]') AS attempts
           FROM webhook_message m
           WHERE m.endpoint_id = %(endpoint_id)s AND (%(before)s::text IS NULL OR m.id < %(before)s)
             AND (%(state)s::text IS NULL OR m.state = %(state)s)
           ORDER BY m.id DESC LIMIT %(limit)s""",
        endpoint_id=endpoint_id,
        before=before,
        state=state,
        limit=limit,
    )
    return [_logged(row) for row in rows]


async def replay(
    tx: Tx,
    endpoint_id: str,
    *,
    message_id: str | None,
    since: datetime | None,
    until: datetime | None,
    failed_only: bool,
) -> int:
    """Make messages due again, with a fresh plan of tries. How many."""
    return await tx.run(
        """UPDATE webhook_message SET state = 'pending', tries = 0, next_try_at = now(), leased_until = NULL
           WHERE endpoint_id = %(endpoint_id)s
             AND (%(message_id)s::text IS NULL OR id = %(message_id)s)
             AND (%(since)s::timestamptz IS NULL OR created_at >= %(since)s)
             AND (%(until)s::timestamptz IS NULL OR created_at <= %(until)s)
             AND (NOT %(failed_only)s OR state = 'failed')""",
        endpoint_id=endpoint_id,
        message_id=message_id,
        since=since,
        until=until,
        failed_only=failed_only,
    )


def _endpoint(row: Row) -> Endpoint:
    return Endpoint(**{**row, "event_types": tuple(row["event_types"]), "secrets": tuple(row["secrets"])})


def _logged(row: Row) -> LoggedMessage:
    attempts = [
        LoggedAttempt(**{**attempt, "at": datetime.fromisoformat(attempt["at"])}) for attempt in row["attempts"]
    ]
    return LoggedMessage(**{**row, "attempts": attempts})
