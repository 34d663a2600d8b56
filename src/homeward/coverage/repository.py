"""Markets and service areas in Postgres. Everybody may read them; only the operator writes."""

from collections.abc import Sequence
from typing import Any

from homeward.coverage.model import Market, MarketSettings, MarketStatus, ServiceArea
from homeward.infra.db import Row, Tx, json_param
from homeward.kit.hours_json import hours_from_json
from homeward.kit.places import Box


async def markets(tx: Tx) -> list[Market]:
    return [to_market(row) for row in await tx.all("SELECT * FROM market ORDER BY name, id")]


async def market(tx: Tx, market_id: str) -> Market | None:
    row = await tx.one("SELECT * FROM market WHERE id = %(id)s", id=market_id)
    return to_market(row) if row else None


async def market_by_slug(tx: Tx, slug: str) -> Market | None:
    row = await tx.one("SELECT * FROM market WHERE slug = %(slug)s", slug=slug)
    return to_market(row) if row else None


async def areas(tx: Tx, market_id: str) -> list[ServiceArea]:
    rows = await tx.all("SELECT * FROM service_area WHERE market_id = %(id)s ORDER BY id", id=market_id)
    return [to_area(row) for row in rows]


async def areas_at_cells(tx: Tx, cells: Sequence[int], market_id: str | None) -> list[ServiceArea]:
    """Active areas that may hold a place in these cells; the polygon decides."""
    rows = await tx.all(
        """
        SELECT a.* FROM service_area a
        WHERE a.active AND (%(market)s::text IS NULL OR a.market_id = %(market)s)
          AND a.id IN (SELECT area_id FROM service_area_cell WHERE cell = ANY(%(cells)s::bigint[]))
        ORDER BY a.id
        """,
        cells=list(cells),
        market=market_id,
    )
    return [to_area(row) for row in rows]


async def market_by_box(tx: Tx, lat: float, lon: float) -> Market | None:
    """The smallest map that holds the place."""
    row = await tx.one(
        """
        SELECT * FROM market WHERE %(lat)s BETWEEN south AND north AND %(lon)s BETWEEN west AND east
        ORDER BY (north - south) * (east - west), id LIMIT 1
        """,
        lat=lat,
        lon=lon,
    )
    return to_market(row) if row else None


async def update_market(tx: Tx, market_id: str, changes: dict[str, Any]) -> None:
    """`changes` holds any of name, status, hours (JSON), settings (JSON)."""
    await tx.run(
        """
        UPDATE market SET name = coalesce(%(name)s, name), status = coalesce(%(status)s, status),
                          hours = coalesce(%(hours)s, hours), settings = coalesce(%(settings)s, settings)
        WHERE id = %(id)s
        """,
        id=market_id,
        name=changes.get("name"),
        status=changes.get("status"),
        hours=json_param(changes["hours"]) if "hours" in changes else None,
        settings=json_param(changes["settings"]) if "settings" in changes else None,
    )


async def add_area(
    tx: Tx, *, area_id: str, market_id: str, name: str, polygon: dict[str, Any], cells: Sequence[int]
) -> None:
    await tx.run(
        "INSERT INTO service_area (id, market_id, name, polygon) VALUES (%(id)s, %(market)s, %(name)s, %(polygon)s)",
        id=area_id,
        market=market_id,
        name=name,
        polygon=json_param(polygon),
    )
    await _set_cells(tx, area_id, cells)


async def update_area(
    tx: Tx,
    area_id: str,
    *,
    name: str | None,
    active: bool | None,
    polygon: dict[str, Any] | None,
    cells: Sequence[int] | None,
) -> None:
    await tx.run(
        """
        UPDATE service_area SET name = coalesce(%(name)s, name), active = coalesce(%(active)s, active),
                                polygon = coalesce(%(polygon)s, polygon)
        WHERE id = %(id)s
        """,
        id=area_id,
        name=name,
        active=active,
        polygon=json_param(polygon) if polygon is not None else None,
    )
    if cells is not None:
        await tx.run("DELETE FROM service_area_cell WHERE area_id = %(id)s", id=area_id)
        await _set_cells(tx, area_id, cells)


async def remove_area(tx: Tx, area_id: str) -> None:
    await tx.run("DELETE FROM service_area WHERE id = %(id)s", id=area_id)


async def _set_cells(tx: Tx, area_id: str, cells: Sequence[int]) -> None:
    await tx.run(
        "INSERT INTO service_area_cell (cell, area_id) SELECT unnest(%(cells)s::bigint[]), %(id)s",
        cells=list(cells),
        id=area_id,
    )


def to_market(row: Row) -> Market:
    return Market(
        id=row["id"],
        slug=row["slug"],
        name=row["name"],
        currency=row["currency"],
        time_zone=row["time_zone"],
        units=row["units"],
        locale=row["locale"],
        box=Box(row["south"], row["west"], row["north"], row["east"]),
        graph_version=row["graph_version"],
        status=MarketStatus(row["status"]),
        hours=hours_from_json(row["hours"]),
        settings=MarketSettings.from_json(row["settings"]),
        revision=row["revision"],
    )


def to_area(row: Row) -> ServiceArea:
    return ServiceArea(row["id"], row["market_id"], row["name"], row["polygon"], row["active"], row["created_at"])
