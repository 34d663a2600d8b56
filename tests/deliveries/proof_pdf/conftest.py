"""The world of deliveries, with the sheet's door."""

from collections.abc import AsyncIterator

import pytest

from homeward.coverage.service import CoverageService
from homeward.deliveries.proof_pdf.api import proof_pdf_router
from homeward.deliveries.proof_pdf.service import ProofPdfService
from homeward.infra.auth import Auth
from homeward.infra.db import Database
from homeward.infra.passwords import Passwords
from homeward.merchants.service import MerchantsService
from homeward.routing.geocoding.choice import choose_geocoder
from tests.conftest import DatabaseUrls
from tests.deliveries.world import World, build_world


@pytest.fixture
async def world(database_urls: DatabaseUrls) -> AsyncIterator[World]:
    db = Database(database_urls.app, min_size=1, max_size=12)
    await db.open()
    world = await build_world(db)
    async with db.operator() as tx:
        await tx.run("""UPDATE market SET hours = '{"time_zone": "Europe/Zurich"}'""")
    auth, coverage = Auth(db), CoverageService(db, world.clock)
    merchants = MerchantsService(db, world.clock, auth, choose_geocoder(None, db), coverage, Passwords())
    service = ProofPdfService(world.clock, world.service, merchants, coverage)
    world.app.include_router(proof_pdf_router(service, auth))
    yield world
    await db.close()
