"""Businesses and their stores: a merchant's own grouping of its stores, in the words of the dialect.

A business is no boundary: whoever holds a credential of the merchant sees all of them, as before. `default` is always
there: it is the merchant itself with every store that has an id of its own. Stores are ours, made and changed by the
service of the merchants; here is only who belongs where. Source: their API description 2.1.59, 2026-09; of the two
names that it gives the lists we send `result`, which its properties have.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final, Literal

from pydantic import Field, StringConstraints

from homeward.facades.doordash_drive.errors import BUSINESS, BUSINESS_STORE
from homeward.facades.doordash_drive.orders import Part, Phone, Short, Text
from homeward.infra.db import Database, Row, Tx
from homeward.kit.paging import decode_cursor, encode_cursor
from homeward.kit.problems import FieldError, Forbidden, MalformedRequest, NotFound, jsonable
from homeward.kit.units import Seconds
from homeward.merchants.credentials.service import DialectActor
from homeward.merchants.errors import ExternalIdTaken
from homeward.merchants.model import NewStore, Store
from homeward.merchants.service import MerchantsService

DEFAULT: Final = "default"
PAGE: Final = 25
# These stores say when the parcel is ready with each order.
PREPARATION: Final = Seconds(0)

NewId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{3,64}$")]
NewName = Annotated[str, StringConstraints(min_length=1, max_length=120)]
Standing = Literal["active", "inactive"]


class NewBusiness(Part):
    external_business_id: NewId
    name: NewName
    description: Annotated[str, StringConstraints(max_length=100)] = ""
    activation_status: Standing = "active"


class BusinessPatch(Part):
    name: NewName | None = None
    description: Annotated[str, StringConstraints(max_length=100)] | None = None
    activation_status: Standing | None = None


class NewDriveStore(Part):
    external_store_id: NewId
    name: NewName
    address: Annotated[Text, Field(min_length=1)]
    phone_number: Phone = None


class DriveStorePatch(Part):
    name: NewName | None = None
    address: Annotated[Short, Field(min_length=1)] | None = None
    phone_number: Phone = None
    status: Standing | None = None


@dataclass(frozen=True, slots=True)
class Member:
    """A store under the id that its business has for it."""

    external_id: str
    store: Store
    updated_at: datetime


class Businesses:
    """The merchant's groups of stores."""

    def __init__(self, db: Database, merchants: MerchantsService) -> None:
        self._db = db
        self._merchants = merchants

    # ── businesses ──

    async def create(self, actor: DialectActor, new: NewBusiness) -> dict[str, Any]:
        _require_live(actor)
        if new.external_business_id == DEFAULT:
            raise _wrong("external_business_id", "This id is reserved")
        async with self._db.merchant(actor.merchant_id) as tx:
            added = await tx.run(
                """INSERT INTO store_group (merchant_id, external_id, name, description, active)
                   VALUES (%(merchant_id)s, %(id)s, %(name)s, %(description)s, %(active)s) ON CONFLICT DO NOTHING""",
                merchant_id=actor.merchant_id,
                id=new.external_business_id,
                name=new.name,
                description=new.description,
                active=new.activation_status == "active",
            )
            if not added:
                raise _wrong("external_business_id", "A business with this id exists already")
            return _business_json(await _group(tx, actor.merchant_id, new.external_business_id), actor)

    async def get(self, actor: DialectActor, business_id: str) -> dict[str, Any]:
        if business_id == DEFAULT:
            return await self._default(actor)
        async with self._db.merchant(actor.merchant_id) as tx:
            return _business_json(await _group(tx, actor.merchant_id, business_id), actor)

    async def change(self, actor: DialectActor, business_id: str, patch: BusinessPatch) -> dict[str, Any]:
        _require_live(actor)
        active = None if patch.activation_status is None else patch.activation_status == "active"
        async with self._db.merchant(actor.merchant_id) as tx:
            await _group(tx, actor.merchant_id, business_id)
            await tx.run(
                """UPDATE store_group SET name = coalesce(%(name)s, name), active = coalesce(%(active)s, active),
                          description = coalesce(%(description)s, description), updated_at = now()
                   WHERE merchant_id = %(merchant_id)s AND external_id = %(id)s""",
                merchant_id=actor.merchant_id,
                id=business_id,
                name=patch.name,
                description=patch.description,
                active=active,
            )
            return _business_json(await _group(tx, actor.merchant_id, business_id), actor)

    async def page(self, actor: DialectActor, standing: str | None = None, token: str | None = None) -> dict[str, Any]:
        """By id, a page at a time; a standing that we do not know fits nothing."""
        after = _after(token)
        async with self._db.merchant(actor.merchant_id) as tx:
            rows = await tx.all(
                """SELECT * FROM store_group
                   WHERE merchant_id = %(merchant_id)s AND external_id > %(after)s
                     AND (%(standing)s::text IS NULL
                          OR (CASE WHEN active THEN 'active' ELSE 'inactive' END) = %(standing)s)
                   ORDER BY external_id LIMIT %(limit)s""",
                merchant_id=actor.merchant_id,
                after=after,
                standing=standing,
                limit=PAGE + 1,
            )
        page = [_business_json(row, actor) for row in rows[:PAGE]]
        return _page(page, "external_business_id", more=len(rows) > PAGE)

    async def _default(self, actor: DialectActor) -> dict[str, Any]:
        merchant = await self._merchants.get(actor.merchant_id)
        row = {
            "external_id": DEFAULT,
            "name": merchant.name,
            "description": "",
            "active": True,
            "created_at": merchant.created_at,
            "updated_at": merchant.created_at,
        }
        return _business_json(row, actor)

    # ── stores ──

    async def create_store(self, actor: DialectActor, business_id: str, new: NewDriveStore) -> dict[str, Any]:
        """A store of the merchant. Two businesses may use one id; our own number then carries the business too."""
        _require_live(actor)
        await self.get(actor, business_id)
        if await self._known(actor, business_id, new.external_store_id):
            raise _wrong("external_store_id", "A store with this id exists already")
        wanted = NewStore(
            new.name, new.address, external_id=new.external_store_id, phone=new.phone_number, preparation_s=PREPARATION
        )
        store = await self._make(actor, business_id, wanted)
        if business_id != DEFAULT:
            await self._join(actor, business_id, new.external_store_id, store)
        return _store_json(business_id, Member(new.external_store_id, store, store.created_at), actor)

    async def get_store(self, actor: DialectActor, business_id: str, store_id: str) -> dict[str, Any]:
        return _store_json(business_id, await self._member(actor, business_id, store_id), actor)

    async def change_store(
        self, actor: DialectActor, business_id: str, store_id: str, patch: DriveStorePatch
    ) -> dict[str, Any]:
        _require_live(actor)
        member = await self._member(actor, business_id, store_id)
        said = {
            "name": patch.name,
            "address": patch.address,
            "phone": patch.phone_number,
            "status": _STATUS[patch.status],
        }
        changes = {name: value for name, value in said.items() if value is not None}
        store = await self._merchants.update_store(actor.merchant_id, member.store.id, changes)
        async with self._db.merchant(actor.merchant_id) as tx:
            moved = await tx.value(
                """UPDATE store_group_member SET updated_at = now()
                   WHERE merchant_id = %(merchant_id)s AND group_id = %(group)s AND external_id = %(id)s
                   RETURNING updated_at""",
                merchant_id=actor.merchant_id,
                group=business_id,
                id=store_id,
            )
        return _store_json(business_id, Member(store_id, store, moved or store.created_at), actor)

    async def page_of_stores(
        self, actor: DialectActor, business_id: str, standing: str | None = None, token: str | None = None
    ) -> dict[str, Any]:
        await self.get(actor, business_id)
        after = _after(token)
        members = sorted(await self._members(actor, business_id), key=lambda member: member.external_id)
        wanted = [
            member
            for member in members
            if member.external_id > after and standing in (None, "active" if member.store.active else "inactive")
        ]
        page = [_store_json(business_id, member, actor) for member in wanted[:PAGE]]
        return _page(page, "external_store_id", more=len(wanted) > PAGE)

    async def store_of(self, actor: DialectActor, business_id: str, external_id: str) -> str | None:
        """Our id of the store that the business knows by this number; None where the number is the merchant's own.

        A store that was made in the portal belongs to no business, and answers to its own number under any.
        """
        if business_id == DEFAULT:
            return None
        async with self._db.merchant(actor.merchant_id) as tx:
            found = await tx.value(
                """SELECT store_id FROM store_group_member
                   WHERE merchant_id = %(merchant_id)s AND group_id = %(group)s AND external_id = %(external_id)s""",
                merchant_id=actor.merchant_id,
                group=business_id,
                external_id=external_id,
            )
        return str(found) if found else None

    async def _member(self, actor: DialectActor, business_id: str, store_id: str) -> Member:
        await self.get(actor, business_id)
        known = await self._known(actor, business_id, store_id)
        if known is None:
            raise NotFound(BUSINESS_STORE, f"{business_id}/{store_id}")
        return known

    async def _known(self, actor: DialectActor, business_id: str, store_id: str) -> Member | None:
        members = await self._members(actor, business_id)
        return next((member for member in members if member.external_id == store_id), None)

    async def _members(self, actor: DialectActor, business_id: str) -> list[Member]:
        stores = await self._merchants.list_stores(actor.merchant_id)
        if business_id == DEFAULT:
            return [Member(each.external_id, each, each.created_at) for each in stores if each.external_id]
        async with self._db.merchant(actor.merchant_id) as tx:
            rows = await tx.all(
                "SELECT * FROM store_group_member WHERE merchant_id = %(merchant_id)s AND group_id = %(group)s",
                merchant_id=actor.merchant_id,
                group=business_id,
            )
        by_id = {store.id: store for store in stores}
        return [Member(row["external_id"], by_id[row["store_id"]], row["updated_at"]) for row in rows]

    async def _make(self, actor: DialectActor, business_id: str, wanted: NewStore) -> Store:
        try:
            return await self._merchants.create_store(actor.merchant_id, wanted)
        except ExternalIdTaken:
            both = f"{business_id}/{wanted.external_id}"
            named = NewStore(
                wanted.name, wanted.address, external_id=both, phone=wanted.phone, preparation_s=wanted.preparation_s
            )
            return await self._merchants.create_store(actor.merchant_id, named)

    async def _join(self, actor: DialectActor, business_id: str, external_id: str, store: Store) -> None:
        async with self._db.merchant(actor.merchant_id) as tx:
            await tx.run(
                """INSERT INTO store_group_member (merchant_id, group_id, external_id, store_id)
                   VALUES (%(merchant_id)s, %(group)s, %(external_id)s, %(store_id)s)""",
                merchant_id=actor.merchant_id,
                group=business_id,
                external_id=external_id,
                store_id=store.id,
            )


