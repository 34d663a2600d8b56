"""What every test may ask for: a real Postgres, one fresh database per test, and the machine's optional parts."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from homeward.infra.migrate import app_url, migrate
from homeward.infra.postgres import EmbeddedPostgres

ROOT = Path(__file__).resolve().parent.parent
TEMPLATE = "homeward_template"


@dataclass(frozen=True)
class DatabaseUrls:
    """One database that belongs to one test: as its owner, and as the application sees it."""

    owner: str
    app: str


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    """A server for this test process alone; started when the first test asks for it."""
    server = EmbeddedPostgres(tmp_path_factory.mktemp("postgres"), durable=False)
    asyncio.run(server.start())
    yield server
    asyncio.run(server.stop())


@pytest.fixture(scope="session")
def app_password() -> str:
    return secrets.token_urlsafe(16)


@pytest.fixture(scope="session")
def template_database(postgres: EmbeddedPostgres, app_password: str) -> str:
    """Holds the migrated schema; tests get copies, which is ten times faster than migrating again."""
    with psycopg.connect(postgres.owner_url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{TEMPLATE}"')
    migrate(postgres.url(TEMPLATE), app_password)
    return TEMPLATE


@pytest.fixture
def database_urls(postgres: EmbeddedPostgres, template_database: str, app_password: str) -> Iterator[DatabaseUrls]:
    """A fresh database with the schema and no rows, gone after the test."""
    with a_fresh_database(postgres, template_database, app_password) as urls:
        yield urls


@contextmanager
def a_fresh_database(postgres: EmbeddedPostgres, template_database: str, app_password: str) -> Iterator[DatabaseUrls]:
    """For tests that need more than one."""
    name = f"test_{secrets.token_hex(6)}"
    with psycopg.connect(postgres.owner_url, autocommit=True) as connection:
        # wal_log copies the pages as they are; the other strategy forces two checkpoints.
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template_database}" STRATEGY wal_log')
    owner = postgres.url(name)
    yield DatabaseUrls(owner, app_url(owner, app_password))
    with psycopg.connect(postgres.owner_url, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder with real map extracts and addresses; tests that need it are skipped where it is missing."""
    folder = Path(os.environ.get("HOMEWARD_SHARED_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no real map data: {folder} is missing (HOMEWARD_SHARED_DATA names another place)")
    return folder


@pytest.fixture(scope="session")
def chromium() -> Path:
    """The browser that `make test` found or fetched."""
    link = ROOT / ".venv" / "share" / "homeward" / "bin" / "chromium"
    named = os.environ.get("HOMEWARD_CHROMIUM")
    browser = Path(named) if named else link
    if not browser.exists():
        pytest.skip("no Chromium: `make test` fetches one, or HOMEWARD_CHROMIUM names one")
    return browser
