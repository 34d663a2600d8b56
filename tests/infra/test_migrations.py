"""The migrations build the schema from nothing, once, and leave no table open."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from psycopg.rows import tuple_row

from homeward.infra.migrate import migrate
from homeward.infra.postgres import EmbeddedPostgres
from tests.conftest import DatabaseUrls

# Alembic's own note of where it stands; the application may not even read it.
NOT_OURS = {"alembic_version"}


@pytest.fixture
def empty_database(postgres: EmbeddedPostgres) -> Iterator[str]:
    name = f"empty_{secrets.token_hex(6)}"
    with psycopg.connect(postgres.owner_url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    yield postgres.url(name)
    with psycopg.connect(postgres.owner_url, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def facts(url: str, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url, row_factory=tuple_row) as connection:
        return connection.execute(query.encode()).fetchall()


SCHEMA = """
    SELECT table_name, column_name, data_type, is_nullable, column_default
    FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, ordinal_position
"""
TABLES = """
    SELECT c.relname, c.relrowsecurity, c.relforcerowsecurity,
           EXISTS (SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid)
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') ORDER BY 1
"""


def test_migrating_again_changes_nothing(empty_database: str, app_password: str) -> None:
    revision = migrate(empty_database, app_password)
    built = facts(empty_database, SCHEMA)
    assert migrate(empty_database, app_password) == revision
    assert facts(empty_database, SCHEMA) == built != []


def test_processes_that_start_together_do_not_migrate_together(empty_database: str, app_password: str) -> None:
    with ThreadPoolExecutor(4) as starters:
        revisions = list(starters.map(lambda _: migrate(empty_database, app_password), range(4)))
    assert len(set(revisions)) == 1
    assert facts(empty_database, "SELECT count(*) FROM alembic_version") == [(1,)]


def test_every_table_is_behind_row_level_security(database_urls: DatabaseUrls) -> None:
    tables = [row for row in facts(database_urls.owner, TABLES) if row[0] not in NOT_OURS]
    assert len(tables) > 20
    assert [row for row in tables if row[1:] != (True, True, True)] == []


def test_the_application_owns_nothing_and_stands_above_nothing(database_urls: DatabaseUrls) -> None:
    powers = "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb FROM pg_roles WHERE rolname LIKE 'homeward\\_%'"
    owned = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public' AND tableowner <> 'homeward_owner'"
    named = facts(database_urls.owner, powers + " AND rolname <> 'homeward_owner'")
    assert len(named) == 3
    assert set(named) == {(False, False, False, False)}
    assert facts(database_urls.owner, owned) == [(0,)]


def test_the_application_cannot_change_the_schema(database_urls: DatabaseUrls) -> None:
    with psycopg.connect(database_urls.app) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("CREATE TABLE pocket (id integer)")
