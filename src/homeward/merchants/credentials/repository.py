"""Credentials and access tokens in Postgres. Look-ups by secret run as the operator: the merchant is not known yet."""

from typing import Final

from homeward.infra.db import Row, Tx
from homeward.merchants.credentials.model import Credential, Dialect

_COLUMNS: Final = """id, merchant_id, mode, dialect, name, account, client_id, key_id, hint, created_at, last_used_at,
    revoked_at"""

_HOLDER: Final = """
    SELECT c.id, c.merchant_id, c.mode, c.account, c.client_id, t.scope, c.last_used_at, now() AS now
    FROM access_token t
    JOIN credential c ON c.merchant_id = t.merchant_id AND c.id = t.credential_id
    JOIN merchant m ON m.id = c.merchant_id
    WHERE t.token_hash = %(hash)s AND t.expires_at > now() AND c.dialect = %(dialect)s AND c.revoked_at IS NULL
      AND m.status = 'active'
"""
_NAMED: Final = """
    SELECT c.id, c.merchant_id, c.mode, c.account, c.client_id, '' AS scope, c.secret_hash, c.signing_secret,
           c.last_used_at, now() AS now
    FROM credential c JOIN merchant m ON m.id = c.merchant_id
    WHERE c.dialect = %(dialect)s AND coalesce(c.key_id, c.client_id) = %(named)s AND c.revoked_at IS NULL
      AND m.status = 'active'
"""


async def add(tx: Tx, credential: Credential, *, secret_hash: bytes | None, signing_secret: str | None) -> None:
    await tx.run(
        """INSERT INTO credential (id, merchant_id, mode, dialect, name, account, client_id, key_id, hint, secret_hash,
                                   signing_secret, created_at)
           VALUES (%(id)s, %(merchant_id)s, %(mode)s, %(dialect)s, %(name)s, %(account)s, %(client_id)s, %(key_id)s,
                   %(hint)s, %(secret_hash)s, %(signing_secret)s, %(created_at)s)""",
        id=credential.id,
        merchant_id=credential.merchant_id,
        mode=credential.mode,
        dialect=credential.dialect,
        name=credential.name,
        account=credential.account,
        client_id=credential.client_id,
        key_id=credential.key_id,
        hint=credential.hint,
        secret_hash=secret_hash,
        signing_secret=signing_secret,
        created_at=credential.created_at,
    )


async def all_of(tx: Tx, merchant_id: str) -> list[Credential]:
    """Newest first, revoked ones too."""
    rows = await tx.all(
        f"SELECT {_COLUMNS} FROM credential WHERE merchant_id = %(merchant_id)s ORDER BY id DESC",
        merchant_id=merchant_id,
    )
    return [_credential(row) for row in rows]


async def revoke(tx: Tx, merchant_id: str, credential_id: str) -> Credential | None:
    row = await tx.one(
        f"""UPDATE credential SET revoked_at = coalesce(revoked_at, now())
            WHERE merchant_id = %(merchant_id)s AND id = %(id)s RETURNING {_COLUMNS}""",
        merchant_id=merchant_id,
        id=credential_id,
    )
    return _credential(row) if row else None


async def of_token(tx: Tx, dialect: Dialect, token_hash: bytes) -> Row | None:
    return await tx.one(_HOLDER, dialect=dialect, hash=token_hash)


async def named(tx: Tx, dialect: Dialect, name: str) -> Row | None:
    """By key id where the dialect's callers sign, else by client id."""
    return await tx.one(_NAMED, dialect=dialect, named=name)


async def used_now(tx: Tx, credential_id: str) -> None:
    await tx.run("UPDATE credential SET last_used_at = now() WHERE id = %(id)s", id=credential_id)


async def add_token(
    tx: Tx, *, token_hash: bytes, merchant_id: str, credential_id: str, scope: str, lifetime_s: int
) -> None:
    await tx.run(
        """INSERT INTO access_token (token_hash, merchant_id, credential_id, scope, expires_at)
           VALUES (%(hash)s, %(merchant_id)s, %(credential_id)s, %(scope)s,
                   now() + make_interval(secs => %(lifetime)s))""",
        hash=token_hash,
        merchant_id=merchant_id,
        credential_id=credential_id,
        scope=scope,
        lifetime=lifetime_s,
    )


async def forget_ended_tokens(tx: Tx) -> int:
    return await tx.run("DELETE FROM access_token WHERE expires_at < now()")


def _credential(row: Row) -> Credential:
    return Credential(**{**row, "dialect": Dialect(row["dialect"])})
