"""Markets and where they serve: asked by quotes for every door, changed by the operator."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from homeward.coverage import repository
from homeward.coverage.errors import LastAreaNeeded
from homeward.coverage.model import Market, MarketStatus, NotServed, Served, ServiceArea
from homeward.coverage.policy import (
    AreaIndex,
    cells_at,
    cells_of,
    check_polygon,
    check_settings,
    default_area,
    holds,
)
from homeward.infra import audit
from homeward.infra.db import Database, Tx
from homeward.kit.clock import Clock
from homeward.kit.hours_json import check_hours
from homeward.kit.ids import new_id
from homeward.kit.places import Box, LatLon
from homeward.kit.problems import FieldError, MalformedRequest, NotFound


@dataclass(frozen=True, slots=True)
class CoveredMarket:
    """A market with its areas, as remembered for one revision of it."""

    market: Market
    areas: AreaIndex


class CoverageService:
    """Reads are cheap: what a process knows of a market stays good until the market's revision changes."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self._remembered: dict[str, CoveredMarket] = {}
        self._currencies: dict[str, str] = {}

    # ── reading ──

    async def markets(self) -> list[Market]:
        async with self._db.operator() as tx:
            return await repository.markets(tx)

    async def market(self, market_id: str) -> Market:
        async with self._db.operator() as tx:
            return await _market(tx, market_id)

    async def currency(self, market_id: str) -> str:
        """Remembered for good: no market ever changes it."""
        if market_id not in self._currencies:
            self._currencies[market_id] = (await self.market(market_id)).currency
        return self._currencies[market_id]

    async def market_by_slug(self, slug: str) -> Market:
        async with self._db.operator() as tx:
            found = await repository.market_by_slug(tx, slug)
        if found is None:
            raise NotFound("market", slug)
        return found

    async def areas(self, market_id: str) -> list[ServiceArea]:
        async with self._db.operator() as tx:
            await _market(tx, market_id)
            return await repository.areas(tx, market_id)

    async def market_at(self, place: LatLon) -> Market | None:
        """The market that serves the place, else the one whose map holds it (a store may stand outside every area)."""
        async with self._db.operator() as tx:
            for area in await repository.areas_at_cells(tx, cells_at(place), None):
                if holds(area.polygon, place):
                    return await repository.market(tx, area.market_id)
            return await repository.market_by_box(tx, place.lat, place.lon)

    async def check(self, place: LatLon, market_id: str | None = None) -> Served | NotServed:
        """Whether somebody delivers to the place: in this market, or in any."""
        async with self._db.operator() as tx:
            for area in await repository.areas_at_cells(tx, cells_at(place), market_id):
                if holds(area.polygon, place):
                    market = await _market(tx, area.market_id)
                    if market.paused:
                        return NotServed("market_paused", 0, market.id)
                    return Served(market.id, area.id)
            near = await _market(tx, market_id) if market_id else None
            near = near or await repository.market_by_box(tx, place.lat, place.lon)
            if near is None:
                return NotServed("outside_area", None)
            return AreaIndex(near.id, await repository.areas(tx, near.id)).find(place)

    async def remembered(self, tx: Tx, market_id: str, revision: int) -> CoveredMarket:
        """The market at this revision or a newer one, from memory if it is still good."""
        known = self._remembered.get(market_id)
        if known is not None and known.market.revision == revision:
            return known
        # The market is read before its areas: if an area changes in between, the revision is already outdated
        # and the next caller reads again.
        market = await _market(tx, market_id)
        known = CoveredMarket(market, AreaIndex(market_id, await repository.areas(tx, market_id)))
        self._remembered[market_id] = known
        return known

    # ── changing: the operator only ──

    async def update_market(
        self,
        market_id: str,
        *,
        name: str | None = None,
        status: str | None = None,
        hours: dict[str, Any] | None = None,
        settings: Mapping[str, Any] | None = None,
        by: str,
    ) -> Market:
        """Change what is given. Single settings are changed; a setting given as None goes back to its default."""
        async with self._db.operator() as tx:
            row = await tx.one("SELECT settings FROM market WHERE id = %(id)s FOR UPDATE", id=market_id)
            if row is None:
                raise NotFound("market", market_id)
            wrong = check_hours(hours) if hours is not None else []
            changes: dict[str, Any] = {"name": name, "status": MarketStatus(status).value if status else None}
            if settings is not None:
                merged = {**row["settings"], **settings}
                changes["settings"] = {key: value for key, value in merged.items() if value is not None}
                wrong += check_settings(changes["settings"], on=self._clock.now().date())
            if hours is not None:
                changes["hours"] = hours
            if wrong:
                raise MalformedRequest(wrong)
            await repository.update_market(tx, market_id, changes)
            await audit.record(tx, actor=by, action="market.change", subject=market_id, data=changes)
            return await _market(tx, market_id)

    async def create_area(self, market_id: str, name: str, polygon: dict[str, Any], *, by: str) -> ServiceArea:
        """Raises MalformedRequest that says what is wrong with the polygon."""
        cells = _checked_cells(polygon)
        area_id = new_id("area", self._clock.now())
        async with self._db.operator() as tx:
            await _market(tx, market_id)
            await repository.add_area(tx, area_id=area_id, market_id=market_id, name=name, polygon=polygon, cells=cells)
            await audit.record(tx, actor=by, action="service_area.change", subject=area_id)
            return await _area(tx, market_id, area_id)

    async def update_area(
        self,
        market_id: str,
        area_id: str,
        *,
        name: str | None = None,
        active: bool | None = None,
        polygon: dict[str, Any] | None = None,
        by: str,
    ) -> ServiceArea:
        cells = _checked_cells(polygon) if polygon is not None else None
        async with self._db.operator() as tx:
            await _area(tx, market_id, area_id)
            if active is False:
                await _require_another_area(tx, market_id, area_id)
            await repository.update_area(tx, area_id, name=name, active=active, polygon=polygon, cells=cells)
            await audit.record(tx, actor=by, action="service_area.change", subject=area_id)
            return await _area(tx, market_id, area_id)

    async def remove_area(self, market_id: str, area_id: str, *, by: str) -> None:
        async with self._db.operator() as tx:
            await _area(tx, market_id, area_id)
            await _require_another_area(tx, market_id, area_id)
            await repository.remove_area(tx, area_id)
            await audit.record(tx, actor=by, action="service_area.remove", subject=area_id)