# ── pure ──


_STATUS: Final = {None: None, "active": "active", "inactive": "closed"}


async def _group(tx: Tx, merchant_id: str, business_id: str) -> Row:
    row = await tx.one(
        "SELECT * FROM store_group WHERE merchant_id = %(merchant_id)s AND external_id = %(id)s",
        merchant_id=merchant_id,
        id=business_id,
    )
    if row is None:
        raise NotFound(BUSINESS, business_id)
    return row


def _business_json(row: Row, actor: DialectActor) -> dict[str, Any]:
    return {
        "external_business_id": row["external_id"],
        "name": row["name"],
        "description": row["description"],
        "activation_status": "active" if row["active"] else "inactive",
        "is_test": actor.mode == "test",
        "created_at": jsonable(row["created_at"]),
        "last_updated_at": jsonable(row["updated_at"]),
    }


def _store_json(business_id: str, member: Member, actor: DialectActor) -> dict[str, Any]:
    store = member.store
    return {
        "external_business_id": business_id,
        "external_store_id": member.external_id,
        "name": store.name,
        "phone_number": store.phone,
        "address": store.address,
        "status": "active" if store.active else "inactive",
        "is_test": actor.mode == "test",
        "created_at": jsonable(store.created_at),
        "last_updated_at": jsonable(member.updated_at),
    }


def _page(result: list[dict[str, Any]], key: str, *, more: bool) -> dict[str, Any]:
    token = {"continuation_token": encode_cursor(str(result[-1][key]))} if more else {}
    return {"result": result, "result_count": len(result), **token}


def _after(token: str | None) -> str:
    return decode_cursor(token, 1)[0] if token else ""


def _require_live(actor: DialectActor) -> None:
    # As in the native API: stores have no test copies, so a test credential must not be able to move a shop.
    if actor.mode == "test":
        raise Forbidden("a live credential")


def _wrong(name: str, error: str) -> MalformedRequest:
    return MalformedRequest([FieldError(f"/{name}", "refused", error)])
