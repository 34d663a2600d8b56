"""The same key never makes the same thing twice.

The key's row is written in the transaction of its effect. Success and final refusals are replayed for seven days; what
failed on our side (5xx) is run again. Contract: docs/reference/api-conventions.md.
"""

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

import orjson
from psycopg.errors import LockNotAvailable

from homeward.infra.db import Database, Tx, json_param
from homeward.kit.problems import FieldError, MalformedRequest, Problem, Unavailable

Body = dict[str, Any]
Effect = Callable[[Tx], Awaitable[tuple[int, Body]]]

KEPT_DAYS: Final = 7

_CLAIM: Final = """
    INSERT INTO idempotency_key (merchant_id, actor_id, route, key, fingerprint, status, response)
    VALUES (%(merchant_id)s, %(actor_id)s, %(route)s, %(key)s, %(fingerprint)s, 0, '{}')
    ON CONFLICT DO NOTHING
"""
_WHERE: Final = (
    "WHERE merchant_id = %(merchant_id)s AND actor_id = %(actor_id)s AND route = %(route)s AND key = %(key)s"
)
# Whoever waits this long behind the first request with the same key is told to come back.
_WAIT: Final = "SELECT set_config('lock_timeout', '4s', true)"


@dataclass(eq=False)
class KeyReused(Problem):
    slug, status = "idempotency-key-reused", 422
    title = "This Idempotency-Key was used with another body; use a new key for a new request."

    key: str


@dataclass(eq=False)
class KeyInFlight(Problem):
    slug, status = "idempotency-key-in-flight", 409
    title = "The first request with this Idempotency-Key is still running; ask again in a second."
    retryable = True

    key: str

    def headers(self) -> dict[str, str]:
        return {"Retry-After": "1"}


@dataclass(frozen=True, slots=True)
class Request:
    """What identifies a repeat: the same actor sends the same key to the same route."""

    merchant_id: str
    actor_id: str
    route: str
    key: str
    body: Any

    def params(self) -> dict[str, Any]:
        canonical = orjson.dumps(self.body, option=orjson.OPT_SORT_KEYS)
        fingerprint = hashlib.sha256(canonical).digest()
        return {
            "merchant_id": self.merchant_id,
            "actor_id": self.actor_id,
            "route": self.route,
            "key": self.key,
            "fingerprint": fingerprint,
        }


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: Body
    replayed: bool


def checked_key(header: str | None) -> str:
    """The key from the header, with or without the quotes of the structured form. Raises MalformedRequest."""
    key = (header or "").strip().strip('"')
    if not 1 <= len(key) <= 255 or not key.isascii() or not key.isprintable():
        message = "send an Idempotency-Key header of 1 to 255 visible ASCII characters, new for every new request"
        raise MalformedRequest([FieldError("/headers/Idempotency-Key", "bad-idempotency-key", message)])
    return key


async def once(db: Database, request: Request, effect: Effect) -> Answer:
    """Run `effect` unless its key is known; then give the first answer again.

    Raises KeyReused for another body, and whatever refusal the effect raised; a repeat of a final refusal is answered
    with its stored body. A concurrent twin waits for the first and replays it; after 4 s it is told KeyInFlight, which
    is safe to repeat.
    """
    params = request.params()
    try:
        async with db.merchant(request.merchant_id) as tx:
            await tx.run(_WAIT)
            if not await tx.run(_CLAIM, **params):
                return await _replay(tx, params)
            status, body = await effect(tx)
            await tx.run(
                f"UPDATE idempotency_key SET status = %(status)s, response = %(response)s {_WHERE}",
                status=status,
                response=json_param(body),
                **params,
            )
            return Answer(status, body, replayed=False)
    except Unavailable as problem:
        if isinstance(problem.__cause__, LockNotAvailable):
            raise KeyInFlight(request.key) from problem
        raise
    except Problem as problem:
        if isinstance(problem, KeyReused) or problem.retryable or problem.status >= 500:
            raise
        await _remember_refusal(db, request.merchant_id, params, problem)
        raise


async def is_known(tx: Tx, request: Request) -> bool:
    """Whether this key has an answer already, so that costly preparations outside the transaction can be spared."""
    params = request.params()
    return bool(await tx.value(f"SELECT true FROM idempotency_key {_WHERE}", **params))


async def _replay(tx: Tx, params: dict[str, Any]) -> Answer:
    row = await tx.one(f"SELECT fingerprint, status, response FROM idempotency_key {_WHERE}", **params)
    assert row, "the insert met a row that is not there"
    if bytes(row["fingerprint"]) != params["fingerprint"]:
        raise KeyReused(params["key"])
    return Answer(row["status"], row["response"], replayed=True)


async def _remember_refusal(db: Database, merchant_id: str, params: dict[str, Any], problem: Problem) -> None:
    async with db.merchant(merchant_id) as tx:
        await tx.run(
            """INSERT INTO idempotency_key (merchant_id, actor_id, route, key, fingerprint, status, response)
               VALUES (%(merchant_id)s, %(actor_id)s, %(route)s, %(key)s, %(fingerprint)s, %(status)s, %(response)s)
               ON CONFLICT DO NOTHING""",
            status=problem.status,
            response=json_param(problem_body(problem)),
            **params,
        )


def problem_body(problem: Problem) -> Body:
    """RFC 9457 members of a refusal, without those of the single request (request_id)."""
    return {
        "type": f"/problems/{problem.slug}",
        "title": problem.title,
        "status": problem.status,
        "code": problem.slug,
        "retryable": problem.retryable,
        **({"detail": problem.detail()} if problem.detail() else {}),
        **problem.members(),
    }


async def forget_old(db: Database) -> int:
    """Drop keys past their time; a loop body."""
    async with db.operator() as tx:
        return await tx.run(
            "DELETE FROM idempotency_key WHERE created_at < now() - make_interval(days => %(days)s)", days=KEPT_DAYS
        )
