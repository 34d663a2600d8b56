"""Who is asking: API keys, signed-in people, couriers. Secrets are stored as SHA-256 of 256 random bits."""

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from fastapi import Request

from homeward.infra.db import Database, Row
from homeward.kit.ids import new_secret
from homeward.kit.problems import Forbidden, Unauthenticated

Mode = Literal["live", "test"]
SessionKind = Literal["operator", "merchant", "courier", "applicant"]

COOKIES: Final[dict[SessionKind, str]] = {
    "operator": "console",
    "merchant": "portal",
    "courier": "courier",
    "applicant": "applicant",
}
MODE_COOKIE: Final = "portal_mode"
SESSION_LENGTH: Final = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class MerchantActor:
    """A merchant's key or one of its users; every query it makes is fenced to `merchant_id`."""

    merchant_id: str
    mode: Mode
    actor_id: str  # key_… or usr_…
    role: Literal["owner", "staff", "developer", "key"]

    @property
    def label(self) -> str:
        """As written into events."""
        return f"merchant:{self.actor_id}"


@dataclass(frozen=True, slots=True)
class OperatorActor:
    user_id: str
    name: str
    role: Literal["admin", "dispatcher", "support"]

    @property
    def label(self) -> str:
        return f"operator:{self.user_id}"


@dataclass(frozen=True, slots=True)
class CourierActor:
    courier_id: str

    @property
    def label(self) -> str:
        return f"courier:{self.courier_id}"


@dataclass(frozen=True, slots=True)
class ApplicantActor:
    """Who wants to become a courier: sees their own application and nothing else."""

    application_id: str


def secret_hash(secret: str) -> bytes:
    """For random secrets only: a password needs a slow hash, 256 random bits do not."""
    return hashlib.sha256(secret.encode()).digest()


