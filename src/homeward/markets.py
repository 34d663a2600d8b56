"""From a map file to a market that takes deliveries: import, register, price, addresses. The order matters here.

The files come first and are put in use at the end of the import; the database learns of them in one transaction.
"""

import asyncio
import gzip
import json
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Final

from homeward.infra.db import Database
from homeward.kit.clock import Clock
from homeward.kit.places import LatLon
from homeward.quotes.seeding import seed_market_defaults
from homeward.routing.geocoding.index import load_addresses
from homeward.routing.importer import import_market, installed_market
from homeward.routing.model import ImportReport
from homeward.routing.repository import register_market

# Enough doors to draw the hull of a service area; a country has millions.
_SAMPLE: Final = 5_000

Progress = Callable[[str, str], None]


async def import_and_register(
    db: Database,
    clock: Clock,
    data_dir: Path,
    name: str,
    osm: Path,
    *,
    addresses: Path | None = None,
    time_zone: str | None = None,
    currency: str = "USD",
    units: str = "metric",
    progress: Progress = lambda step, what: None,
) -> tuple[str, ImportReport]:
    """The market's id and what was imported. Safe to repeat: what the operator changed since stays.

    Raises what `routing.importer.import_market` raises; nothing is installed then.
    """
    report = await asyncio.to_thread(
        import_market, name, osm, data_dir, extra_addresses=addresses, time_zone=time_zone, progress=progress
    )
    market = installed_market(data_dir, report.slug)
    assert market is not None, "the import has just put it in use"
    async with db.operator() as tx:
        known = await tx.one("SELECT id, graph_version FROM market WHERE slug = %(slug)s", slug=report.slug)
        market_id = await register_market(tx, report, clock=clock, currency=currency, units=units)
        sample = await asyncio.to_thread(lambda: list(_sample(market.addresses)))
        await seed_market_defaults(
            tx, market_id=market_id, currency=currency, box=report.box, addresses=sample, now=clock.now()
        )
        if known is None or known["graph_version"] != report.version:
            progress("addresses", "loading")
            loaded = await load_addresses(tx, market_id, market.addresses, market.streets)
            progress("addresses", f"{loaded.addresses:,} on {loaded.streets:,} streets")
    return market_id, report


def _sample(addresses: Path) -> Iterator[LatLon]:
    """Every so-many-th door, so that the sample covers the whole market."""
    with gzip.open(addresses, "rt", encoding="utf-8") as lines:
        count = sum(1 for _ in lines)
    with gzip.open(addresses, "rt", encoding="utf-8") as lines:
        for line in islice(lines, 0, None, max(1, count // _SAMPLE)):
            row = json.loads(line)
            yield LatLon(row["lat"], row["lon"])
