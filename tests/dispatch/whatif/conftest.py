"""One short day, lived once on a real database; every test gets a copy of it."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import psycopg
import pytest

from homeward.coverage.service import CoverageService
from homeward.infra.db import Database
from homeward.infra.migrate import app_url
from homeward.infra.postgres import EmbeddedPostgres
from homeward.kit.clock import ManualClock
from homeward.kit.places import LatLon
from tests.deliveries.world import NOON
from tests.dispatch.whatif.town_day import EAST, FARTHER_EAST, WEST, Booking, Lived, live_a_day
from tests.dispatch.world import CrowRoads, build_town


@pytest.fixture(scope="session")
def day_database(
    postgres: EmbeddedPostgres, template_database: str, app_password: str
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Two couriers; two deliveries to neighbours, which go in one offer, and one the other way."""
    with copied(postgres, template_database) as name:
        yield name, asyncio.run(_lived(app_url(postgres.url(name), app_password)))


@pytest.fixture
async def lived(
    postgres: EmbeddedPostgres, day_database: tuple[str, tuple[str, ...]], app_password: str
) -> AsyncIterator[Lived]:
    template, ids = day_database
    with copied(postgres, template) as name:
        db = Database(app_url(postgres.url(name), app_password), min_size=1, max_size=2)
        await db.open()
        yield Lived(db, ids, CrowRoads(), CoverageService(db, ManualClock(NOON)))
        await db.close()


async def _lived(url: str) -> tuple[str, ...]:
    db = Database(url, min_size=1, max_size=16)
    await db.open()
    town = await build_town(db)
    await town.on_duty("Ana Near")
    await town.on_duty("Ben Far", LatLon(47.150, 9.530))
    bookings = [Booking(0.5, EAST), Booking(0.5, FARTHER_EAST), Booking(12, WEST)]
    day = await live_a_day(town, bookings, minutes=30)
    for delivery_id in day.ids:
        assert await town.state(delivery_id) == "delivered"
    await db.close()
    return tuple(day.ids)


@contextmanager
def copied(postgres: EmbeddedPostgres, template: str) -> Iterator[str]:
    """The name of a database like this one, gone afterwards."""
    name = f"whatif_{secrets.token_hex(6)}"
    with psycopg.connect(postgres.owner_url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY wal_log')
    yield name
    with psycopg.connect(postgres.owner_url, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
