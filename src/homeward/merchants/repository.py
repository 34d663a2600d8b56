"""Merchants, stores, people and keys in Postgres. All but `merchants` and sign-in run fenced to one merchant."""

from typing import Any

from homeward.infra.db import Row, Tx, json_param
from homeward.kit.hours_json import hours_from_json
from homeward.kit.places import LatLon
from homeward.merchants.model import ApiKey, Brand, Merchant, Role, ShopperRights, Store, User

_STORE_COLUMNS = (
    "external_id",
    "name",
    "address",
    "market_id",
    "lat",
    "lon",
    "phone",
    "hours",
    "holiday_calendar",
    "preparation_s",
    "pickup_instructions",
    "status",
    "listed",
)


# ── merchants ──


async def add_merchant(tx: Tx, *, merchant_id: str, slug: str, name: str, brand: Brand, domain: str | None) -> bool:
    """Whether it was added; False if the slug or domain is taken."""
    added = await tx.run(
        """
        INSERT INTO merchant (id, slug, name, brand, tracking_domain)
        VALUES (%(id)s, %(slug)s, %(name)s, %(brand)s, %(domain)s) ON CONFLICT DO NOTHING
        """,
        id=merchant_id,
        slug=slug,
        name=name,
        brand=json_param(brand.to_json()),
        domain=domain,
    )
    return added == 1


async def merchant(tx: Tx, merchant_id: str) -> Merchant | None:
    row = await tx.one("SELECT * FROM merchant WHERE id = %(id)s", id=merchant_id)
    return to_merchant(row) if row else None


async def merchants(tx: Tx) -> list[Merchant]:
    return [to_merchant(row) for row in await tx.all("SELECT * FROM merchant ORDER BY name, id")]


async def merchant_by(tx: Tx, column: str, value: str) -> Merchant | None:
    """By `slug` or `tracking_domain`."""
    assert column in ("slug", "tracking_domain")
    row = await tx.one(f"SELECT * FROM merchant WHERE {column} = %(value)s", value=value)
    return to_merchant(row) if row else None


async def update_merchant(tx: Tx, merchant_id: str, *, name: str, brand: Brand, shopper: ShopperRights) -> None:
    await tx.run(
        "UPDATE merchant SET name = %(name)s, brand = %(brand)s, shopper_rights = %(shopper)s WHERE id = %(id)s",
        id=merchant_id,
        name=name,
        brand=json_param(brand.to_json()),
        shopper=json_param(shopper.to_json()),
    )


# ── stores ──


async def add_store(tx: Tx, merchant_id: str, store_id: str, values: dict[str, Any]) -> None:
    columns = [column for column in _STORE_COLUMNS if column in values]
    await tx.run(
        f"""
        INSERT INTO store (id, merchant_id, {", ".join(columns)})
        VALUES (%(id)s, %(merchant_id)s, {", ".join(f"%({column})s" for column in columns)})
        """,
        id=store_id,
        merchant_id=merchant_id,
        **_store_params(values),
    )


async def update_store(tx: Tx, merchant_id: str, store_id: str, values: dict[str, Any]) -> None:
    columns = [column for column in _STORE_COLUMNS if column in values]
    if not columns:
        return
    changes = ", ".join(f"{column} = %({column})s" for column in columns)
    await tx.run(
        f"UPDATE store SET {changes} WHERE merchant_id = %(merchant_id)s AND id = %(id)s",
        id=store_id,
        merchant_id=merchant_id,
        **_store_params(values),
    )


async def store(tx: Tx, merchant_id: str, store_id: str) -> Store | None:
    row = await tx.one(
        "SELECT * FROM store WHERE merchant_id = %(merchant_id)s AND id = %(id)s",
        merchant_id=merchant_id,
        id=store_id,
    )
    return to_store(row) if row else None


async def stores(tx: Tx, merchant_id: str, *, active_only: bool) -> list[Store]:
    rows = await tx.all(
        """
        SELECT * FROM store
        WHERE merchant_id = %(merchant_id)s AND listed AND (status = 'active' OR NOT %(active_only)s)
        ORDER BY name, id
        """,
        merchant_id=merchant_id,
        active_only=active_only,
    )
    return [to_store(row) for row in rows]


async def all_stores(tx: Tx, market_id: str | None) -> list[Store]:
    """Of every merchant: for the operator's map."""
    rows = await tx.all(
        "SELECT * FROM store WHERE listed AND (%(market)s::text IS NULL OR market_id = %(market)s) ORDER BY id",
        market=market_id,
    )
    return [to_store(row) for row in rows]


async def store_named(tx: Tx, merchant_id: str, name: str) -> Store | None:
    """By the merchant's own number, else by our id: a number that looks like an id is a number first."""
    row = await tx.one(
        """SELECT * FROM store WHERE merchant_id = %(merchant_id)s
             AND ((external_id = %(name)s AND listed) OR id = %(name)s)
           ORDER BY (id = %(name)s) LIMIT 1""",
        merchant_id=merchant_id,
        name=name,
    )
    return to_store(row) if row else None


async def store_by_external_id(tx: Tx, merchant_id: str, external_id: str) -> Store | None:
    row = await tx.one(
        "SELECT * FROM store WHERE merchant_id = %(merchant_id)s AND external_id = %(external_id)s",
        merchant_id=merchant_id,
        external_id=external_id,
    )
    return to_store(row) if row else None


