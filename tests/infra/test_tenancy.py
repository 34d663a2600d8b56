"""The merchant is the boundary of its data: asked of the database's own catalogue, so no table can be forgotten."""

from collections.abc import AsyncIterator
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from homeward.infra.db import Database
from homeward.infra.migrate import APP_ROLE, GROUP_ROLES
from tests.conftest import DatabaseUrls
from tests.deliveries.world import World, build_world

# A shopper's message has a merchant, a courier's login code has none; a session may be the operator's.
MERCHANT_MAY_BE_NULL = {"message", "session"}
# Tables with a merchant_id that merchants' transactions never open: sessions are looked up by their secret.
OPERATOR_ONLY = {"session", "access_token", "webhook_position", "robot"}
MINE = "(merchant_id = current_setting('app.merchant_id'::text, true))"


def asked(owner_url: str, sql: str, *params: Any) -> list[dict[str, Any]]:
    with psycopg.connect(owner_url, row_factory=dict_row) as connection:
        return connection.execute(sql.encode(), params).fetchall()


def tables(owner_url: str) -> set[str]:
    rows = asked(owner_url, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    return {row["tablename"] for row in rows} - {"alembic_version"}


def tenant_tables(owner_url: str) -> set[str]:
    rows = asked(
        owner_url,
        """SELECT c.table_name FROM information_schema.columns c JOIN pg_tables t ON t.tablename = c.table_name
           WHERE t.schemaname = 'public' AND c.table_schema = 'public' AND c.column_name = 'merchant_id'""",
    )
    return {row["table_name"] for row in rows}


def test_row_level_security_is_enabled_and_forced_on_every_table(database_urls: DatabaseUrls) -> None:
    rows = asked(
        database_urls.owner,
        """SELECT relname, relrowsecurity, relforcerowsecurity FROM pg_class
           WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND relname <> 'alembic_version'""",
    )
    assert len(rows) > 20
    assert [row["relname"] for row in rows if not (row["relrowsecurity"] and row["relforcerowsecurity"])] == []


def test_every_table_with_a_merchant_has_a_policy_that_fences_reading_and_writing(database_urls: DatabaseUrls) -> None:
    rows = asked(
        database_urls.owner,
        """SELECT tablename, cmd, qual, with_check FROM pg_policies
           WHERE schemaname = 'public' AND 'homeward_merchant' = ANY(roles)""",
    )
    policies: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        policies.setdefault(row["tablename"], []).append(row)
    found = tenant_tables(database_urls.owner) - OPERATOR_ONLY
    assert {"delivery", "delivery_event", "leg", "proof", "quote", "store"} <= found
    for table in sorted(found):
        # Permissive policies are OR-ed: a second one would open the fence again.
        assert len(policies.get(table, [])) == 1, f"{table}: one policy for merchants, no more, no fewer"
        (policy,) = policies[table]
        assert policy["cmd"] == "ALL", table
        for clause in ("qual", "with_check"):
            assert policy[clause] == MINE, f"{table}: {clause} is {policy[clause]}"


def test_what_is_not_a_merchants_is_at_most_readable(database_urls: DatabaseUrls) -> None:
    others = tables(database_urls.owner) - tenant_tables(database_urls.owner) - {"merchant"}
    rows = asked(
        database_urls.owner,
        """SELECT table_name, privilege_type FROM information_schema.role_table_grants
           WHERE grantee = 'homeward_merchant' AND privilege_type <> 'SELECT'""",
    )
    assert [row for row in rows if row["table_name"] in others | OPERATOR_ONLY] == []


def test_the_truth_can_only_be_added_to(database_urls: DatabaseUrls) -> None:
    rows = asked(
        database_urls.owner,
        """SELECT grantee, privilege_type FROM information_schema.role_table_grants
           WHERE table_name = 'delivery_event' AND grantee = ANY(%s)""",
        list(GROUP_ROLES),
    )
    assert {row["privilege_type"] for row in rows} == {"SELECT", "INSERT"}


def test_the_application_owns_nothing_and_bypasses_nothing(database_urls: DatabaseUrls) -> None:
    roles = [APP_ROLE, *GROUP_ROLES]
    owned = asked(
        database_urls.owner,
        "SELECT relname FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner WHERE r.rolname = ANY(%s)",
        roles,
    )
    assert owned == []
    powers = asked(
        database_urls.owner,
        """SELECT rolname, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication, rolinherit
           FROM pg_roles WHERE rolname = ANY(%s)""",
        roles,
    )
    assert len(powers) == 3
    for role in powers:
        granted = [name for name, value in role.items() if value is True and name != "rolinherit"]
        assert granted == [], role["rolname"]
    (app,) = (role for role in powers if role["rolname"] == APP_ROLE)
    assert not app["rolinherit"], "the login must take a role before it sees anything"
    members = asked(
        database_urls.owner,
        """SELECT g.rolname FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid
           JOIN pg_roles u ON u.oid = m.member WHERE u.rolname = %s""",
        APP_ROLE,
    )
    assert {row["rolname"] for row in members} == set(GROUP_ROLES)


def test_references_between_merchants_tables_carry_the_merchant(database_urls: DatabaseUrls) -> None:
    """Foreign keys see all rows: one without the merchant would let a merchant probe for another's ids."""
    owner = database_urls.owner
    found = tenant_tables(owner)
    rows = asked(
        owner,
        """SELECT c.conrelid::regclass::text AS source, c.confrelid::regclass::text AS target,
                  array_agg(a.attname::text) AS columns
           FROM pg_constraint c
           JOIN unnest(c.conkey) AS k (attnum) ON true
           JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.attnum
           WHERE c.contype = 'f' AND c.connamespace = 'public'::regnamespace GROUP BY c.oid""",
    )
    between = [row for row in rows if row["source"] in found and row["target"] in found]
    assert len(between) >= 6
    assert [row for row in between if "merchant_id" not in row["columns"]] == []


def test_keys_of_merchants_tables_begin_with_the_merchant(database_urls: DatabaseUrls) -> None:
    rows = asked(
        database_urls.owner,
        """SELECT i.indrelid::regclass::text AS table_name, a.attname FROM pg_index i
           JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
           WHERE i.indisprimary AND i.indrelid::regclass::text = ANY(%s)""",
        sorted({"store", "quote", "delivery", "leg", "delivery_event", "proof", "webhook_endpoint", "webhook_message"}),
    )
    assert len(rows) == 8
    assert {row["attname"] for row in rows} == {"merchant_id"}


def test_a_merchants_column_cannot_be_empty(database_urls: DatabaseUrls) -> None:
    rows = asked(
        database_urls.owner,
        """SELECT table_name FROM information_schema.columns
           WHERE table_schema = 'public' AND column_name = 'merchant_id' AND is_nullable = 'YES'""",
    )
    assert {row["table_name"] for row in rows} <= MERCHANT_MAY_BE_NULL


@pytest.fixture
async def world(database_urls: DatabaseUrls) -> AsyncIterator[World]:
    db = Database(database_urls.app, min_size=1, max_size=4)
    await db.open()
    yield await build_world(db)
    await db.close()


async def test_a_transaction_without_a_merchant_sees_no_rows(world: World, database_urls: DatabaseUrls) -> None:
    await world.booked()
    for merchant_id in ("", "mer_nobody"):
        async with world.db.merchant(merchant_id) as tx:
            for table in sorted(tenant_tables(database_urls.owner) - OPERATOR_ONLY):
                assert await tx.value(f"SELECT count(*) FROM {table}") == 0, table
            assert await tx.value("SELECT count(*) FROM merchant") == 0


async def test_the_login_sees_nothing_before_it_takes_a_role(world: World, database_urls: DatabaseUrls) -> None:
    await world.booked()
    async with await psycopg.AsyncConnection.connect(database_urls.app, autocommit=True) as connection:
        for table in sorted(tables(database_urls.owner)):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                await connection.execute(f'SELECT 1 FROM "{table}" LIMIT 1'.encode())


async def test_one_merchant_neither_sees_nor_touches_anothers_delivery(world: World) -> None:
    delivery_id = await world.booked("mer_a")
    async with world.db.merchant("mer_b") as tx:
        assert await tx.all("SELECT 1 FROM delivery") == []
        assert await tx.all("SELECT 1 FROM delivery_event") == []
        assert await tx.run("UPDATE delivery SET attention = 'mine' WHERE id = %(id)s", id=delivery_id) == 0
        assert await tx.run("DELETE FROM delivery WHERE id = %(id)s", id=delivery_id) == 0
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        async with world.db.merchant("mer_b") as tx:
            await tx.run(
                """INSERT INTO delivery_event (merchant_id, delivery_id, seq, mode, type, at, actor, data)
                   VALUES ('mer_a', %(id)s, 99, 'live', 'delivery.delivered', now(), 'me', '{}')""",
                id=delivery_id,
            )


async def test_a_pooled_connection_carries_no_merchant_over_to_the_next_user(database_urls: DatabaseUrls) -> None:
    db = Database(database_urls.app, min_size=1, max_size=1)
    await db.open()
    async with db.merchant("mer_a") as tx:
        assert await tx.value("SELECT current_user::text") == "homeward_merchant"
    async with db.operator() as tx:
        assert await tx.value("SELECT current_user::text") == "homeward_operator"
        assert await tx.value("SELECT coalesce(current_setting('app.merchant_id', true), '')") == ""
    await db.close()