async def seed_area(tx: Tx, *, market_id: str, box: Box, addresses: list[LatLon], area_id: str) -> bool:
    """Give a market its first service area if it has none; whether one was made."""
    if await tx.value("SELECT 1 FROM service_area WHERE market_id = %(id)s LIMIT 1", id=market_id):
        return False
    polygon = default_area(box, addresses)
    await repository.add_area(
        tx, area_id=area_id, market_id=market_id, name="Everywhere", polygon=polygon, cells=cells_of(polygon)
    )
    return True


def _checked_cells(polygon: dict[str, Any]) -> list[int]:
    wrong: list[FieldError] = check_polygon(polygon)
    if wrong:
        raise MalformedRequest(wrong)
    return cells_of(polygon)


async def _require_another_area(tx: Tx, market_id: str, area_id: str) -> None:
    # Two people closing the last two areas at once would leave none: they queue up on the market's row.
    await tx.run("SELECT 1 FROM market WHERE id = %(id)s FOR UPDATE", id=market_id)
    if not any(area.active and area.id != area_id for area in await repository.areas(tx, market_id)):
        raise LastAreaNeeded(market_id)


async def _market(tx: Tx, market_id: str) -> Market:
    found = await repository.market(tx, market_id)
    if found is None:
        raise NotFound("market", market_id)
    return found


async def _area(tx: Tx, market_id: str, area_id: str) -> ServiceArea:
    for area in await repository.areas(tx, market_id):
        if area.id == area_id:
            return area
    raise NotFound("service_area", area_id)