# ── people ──


async def add_user(tx: Tx, user: User, password_hash: str) -> bool:
    """False if the e-mail is taken, by this merchant or by another: one person, one account."""
    added = await tx.run(
        """
        INSERT INTO merchant_user (id, merchant_id, email, name, role, password_hash)
        VALUES (%(id)s, %(merchant_id)s, %(email)s, %(name)s, %(role)s, %(hash)s) ON CONFLICT (email) DO NOTHING
        """,
        id=user.id,
        merchant_id=user.merchant_id,
        email=user.email,
        name=user.name,
        role=user.role.value,
        hash=password_hash,
    )
    return added == 1


async def users(tx: Tx, merchant_id: str, *, lock: bool = False) -> list[User]:
    """`lock` holds them as they are until the transaction ends, always in the same order."""
    locking = "FOR UPDATE" if lock else ""
    rows = await tx.all(
        f"SELECT * FROM merchant_user WHERE merchant_id = %(id)s ORDER BY email {locking}", id=merchant_id
    )
    return [to_user(row) for row in rows]


async def user_for_sign_in(tx: Tx, email: str) -> Row | None:
    return await tx.one(
        """
        SELECT u.* FROM merchant_user u JOIN merchant m ON m.id = u.merchant_id
        WHERE u.email = %(email)s AND m.status = 'active'
        """,
        email=email,
    )


async def set_role(tx: Tx, merchant_id: str, user_id: str, role: Role) -> None:
    await tx.run(
        "UPDATE merchant_user SET role = %(role)s WHERE merchant_id = %(merchant_id)s AND id = %(id)s",
        merchant_id=merchant_id,
        id=user_id,
        role=role.value,
    )


async def set_password(tx: Tx, merchant_id: str, user_id: str, password_hash: str) -> None:
    await tx.run(
        "UPDATE merchant_user SET password_hash = %(hash)s WHERE merchant_id = %(merchant_id)s AND id = %(id)s",
        merchant_id=merchant_id,
        id=user_id,
        hash=password_hash,
    )


async def remove_user(tx: Tx, merchant_id: str, user_id: str) -> None:
    await tx.run(
        "DELETE FROM merchant_user WHERE merchant_id = %(merchant_id)s AND id = %(id)s",
        merchant_id=merchant_id,
        id=user_id,
    )


# ── keys ──


async def add_key(
    tx: Tx, *, key_id: str, merchant_id: str, mode: str, name: str, hint: str, secret_hash: bytes
) -> ApiKey:
    row = await tx.one(
        """
        INSERT INTO api_key (id, merchant_id, mode, name, hint, secret_hash)
        VALUES (%(id)s, %(merchant_id)s, %(mode)s, %(name)s, %(hint)s, %(hash)s) RETURNING *
        """,
        id=key_id,
        merchant_id=merchant_id,
        mode=mode,
        name=name,
        hint=hint,
        hash=secret_hash,
    )
    assert row is not None
    return to_key(row)


async def keys(tx: Tx, merchant_id: str) -> list[ApiKey]:
    rows = await tx.all("SELECT * FROM api_key WHERE merchant_id = %(id)s ORDER BY id DESC", id=merchant_id)
    return [to_key(row) for row in rows]


async def revoke_key(tx: Tx, merchant_id: str, key_id: str) -> ApiKey | None:
    """The key, revoked now or long ago; None if the merchant has no such key."""
    row = await tx.one(
        """
        UPDATE api_key SET revoked_at = coalesce(revoked_at, now())
        WHERE merchant_id = %(merchant_id)s AND id = %(id)s RETURNING *
        """,
        merchant_id=merchant_id,
        id=key_id,
    )
    return to_key(row) if row else None


# ── rows ──


def to_merchant(row: Row) -> Merchant:
    return Merchant(
        id=row["id"],
        slug=row["slug"],
        name=row["name"],
        status=row["status"],
        brand=Brand.from_json(row["brand"], name=row["name"]),
        tracking_domain=row["tracking_domain"],
        created_at=row["created_at"],
        shopper=ShopperRights.from_json(row["shopper_rights"]),
    )


def to_store(row: Row) -> Store:
    return Store(
        id=row["id"],
        merchant_id=row["merchant_id"],
        market_id=row["market_id"],
        external_id=row["external_id"],
        name=row["name"],
        address=row["address"],
        place=LatLon(row["lat"], row["lon"]),
        phone=row["phone"],
        hours=hours_from_json(row["hours"]),
        holiday_calendar=row["holiday_calendar"],
        preparation_s=row["preparation_s"],
        pickup_instructions=row["pickup_instructions"],
        status=row["status"],
        created_at=row["created_at"],
        listed=row["listed"],
    )


def to_user(row: Row) -> User:
    return User(row["id"], row["merchant_id"], row["email"], row["name"], Role(row["role"]), row["created_at"])


def to_key(row: Row) -> ApiKey:
    return ApiKey(
        id=row["id"],
        merchant_id=row["merchant_id"],
        mode=row["mode"],
        name=row["name"],
        hint=row["hint"],
        created_at=row["created_at"],
        last_used_at=row["last_used_at"],
        revoked_at=row["revoked_at"],
    )


def _store_params(values: dict[str, Any]) -> dict[str, Any]:
    return {name: json_param(value) if name == "hours" else value for name, value in values.items()}
