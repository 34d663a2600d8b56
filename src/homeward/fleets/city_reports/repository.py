"""SQL of cities' tokens. Every function runs in the caller's operator transaction."""

from typing import Final

from homeward.fleets.city_reports.model import CityToken
from homeward.infra.db import Tx

_COLUMNS: Final = "id, market_id, name, hint, created_by, created_at, last_used_at, revoked_at"


async def insert(tx: Tx, token: CityToken, secret_hash: bytes) -> None:
    await tx.run(
        """INSERT INTO city_token (id, market_id, name, hint, secret_hash, created_by, created_at)
           VALUES (%(id)s, %(market_id)s, %(name)s, %(hint)s, %(secret_hash)s, %(created_by)s, %(created_at)s)""",
        id=token.id,
        market_id=token.market_id,
        name=token.name,
        hint=token.hint,
        secret_hash=secret_hash,
        created_by=token.created_by,
        created_at=token.created_at,
    )


async def all_of(tx: Tx, market_id: str) -> list[CityToken]:
    """The newest first, revoked ones too."""
    rows = await tx.all(
        f"SELECT {_COLUMNS} FROM city_token WHERE market_id = %(market_id)s ORDER BY id DESC", market_id=market_id
    )
    return [CityToken(**row) for row in rows]


async def revoke(tx: Tx, market_id: str, token_id: str) -> CityToken | None:
    row = await tx.one(
        f"""UPDATE city_token SET revoked_at = coalesce(revoked_at, now())
            WHERE market_id = %(market_id)s AND id = %(id)s RETURNING {_COLUMNS}""",
        market_id=market_id,
        id=token_id,
    )
    return CityToken(**row) if row else None


async def opens(tx: Tx, market_id: str, secret_hash: bytes) -> bool:
    """Whether a token opens this market. That it was used is written down at most once a minute."""
    row = await tx.one(
        """SELECT id, last_used_at IS NULL OR last_used_at < now() - interval '1 minute' AS stale FROM city_token
           WHERE secret_hash = %(hash)s AND market_id = %(market_id)s AND revoked_at IS NULL""",
        hash=secret_hash,
        market_id=market_id,
    )
    if row and row["stale"]:
        await tx.run("UPDATE city_token SET last_used_at = now() WHERE id = %(id)s", id=row["id"])
    return row is not None
