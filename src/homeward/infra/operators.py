"""The operator's own people: who may open the console."""

from collections import deque
from dataclasses import dataclass
from time import monotonic
from typing import Final, Literal

from homeward.infra import audit
from homeward.infra.auth import Auth
from homeward.infra.db import Database
from homeward.infra.passwords import Passwords
from homeward.kit.clock import Clock
from homeward.kit.ids import new_id
from homeward.kit.problems import Problem, TooManyRequests

OperatorRole = Literal["admin", "dispatcher", "support"]

_TRIES: Final = 10
_WITHIN_S: Final = 300
_REMEMBERED: Final = 20_000


@dataclass(eq=False)
class WrongCredentials(Problem):
    """The same answer for an unknown address and a wrong password."""

    slug, status = "wrong-credentials", 401
    title = "E-mail and password do not belong together; check both."


@dataclass(eq=False)
class EmailTaken(Problem):
    slug, status = "email-taken", 409
    title = "Somebody with this e-mail address exists already; use another."

    email: str


@dataclass(frozen=True, slots=True)
class OperatorUser:
    id: str
    email: str
    name: str
    role: OperatorRole


class TryLimit:
    """At most ten tries in five minutes for one name, per process. In memory: guesses never reach the database."""

    def __init__(self, tries: int = _TRIES, within_s: float = _WITHIN_S) -> None:
        self._tries = tries
        self._within_s = within_s
        self._seen: dict[str, deque[float]] = {}

    def check(self, name: str) -> None:
        """Count one try. Raises TooManyRequests."""
        now = monotonic()
        if len(self._seen) >= _REMEMBERED:
            self._forget_old(now)
        seen = self._seen.setdefault(name, deque())
        while seen and now - seen[0] > self._within_s:
            seen.popleft()
        if len(seen) >= self._tries:
            raise TooManyRequests(int(self._within_s - (now - seen[0])) + 1)
        seen.append(now)

    def _forget_old(self, now: float) -> None:
        """Somebody makes up names: keep those of the last minutes only, and not without end."""
        fresh = {name: seen for name, seen in self._seen.items() if seen and now - seen[-1] <= self._within_s}
        # Most-tried first: who is being guessed at stays limited, whatever is made up beside it.
        kept = sorted(fresh, key=lambda name: len(fresh[name]), reverse=True)[: _REMEMBERED // 2]
        self._seen = {name: fresh[name] for name in kept}

    @property
    def remembered(self) -> int:
        """Names that are being counted."""
        return len(self._seen)

    def forget(self, name: str) -> None:
        """After a success."""
        self._seen.pop(name, None)


class OperatorsService:
    """Accounts and sign-in of the operator's people."""

    def __init__(self, db: Database, clock: Clock, auth: Auth, passwords: Passwords) -> None:
        self._db = db
        self._clock = clock
        self._auth = auth
        self._passwords = passwords
        self._limit = TryLimit()

    async def create(self, email: str, name: str, role: OperatorRole, password: str) -> OperatorUser:
        """Raises EmailTaken; ValueError for a password that is too short."""
        user = OperatorUser(new_id("opr", self._clock.now()), email.strip().lower(), name, role)
        hashed = await self._passwords.hash(password)
        async with self._db.operator() as tx:
            made = await tx.run(
                """INSERT INTO operator_user (id, email, name, role, password_hash)
                   VALUES (%(id)s, %(email)s, %(name)s, %(role)s, %(hash)s) ON CONFLICT (email) DO NOTHING""",
                id=user.id,
                email=user.email,
                name=user.name,
                role=user.role,
                hash=hashed,
            )
            if not made:
                raise EmailTaken(user.email)
            await audit.record(tx, actor="operator:cli", action="operator.created", subject=user.id)
        return user

    async def sign_in(self, email: str, password: str) -> str:
        """A session token for the console. Raises WrongCredentials, TooManyRequests."""
        address = email.strip().lower()
        self._limit.check(address)
        async with self._db.operator() as tx:
            row = await tx.one("SELECT id, password_hash FROM operator_user WHERE email = %(email)s", email=address)
        if not await self._passwords.fits(row["password_hash"] if row else None, password):
            raise WrongCredentials()
        assert row
        self._limit.forget(address)
        return await self._auth.open_session("operator", row["id"])

    async def list(self) -> list[OperatorUser]:
        async with self._db.operator() as tx:
            rows = await tx.all("SELECT id, email, name, role FROM operator_user ORDER BY email")
        return [OperatorUser(**row) for row in rows]
