"""Webhook endpoints, messages and tries in Postgres. Retry times and leases are the database's clock."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from homeward.infra.db import Row, Tx, json_param
from homeward.messages.webhooks.model import Endpoint, Leased, LoggedAttempt, LoggedMessage, NewEndpoint
from homeward.messages.webhooks.sending import Attempt

LEASE_S: Final = 30

_ENDPOINT: Final = """id, merchant_id, mode, url, event_types, secrets, status, disabled_reason, failing_since,
    created_at, dialect, auth, location_every_s"""  # ── endpoints ──


async def add_endpoint(tx: Tx, endpoint_id: str, merchant_id: str, mode: str, wanted: NewEndpoint, secret: str) -> None:
    await tx.run(
        """INSERT INTO webhook_endpoint
               (id, merchant_id, mode, url, event_types, secrets, dialect, auth, location_every_s)
           VALUES (%(id)s, %(merchant_id)s, %(mode)s, %(url)s, %(types)s, %(secrets)s, %(dialect)s, %(auth)s,
                   %(location_every_s)s)""",
        id=endpoint_id,
        merchant_id=merchant_id,
        mode=mode,
        url=wanted.url,
        types=list(wanted.event_types),
        secrets=json_param([secret]),
        dialect=wanted.dialect,
        auth=json_param(dict(wanted.auth)),
        location_every_s=wanted.location_every_s,
    )


async def endpoints(tx: Tx, mode: str) -> list[Endpoint]:
    rows = await tx.all(f"SELECT {_ENDPOINT} FROM webhook_endpoint WHERE mode = %(mode)s ORDER BY id", mode=mode)
    return [_endpoint(row) for row in rows]


async def endpoint(tx: Tx, endpoint_id: str, mode: str, *, to_change: bool = False) -> Endpoint | None:
    lock = "FOR NO KEY UPDATE" if to_change else ""
    row = await tx.one(
        f"SELECT {_ENDPOINT} FROM webhook_endpoint WHERE id = %(id)s AND mode = %(mode)s {lock}",
        id=endpoint_id,
        mode=mode,
    )
    return _endpoint(row) if row else None


async def change_endpoint(tx: Tx, changed: Endpoint) -> None:
    await tx.run(
        """UPDATE webhook_endpoint
           SET url = %(url)s, event_types = %(types)s, secrets = %(secrets)s, status = %(status)s,
                  disabled_reason = %(reason)s, failing_since = %(failing)s, auth = %(auth)s,
                  location_every_s = %(location_every_s)s WHERE id = %(id)s""",
        id=changed.id,
        url=changed.url,
        types=list(changed.event_types),
        secrets=json_param(list(changed.secrets)),
        status=changed.status,
        reason=changed.disabled_reason,
        failing=changed.failing_since,
        auth=json_param(dict(changed.auth)),
        location_every_s=changed.location_every_s,
    )


async def remove_endpoint(tx: Tx, endpoint_id: str, mode: str) -> bool:
    return bool(
        await tx.run("DELETE FROM webhook_endpoint WHERE id = %(id)s AND mode = %(mode)s", id=endpoint_id, mode=mode)
    )


# ── fan-out ──


async def listening(tx: Tx, merchant_ids: Sequence[str]) -> list[Endpoint]:
    """Endpoints of these merchants, also those that are off: their log keeps what they miss."""
    rows = await tx.all(
        f"SELECT {_ENDPOINT} FROM webhook_endpoint WHERE merchant_id = ANY(%(ids)s)",
        ids=list(merchant_ids),
    )
    return [_endpoint(row) for row in rows]


async def subjects(tx: Tx, delivery_ids: Sequence[str]) -> dict[str, Row]:
    """What every message needs to know of its delivery: `external_id`, and through which `door` it was booked."""
    rows = await tx.all("SELECT id, external_id, door FROM delivery WHERE id = ANY(%(ids)s)", ids=list(delivery_ids))
    return {row["id"]: row for row in rows}


async def add_messages(tx: Tx, rows: Sequence[dict[str, Any]]) -> None:
    """Told twice is written once: the log may hand the same event out again after a crash.

    A message is not due before those that it must follow, so that the list of what is due stays short while a receiver
    is away.
    """
    await tx.many(
        """INSERT INTO webhook_message (id, merchant_id, endpoint_id, delivery_id, seq, type, body, state, next_try_at)
           VALUES (%(id)s, %(merchant_id)s, %(endpoint_id)s, %(delivery_id)s, %(seq)s, %(type)s, %(body)s, %(state)s,
                   greatest(now(), (SELECT max(earlier.next_try_at) FROM webhook_message earlier
                                    WHERE earlier.endpoint_id = %(endpoint_id)s
                                      AND earlier.delivery_id = %(delivery_id)s AND earlier.state = 'pending')))
           ON CONFLICT (endpoint_id, delivery_id, seq) DO NOTHING""",
        rows,
    )


async def add_unwritten(tx: Tx, rows: Sequence[dict[str, Any]]) -> None:
    """What there was no way to write, kept in the log as failed with the reason. Its body is empty: nothing to send."""
    await tx.many(
        """WITH kept AS (
               INSERT INTO webhook_message (id, merchant_id, endpoint_id, delivery_id, seq, type, body, state)
               VALUES (%(id)s, %(merchant_id)s, %(endpoint_id)s, %(delivery_id)s, %(seq)s, %(type)s, '', 'failed')
               ON CONFLICT (endpoint_id, delivery_id, seq) DO NOTHING RETURNING merchant_id, id
           )
           INSERT INTO webhook_attempt (merchant_id, message_id, took_ms, answer)
           SELECT merchant_id, id, 0, %(reason)s FROM kept""",
        rows,
    )


# ── sending ──


async def lease_due(
    tx: Tx, limit: int, per_endpoint: int, *, slower: Mapping[str, int] | None = None, failing: bool | None = None
) -> list[Leased]:
    """Claim what is due: of each endpoint and delivery only the oldest pending message, so that order holds.

    A message whose lease ended without a result (its worker died) is claimed again, with a higher token.

    Of one endpoint at most `per_endpoint` are under way at once, whichever worker claimed them; of those in `slower`
    fewer. `failing` asks only for endpoints whose last try failed, or only for those whose last did not.
    """
    # Claims take turns: what another worker has claimed counts, and two at once could not see each other's.
    await tx.run("SELECT pg_advisory_xact_lock(hashtext('webhook claims'))")
    rows = await tx.all(
        """WITH candidate AS (
               SELECT due.id, due.next_try_at,
                      row_number() OVER (PARTITION BY e.id ORDER BY due.next_try_at, due.id) AS place,
                      coalesce((SELECT s.room FROM unnest(%(slow)s::text[], %(rooms)s::int[]) AS s (id, room)
                                WHERE s.id = e.id), %(per_endpoint)s)
                      - (SELECT count(*) FROM webhook_message w
                         WHERE w.endpoint_id = e.id AND w.leased_until > now()) AS room
               FROM webhook_endpoint e CROSS JOIN LATERAL (
                   SELECT m.id, m.next_try_at FROM webhook_message m
                   WHERE m.endpoint_id = e.id AND m.state = 'pending' AND m.next_try_at <= now()
                     AND (m.leased_until IS NULL OR m.leased_until < now())
                     AND NOT EXISTS (SELECT 1 FROM webhook_message earlier
                                     WHERE earlier.endpoint_id = m.endpoint_id AND earlier.delivery_id = m.delivery_id
                                       AND earlier.seq < m.seq AND earlier.state = 'pending')
                   ORDER BY m.next_try_at, m.id LIMIT %(per_endpoint)s
               ) AS due
               WHERE e.status = 'active'
                 AND (%(failing)s::boolean IS NULL OR (e.failing_since IS NOT NULL) = %(failing)s)
           ), picked AS (
               SELECT id FROM webhook_message
               WHERE id IN (SELECT id FROM candidate WHERE place <= room ORDER BY place, next_try_at LIMIT %(limit)s)
                 AND state = 'pending'
               FOR UPDATE SKIP LOCKED
           )
           UPDATE webhook_message m
           SET leased_until = now() + make_interval(secs => %(lease_s)s), lease_token = m.lease_token + 1,
               tries = m.tries + 1
           FROM picked, webhook_endpoint e
           WHERE m.id = picked.id AND e.id = m.endpoint_id
           RETURNING m.id, m.merchant_id, m.endpoint_id, m.delivery_id, m.seq, m.body, m.tries, m.lease_token, e.url,
                     e.secrets, e.dialect, e.auth, extract(epoch FROM now() - m.created_at)::float AS age_s,
                     e.failing_since IS NOT NULL AS failing""",
        limit=limit,
        per_endpoint=per_endpoint,
        slow=list(slower or {}),
        rooms=list((slower or {}).values()),
        failing=failing,
        lease_s=LEASE_S,
    )
    return [Leased(**{**row, "secrets": tuple(row["secrets"])}) for row in rows]


async def hold(tx: Tx, endpoint_id: str) -> None:
    """Outcomes of one endpoint take turns: its row before its messages, in every transaction that touches both."""
    await tx.run("SELECT 1 FROM webhook_endpoint WHERE id = %(id)s FOR NO KEY UPDATE", id=endpoint_id)


async def record_attempt(tx: Tx, message: Leased, attempt: Attempt) -> None:
    """Into the log, unless the endpoint was removed meanwhile and its log with it."""
    await tx.run(
        """INSERT INTO webhook_attempt (merchant_id, message_id, status, took_ms, answer, sent_headers)
           SELECT merchant_id, id, %(status)s, %(took_ms)s, %(answer)s, %(headers)s FROM webhook_message
           WHERE id = %(id)s FOR KEY SHARE""",
        id=message.id,
        status=attempt.status,
        took_ms=attempt.took_ms,
        answer=attempt.answer,
        headers=json_param(dict(attempt.sent_headers)),
    )


async def finish_sent(tx: Tx, message: Leased) -> bool:
    """It was accepted. False if somebody else has claimed the message since (our lease had ended)."""
    # Also if the endpoint was switched off meanwhile, which ended all that was pending: it did arrive.
    changed = await tx.run(
        """UPDATE webhook_message SET state = 'sent', leased_until = NULL, sent_at = now()
           WHERE id = %(id)s AND lease_token = %(token)s AND state <> 'sent'""",
        id=message.id,
        token=message.lease_token,
    )
    return bool(changed)


async def finish_failed(tx: Tx, message: Leased, pause_s: float | None) -> bool:
    """Due again after the pause, and with it what must follow; None gives it up. False as for `finish_sent`."""
    next_try_at = await tx.value(
        """UPDATE webhook_message SET state = %(state)s, leased_until = NULL,
                  next_try_at = now() + make_interval(secs => %(pause_s)s)
           WHERE id = %(id)s AND lease_token = %(token)s AND state = 'pending' RETURNING next_try_at""",
        id=message.id,
        token=message.lease_token,
        state="failed" if pause_s is None else "pending",
        pause_s=pause_s or 0.0,
    )
    if next_try_at is None:
        return False
    await tx.run(
        """UPDATE webhook_message SET next_try_at = %(next_try_at)s
           WHERE endpoint_id = %(endpoint_id)s AND delivery_id = %(delivery_id)s AND seq > %(seq)s
             AND state = 'pending'""",
        endpoint_id=message.endpoint_id,
        delivery_id=message.delivery_id,
        seq=message.seq,
        next_try_at=next_try_at,
    )
    return True


async def mark_well(tx: Tx, endpoint_id: str) -> float:
    """The endpoint accepted something. For how many seconds it had only failed before that; 0 if it had not."""
    failed_s: float | None = await tx.value(
        """UPDATE webhook_endpoint e SET failing_since = NULL
           FROM (SELECT id, failing_since FROM webhook_endpoint WHERE id = %(id)s FOR UPDATE) AS before
           WHERE e.id = before.id AND before.failing_since IS NOT NULL
           RETURNING extract(epoch FROM clock_timestamp() - before.failing_since)::float""",
        id=endpoint_id,
    )
    return failed_s or 0.0


async def mark_failing(tx: Tx, endpoint_id: str) -> float:
    """A try failed. For how many seconds every one has."""
    failed_s: float | None = await tx.value(
        """UPDATE webhook_endpoint SET failing_since = coalesce(failing_since, now()) WHERE id = %(id)s
           RETURNING extract(epoch FROM now() - failing_since)::float""",
        id=endpoint_id,
    )
    return failed_s or 0.0


async def hurry(tx: Tx, endpoint_id: str) -> None:
    """All that waits for a retry is due now: the receiver is back."""
    await tx.run(
        """UPDATE webhook_message SET next_try_at = now()
           WHERE endpoint_id = %(id)s AND state = 'pending' AND next_try_at > now() AND leased_until IS NULL""",
        id=endpoint_id,
    )


async def give_up_pending(tx: Tx, endpoint_id: str) -> None:
    """The endpoint is off: what was pending is not sent, until somebody asks for it again."""
    await tx.run(
        """UPDATE webhook_message SET state = 'failed', leased_until = NULL
           WHERE endpoint_id = %(id)s AND state = 'pending'""",
        id=endpoint_id,
    )


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
        """SELECT m.id, m.delivery_id, m.seq, m.type, m.state, m.tries, m.created_at, m.sent_at, m.body,
                  CASE WHEN m.state = 'pending' THEN m.next_try_at END AS next_try_at,
                  coalesce((SELECT jsonb_agg(jsonb_build_object('at', a.at, 'status', a.status, 'took_ms', a.took_ms,
                                                                'answer', a.answer, 'sent_headers', a.sent_headers)
                                             ORDER BY a.id)
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
    """Make messages due again, with a fresh plan of tries. How many.

    A try that is under way loses its lease, so that its outcome cannot swallow this request.
    """
    return await tx.run(
        """UPDATE webhook_message
           SET state = 'pending', tries = 0, next_try_at = now(), leased_until = NULL, sent_at = NULL,
               lease_token = lease_token + 1
           WHERE endpoint_id = %(endpoint_id)s AND seq IS NOT NULL AND body <> ''
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


async def forget_before(tx: Tx, first_kept_id: str, most: int) -> int:
    """What was settled, with its tries; by id, which begins with the moment. At most `most` at once."""
    return await tx.run(
        """DELETE FROM webhook_message WHERE id IN (
               SELECT id FROM webhook_message WHERE id < %(first_kept)s AND state <> 'pending'
               ORDER BY id LIMIT %(most)s)""",
        first_kept=first_kept_id,
        most=most,
    )


def _endpoint(row: Row) -> Endpoint:
    return Endpoint(**{**row, "event_types": tuple(row["event_types"]), "secrets": tuple(row["secrets"])})


def _logged(row: Row) -> LoggedMessage:
    attempts = [
        LoggedAttempt(**{**attempt, "at": datetime.fromisoformat(attempt["at"])}) for attempt in row["attempts"]
    ]
    return LoggedMessage(**{**row, "attempts": attempts})
