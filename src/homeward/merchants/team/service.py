"""Asking people in. The one who is invited chooses name and password, so that nobody ever hands a password on."""

from collections.abc import Sequence

from homeward.infra import audit
from homeward.infra.auth import Auth, secret_hash
from homeward.infra.db import Database, Row, Tx
from homeward.infra.operators import EmailTaken
from homeward.infra.passwords import SHORTEST, Passwords
from homeward.kit.clock import Clock
from homeward.kit.ids import new_id, new_secret
from homeward.kit.problems import FieldError, MalformedRequest, NotFound
from homeward.merchants import repository
from homeward.merchants.model import Role, User
from homeward.merchants.policy import is_email
from homeward.merchants.team.model import VALID_FOR, Invitation, InvitationEnded, NewInvitation

_LONGEST_NAME = 120


class TeamService:
    """Changes are written into the log of privileged acts with them."""

    def __init__(self, db: Database, clock: Clock, auth: Auth, passwords: Passwords, base_url: str) -> None:
        self._db = db
        self._clock = clock
        self._auth = auth
        self._passwords = passwords
        self._base_url = base_url

    async def invite(self, merchant_id: str, email: str, role: Role, *, by: str) -> NewInvitation:
        """A link to send on. Inviting the same person again ends the link before.

        Raises MalformedRequest, EmailTaken.
        """
        address = email.strip().lower()
        if not is_email(address):
            raise MalformedRequest([FieldError("/email", "bad-email", "give an e-mail address")])
        secret, now = new_secret(), self._clock.now()
        invitation = Invitation(new_id("inv", now), merchant_id, address, role, now, now + VALID_FOR)
        async with self._db.operator() as tx:  # the audit log is not the merchant's to write
            if await tx.value("SELECT count(*) FROM merchant_user WHERE email = %(email)s", email=address):
                raise EmailTaken(address)
            await tx.run(
                """INSERT INTO invitation (id, merchant_id, email, role, secret_hash, created_at, expires_at)
                   VALUES (%(id)s, %(merchant_id)s, %(email)s, %(role)s, %(hash)s, %(now)s, %(until)s)
                   ON CONFLICT (merchant_id, email) DO UPDATE
                   SET id = excluded.id, role = excluded.role, secret_hash = excluded.secret_hash,
                       created_at = excluded.created_at, expires_at = excluded.expires_at""",
                id=invitation.id,
                merchant_id=merchant_id,
                email=address,
                role=role.value,
                hash=secret_hash(secret),
                now=now,
                until=invitation.expires_at,
            )
            await _recorded(tx, "invitation.create", invitation, by)
        return NewInvitation(invitation, f"{self._base_url}/portal/join/{secret}")

    async def invited(self, merchant_id: str) -> Sequence[Invitation]:
        """Who is asked and has not joined, by e-mail; also those whose link has become too old."""
        async with self._db.merchant(merchant_id) as tx:
            rows = await tx.all(
                """SELECT id, merchant_id, email, role, created_at, expires_at FROM invitation
                   WHERE merchant_id = %(id)s ORDER BY email""",
                id=merchant_id,
            )
        return [_invitation(row) for row in rows]

    async def withdraw(self, merchant_id: str, invitation_id: str, *, by: str) -> None:
        """The link opens nothing any more. Raises NotFound."""
        async with self._db.operator() as tx:
            row = await tx.one(
                """DELETE FROM invitation WHERE merchant_id = %(merchant_id)s AND id = %(id)s
                   RETURNING id, merchant_id, email, role, created_at, expires_at""",
                merchant_id=merchant_id,
                id=invitation_id,
            )
            if row is None:
                raise NotFound("invitation", invitation_id)
            await _recorded(tx, "invitation.withdraw", _invitation(row), by)

    async def by_link(self, secret: str) -> Invitation:
        """What a link asks to. Raises InvitationEnded."""
        async with self._db.operator() as tx:
            return await self._valid(tx, secret)

    async def join(self, secret: str, name: str, password: str) -> tuple[User, str]:
        """The new person and a session of theirs. Raises InvitationEnded, MalformedRequest, EmailTaken."""
        wrong = []
        if not 1 <= len(name.strip()) <= _LONGEST_NAME:
            wrong.append(FieldError("/name", "length", "write your name, in at most 120 characters"))
        if len(password) < SHORTEST:
            wrong.append(FieldError("/password", "too-short", "this is too short"))
        if wrong:
            raise MalformedRequest(wrong)
        await self.by_link(secret)  # before the slow hash, which nobody without a link may ask for
        hashed = await self._passwords.hash(password)
        now = self._clock.now()
        async with self._db.operator() as tx:
            invitation = await self._valid(tx, secret, lock=True)
            user = User(
                new_id("usr", now), invitation.merchant_id, invitation.email, name.strip(), invitation.role, now
            )
            if not await repository.add_user(tx, user, hashed):
                raise EmailTaken(user.email)
            await tx.run("DELETE FROM invitation WHERE id = %(id)s", id=invitation.id)
            await _recorded(tx, "invitation.join", invitation, f"merchant:{user.id}")
        return user, await self._auth.open_session("merchant", user.id, user.merchant_id)

    async def _valid(self, tx: Tx, secret: str, *, lock: bool = False) -> Invitation:
        row = await tx.one(
            f"""SELECT i.id, i.merchant_id, i.email, i.role, i.created_at, i.expires_at
                FROM invitation i JOIN merchant m ON m.id = i.merchant_id
                WHERE i.secret_hash = %(hash)s AND i.expires_at > %(now)s AND m.status = 'active'
                {"FOR UPDATE OF i" if lock else ""}""",
            hash=secret_hash(secret),
            now=self._clock.now(),
        )
        if row is None:
            raise InvitationEnded()
        return _invitation(row)


def _invitation(row: Row) -> Invitation:
    return Invitation(**{**row, "role": Role(row["role"])})


async def _recorded(tx: Tx, action: str, invitation: Invitation, by: str) -> None:
    # Without the e-mail address: the log is kept for longer than people stay.
    data = {"merchant_id": invitation.merchant_id, "role": invitation.role.value}
    await audit.record(tx, actor=by, action=action, subject=invitation.id, data=data)