class Auth:
    """Look-ups by secret, and the FastAPI dependencies made of them."""

    def __init__(self, db: Database) -> None:
        self._db = db

    # ── dependencies ──

    def merchant(self, *roles: str) -> Callable[[Request], Awaitable[MerchantActor]]:
        """A key, or a signed-in user with one of `roles` (any role if none is named). Keys pass every role check."""

        async def dependency(request: Request) -> MerchantActor:
            actor = await self.find_merchant(
                bearer(request), _cookie(request, "merchant"), request.cookies.get(MODE_COOKIE)
            )
            if actor is None:
                raise Unauthenticated()
            if roles and actor.role != "key" and actor.role not in roles:
                raise Forbidden(" or ".join(roles))
            return actor

        return dependency

    def operator(self, *roles: str) -> Callable[[Request], Awaitable[OperatorActor]]:
        """A signed-in person of the operator; admins pass every role check."""

        async def dependency(request: Request) -> OperatorActor:
            actor = await self.find_operator(bearer(request) or _cookie(request, "operator"))
            if actor is None:
                raise Unauthenticated()
            if roles and actor.role != "admin" and actor.role not in roles:
                raise Forbidden(" or ".join(roles))
            return actor

        return dependency

    def courier(self) -> Callable[[Request], Awaitable[CourierActor]]:
        async def dependency(request: Request) -> CourierActor:
            actor = await self.find_courier(bearer(request) or _cookie(request, "courier"))
            if actor is None:
                raise Unauthenticated()
            return actor

        return dependency

    def applicant(self) -> Callable[[Request], Awaitable[ApplicantActor]]:
        async def dependency(request: Request) -> ApplicantActor:
            actor = await self.find_applicant(bearer(request) or _cookie(request, "applicant"))
            if actor is None:
                raise Unauthenticated()
            return actor

        return dependency

    # ── look-ups ──

    async def find_merchant(
        self, key: str | None, session: str | None, session_mode: str | None = None
    ) -> MerchantActor | None:
        """By API key if one was sent, else by portal session."""
        if key:
            return await self._by_key(key)
        if session:
            return await self._by_merchant_session(session, "test" if session_mode == "test" else "live")
        return None

    async def find_operator(self, token: str | None) -> OperatorActor | None:
        row = await self._session(
            token, "operator", "SELECT u.id, u.name, u.role FROM operator_user u WHERE u.id = s.subject_id"
        )
        return OperatorActor(row["id"], row["name"], row["role"]) if row else None

    async def find_courier(self, token: str | None) -> CourierActor | None:
        row = await self._session(
            token, "courier", "SELECT c.id FROM courier c WHERE c.id = s.subject_id AND c.status = 'active'"
        )
        return CourierActor(row["id"]) if row else None

    async def find_applicant(self, token: str | None) -> ApplicantActor | None:
        row = await self._session(
            token, "applicant", "SELECT a.id FROM courier_application a WHERE a.id = s.subject_id"
        )
        return ApplicantActor(row["id"]) if row else None

    # ── sessions ──

    async def open_session(
        self, kind: SessionKind, subject_id: str, merchant_id: str | None = None, length: timedelta = SESSION_LENGTH
    ) -> str:
        """A new token, told once. It ends by the database's clock, also while a simulation runs fast."""
        token = new_secret()
        async with self._db.operator() as tx:
            await tx.run(
                """INSERT INTO session (token_hash, kind, subject_id, merchant_id, expires_at)
                   VALUES (%(hash)s, %(kind)s, %(subject_id)s, %(merchant_id)s, now() + %(length)s)""",
                hash=secret_hash(token),
                kind=kind,
                subject_id=subject_id,
                merchant_id=merchant_id,
                length=length,
            )
        return token

    async def close_session(self, token: str) -> None:
        async with self._db.operator() as tx:
            await tx.run("DELETE FROM session WHERE token_hash = %(hash)s", hash=secret_hash(token))

    async def forget_ended_sessions(self) -> int:
        """A loop body."""
        async with self._db.operator() as tx:
            return await tx.run("DELETE FROM session WHERE expires_at < now()")

    async def _by_key(self, key: str) -> MerchantActor | None:
        async with self._db.operator() as tx:
            row = await tx.one(
                """SELECT k.id, k.merchant_id, k.mode, k.last_used_at, now() AS now
                   FROM api_key k JOIN merchant m ON m.id = k.merchant_id
                   WHERE k.secret_hash = %(hash)s AND k.revoked_at IS NULL AND m.status = 'active'""",
                hash=secret_hash(key),
            )
            if row is None:
                return None
            if _is_stale(row["last_used_at"], row["now"]):
                await tx.run("UPDATE api_key SET last_used_at = now() WHERE id = %(id)s", id=row["id"])
        return MerchantActor(row["merchant_id"], row["mode"], row["id"], "key")

    async def _by_merchant_session(self, token: str, mode: Mode) -> MerchantActor | None:
        find = """SELECT u.id, u.role, u.merchant_id FROM merchant_user u JOIN merchant m ON m.id = u.merchant_id
                  WHERE u.id = s.subject_id AND m.status = 'active'"""
        row = await self._session(token, "merchant", find)
        return MerchantActor(row["merchant_id"], mode, row["id"], row["role"]) if row else None

    async def _session(self, token: str | None, kind: SessionKind, find: str) -> Row | None:
        if not token:
            return None
        async with self._db.operator() as tx:
            return await tx.one(
                f"""SELECT subject.* FROM session s CROSS JOIN LATERAL ({find}) subject
                    WHERE s.token_hash = %(hash)s AND s.kind = %(kind)s AND s.expires_at > now()""",
                hash=secret_hash(token),
                kind=kind,
            )


def bearer(request: Request) -> str | None:
    """The token of an `Authorization: Bearer` header."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


def _cookie(request: Request, kind: SessionKind) -> str | None:
    """A browser's session, unless another site made the browser ask for a change.

    Cookies are SameSite=Lax, which lets sister subdomains through. Browsers since 2023 say who caused a request.
    """
    forged = request.headers.get("sec-fetch-site") in ("cross-site", "same-site")
    if forged and request.method not in ("GET", "HEAD"):
        return None
    return request.cookies.get(COOKIES[kind])


def _is_stale(last_used_at: datetime | None, now: datetime) -> bool:
    # Once a minute is enough to answer "is this key in use?", and spares the hot path a write.
    return last_used_at is None or now - last_used_at > timedelta(minutes=1)
