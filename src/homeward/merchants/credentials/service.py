"""Making credentials, and finding out who holds one. Each check of a request is one round trip to the database."""

import base64
import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import uuid4

from homeward.infra import audit
from homeward.infra.auth import MerchantActor, secret_hash
from homeward.infra.db import Database, Row, Tx
from homeward.infra.pace import Pace
from homeward.kit.clock import Clock
from homeward.kit.ids import new_id, new_secret
from homeward.kit.problems import NotFound
from homeward.merchants.credentials import repository
from homeward.merchants.credentials.model import SIGNS, Credential, Dialect, NewCredential, account_of, hint_of
from homeward.merchants.model import Mode

_SIGNING_BYTES: Final = 32
_IN_VAIN_PER_MINUTE: Final = 30
_TELL_USE_EVERY: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class DialectActor:
    """Who asks in another dialect: the merchant as everywhere else, and its names in that dialect."""

    merchant: MerchantActor
    dialect: Dialect
    account: str
    client_id: str
    scope: str = ""

    @property
    def merchant_id(self) -> str:
        return self.merchant.merchant_id

    @property
    def mode(self) -> Mode:
        return self.merchant.mode


@dataclass(frozen=True, slots=True)
class SigningKey:
    """The key that a caller's own tokens must be signed with, and who that is."""

    key: bytes
    actor: DialectActor


class CredentialsService:
    """A revoked credential and a suspended merchant open nothing from the next request on, tokens included."""

    def __init__(self, db: Database, clock: Clock, *, requests_per_minute: int = 6_000) -> None:
        self._db = db
        self._clock = clock
        # By credential: a caller may ask for any number of tokens, and each looks like somebody else's.
        self._pace = Pace(requests_per_minute)
        # By the name that is guessed at, wherever the guesses come from.
        self._in_vain = Pace(_IN_VAIN_PER_MINUTE)

    # ── the merchant's own list ──

    async def create(
        self, merchant_id: str, mode: Mode, dialect: Dialect, name: str = "", *, by: str = "system"
    ) -> NewCredential:
        """The only moment at which the secret can be seen."""
        signs = dialect in SIGNS
        # 32 random bytes in base64url, which is what libraries of such dialects decode their secret from.
        secret = secrets.token_urlsafe(_SIGNING_BYTES) if signs else new_secret()
        account = account_of(merchant_id, mode, dialect)
        now = self._clock.now()
        credential = Credential(
            id=new_id("crd", now),
            merchant_id=merchant_id,
            mode=mode,
            dialect=dialect,
            name=name.strip(),
            account=account,
            client_id=account if signs else str(uuid4()),
            key_id=str(uuid4()) if signs else None,
            hint=hint_of(secret),
            created_at=now,
            last_used_at=None,
            revoked_at=None,
        )
        async with self._db.operator() as tx:  # the audit log is not the merchant's to write
            await repository.add(
                tx,
                credential,
                secret_hash=None if signs else secret_hash(secret),
                # The caller signs with it and we verify with it: of a hash no signature could be checked.
                signing_secret=secret if signs else None,
            )
            await _audit(tx, "credential.create", credential, by)
        return NewCredential(credential, secret)

    async def all(self, merchant_id: str) -> list[Credential]:
        async with self._db.merchant(merchant_id) as tx:
            return await repository.all_of(tx, merchant_id)

    async def revoke(self, merchant_id: str, credential_id: str, *, by: str = "system") -> Credential:
        """Revoking twice changes nothing. Raises NotFound."""
        async with self._db.operator() as tx:
            credential = await repository.revoke(tx, merchant_id, credential_id)
            if credential is None:
                raise NotFound("credential", credential_id)
            await _audit(tx, "credential.revoke", credential, by)
        return credential

    # ── who asks ──

    async def exchange(
        self, dialect: Dialect, client_id: str, client_secret: str, *, lifetime_s: int, scope: str = ""
    ) -> str | None:
        """An access token for a client's secret; None if the two do not belong together.

        Raises TooManyRequests for what does not belong together, if that client was named too often. The right secret
        always opens: whoever knows a client's name must not be able to lock it out.
        """
        async with self._db.operator() as tx:
            row = await repository.named(tx, dialect, client_id)
            # The look-up is by the public half; the secret half is compared in constant time.
            if row is None or not _is_secret_of(row, client_secret):
                self.count_in_vain(dialect, client_id)
                return None
            token = new_secret()
            await repository.add_token(
                tx,
                token_hash=secret_hash(token),
                merchant_id=row["merchant_id"],
                credential_id=row["id"],
                scope=scope,
                lifetime_s=lifetime_s,
            )
            await _note_use(tx, row)
        return token

    def count_in_vain(self, dialect: Dialect, named: str) -> None:
        """Somebody named a credential and could not prove to hold it. Raises TooManyRequests when that is too often."""
        self._in_vain.take(f"{dialect}:{named}")

    async def actor_of_token(self, dialect: Dialect, token: str | None) -> DialectActor | None:
        """Whose token it is, None for nobody's. Raises TooManyRequests for a credential that asks too often."""
        if not token:
            return None
        async with self._db.operator() as tx:
            row = await repository.of_token(tx, dialect, secret_hash(token))
            if row is not None:
                await _note_use(tx, row)
        if row is None:
            return None
        self._pace.take(row["id"])
        return _actor(dialect, row)

    async def signing_key(self, dialect: Dialect, client_id: str, key_id: str) -> SigningKey | None:
        """Of a credential whose holder signs. The client id must be the key's own."""
        async with self._db.operator() as tx:
            row = await repository.named(tx, dialect, key_id)
            if row is None or row["signing_secret"] is None or row["client_id"] != client_id:
                return None
            await _note_use(tx, row)
        padded = row["signing_secret"] + "=" * (-len(row["signing_secret"]) % 4)
        return SigningKey(base64.urlsafe_b64decode(padded), _actor(dialect, row))

    async def forget_ended_tokens(self) -> int:
        """A loop body."""
        async with self._db.operator() as tx:
            return await repository.forget_ended_tokens(tx)


def _is_secret_of(row: Row, client_secret: str) -> bool:
    known = row["secret_hash"]
    return known is not None and hmac.compare_digest(bytes(known), secret_hash(client_secret))


async def _audit(tx: Tx, action: str, credential: Credential, by: str) -> None:
    data = {"dialect": credential.dialect, "mode": credential.mode}
    await audit.record(tx, actor=by, action=action, subject=credential.id, data=data)


async def _note_use(tx: Tx, row: Row) -> None:
    # Once a minute is enough to answer "is it in use?", and spares the hot path a write.
    if row["last_used_at"] is None or row["now"] - row["last_used_at"] > _TELL_USE_EVERY:
        await repository.used_now(tx, row["id"])


def _actor(dialect: Dialect, row: Row) -> DialectActor:
    merchant = MerchantActor(row["merchant_id"], row["mode"], row["id"], "key")
    return DialectActor(merchant, dialect, row["account"], row["client_id"], row["scope"])
