"""Markets' maps and the addresses of their road servers, in Postgres. All of it is the operator's."""

import time
from typing import Final

from homeward.infra.db import Database, Tx, json_param
from homeward.kit.clock import Clock
from homeward.kit.hours_json import hours_to_json
from homeward.kit.ids import new_id
from homeward.kit.windows import always_open
from homeward.routing.model import ImportReport, Profile, RoadServer

# A road server's address changes when the machine starts anew or a map is imported; failures are noticed at once.
_REMEMBER_S: Final = 5.0


async def register_market(
    tx: Tx, report: ImportReport, *, clock: Clock, currency: str, units: str = "metric", locale: str = "en"
) -> str:
    """Write or refresh the market that an import made; its id.

    What the operator may have changed since (name, currency, hours, settings) stays as it is.
    """
    box = report.box
    row = await tx.one(
        """
        INSERT INTO market (id, slug, name, currency, time_zone, units, locale, south, west, north, east,
                            graph_version, hours)
        VALUES (%(id)s, %(slug)s, %(name)s, %(currency)s, %(time_zone)s, %(units)s, %(locale)s,
                %(south)s, %(west)s, %(north)s, %(east)s, %(version)s, %(hours)s)
        ON CONFLICT (slug) DO UPDATE SET south = excluded.south, west = excluded.west, north = excluded.north,
                                         east = excluded.east, graph_version = excluded.graph_version
        RETURNING id
        """,
        id=new_id("mkt", clock.now()),
        slug=report.slug,
        name=report.name,
        currency=currency,
        time_zone=report.time_zone,
        units=units,
        locale=locale,
        south=box.south,
        west=box.west,
        north=box.north,
        east=box.east,
        version=report.version,
        hours=json_param(hours_to_json(always_open(report.time_zone))),
    )
    assert row is not None
    return str(row["id"])


async def announce_road_server(tx: Tx, market_id: str, profile: Profile, server: RoadServer) -> None:
    """Say where a market's roads answer from now on."""
    await tx.run(
        """
        INSERT INTO road_server (market_id, profile, url, graph_version)
        VALUES (%(market_id)s, %(profile)s, %(url)s, %(graph_version)s)
        ON CONFLICT (market_id, profile)
        DO UPDATE SET url = excluded.url, graph_version = excluded.graph_version, updated_at = now()
        """,
        market_id=market_id,
        profile=profile.value,
        url=server.url,
        graph_version=server.graph_version,
    )


class StoredRoadServers:
    """Looks the road servers up in the database and remembers them for a few seconds (`client.RoadServers`)."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._known: dict[tuple[str, Profile], tuple[float, RoadServer | None]] = {}

    async def find(self, market_id: str, profile: Profile) -> RoadServer | None:
        looked_up_at, server = self._known.get((market_id, profile), (0.0, None))
        if server is not None and time.monotonic() - looked_up_at < _REMEMBER_S:
            return server
        async with self._db.operator() as tx:
            row = await tx.one(
                "SELECT url, graph_version FROM road_server WHERE market_id = %(market)s AND profile = %(profile)s",
                market=market_id,
                profile=profile.value,
            )
        server = RoadServer(row["url"], row["graph_version"]) if row else None
        self._known[market_id, profile] = (time.monotonic(), server)
        return server

    def forget(self, market_id: str, profile: Profile) -> None:
        self._known.pop((market_id, profile), None)
