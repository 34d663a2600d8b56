"""The map over HTTP: vector tiles out of a market's PMTiles file, TileJSON and a style to draw them.

Shoppers' pages use it too, so nothing here names the operator, and every address is that of the host that was asked.
"""

import gzip
import mmap
from pathlib import Path
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pmtiles.tile import Entry, deserialize_directory, deserialize_header, zxy_to_tileid

from homeward.kit.problems import NotFound
from homeward.routing.importer import InstalledMarket, installed_market
from homeward.routing.map_style import Theme, map_style
from homeward.routing.model import ImportReport
from homeward.routing.tile_layers import MAX_ZOOM, MIN_ZOOM
from homeward.routing.tile_writer import ATTRIBUTION

_MVT: Final = "application/vnd.mapbox-vector-tile"
_FOREVER: Final = "public, max-age=31536000, immutable"
_A_WHILE: Final = "public, max-age=300"


class TileFile:
    """An open PMTiles file with its directory in memory: one look-up and one slice per tile."""

    def __init__(self, market: InstalledMarket) -> None:
        self.version = market.version
        self.report: ImportReport = market.report()
        with market.tiles.open("rb") as file:
            self._content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        header: Any = deserialize_header(self._content[:127])
        self._data_offset: int = header["tile_data_offset"]
        self._leaves_offset: int = header["leaf_directory_offset"]
        self._entries: dict[int, Entry] = {}
        self._read_directory(header["root_offset"], header["root_length"])

    def _read_directory(self, offset: int, length: int) -> None:
        entries: list[Entry] = deserialize_directory(self._content[offset : offset + length])
        for entry in entries:
            if entry.run_length == 0:
                self._read_directory(self._leaves_offset + entry.offset, entry.length)
            for step in range(entry.run_length):
                self._entries[entry.tile_id + step] = entry

    def tile(self, z: int, x: int, y: int) -> bytes | None:
        """The tile, packed by gzip; None where the map is empty."""
        entry = self._entries.get(zxy_to_tileid(z, x, y))
        if entry is None:
            return None
        start = self._data_offset + entry.offset
        return self._content[start : start + entry.length]


class TileFiles:
    """The tile files of all markets in a data folder; a new import is noticed at the next request."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._open: dict[str, TileFile] = {}

    def of(self, slug: str) -> TileFile:
        # Only a plain name is looked up: a slash or a dot would reach outside the folder.
        market = installed_market(self._data_dir, slug) if slug.replace("-", "").isalnum() else None
        if market is None:
            raise NotFound("map", slug)
        known = self._open.get(slug)
        if known is None or known.version != market.version:
            known = self._open[slug] = TileFile(market)
        return known


def tile_router(data_dir: Path) -> APIRouter:
    """Routes under `/tiles`. The market is given by its slug."""
    router = APIRouter(prefix="/tiles", include_in_schema=False)
    files = TileFiles(data_dir)

    @router.get("/{market}/{z}/{x}/{y}.mvt")
    async def tile(market: str, z: int, x: int, y: int, request: Request, v: str = "") -> Response:
        file = files.of(market)
        if not (MIN_ZOOM <= z <= MAX_ZOOM and 0 <= x < 2**z and 0 <= y < 2**z):
            raise NotFound("tile", f"{z}/{x}/{y}")
        # With the version in its address a tile never changes; without it the browser asks again after a while.
        headers = {
            "ETag": f'"{file.version}"',
            "Cache-Control": _FOREVER if v == file.version else _A_WHILE,
            "Vary": "Accept-Encoding",
        }
        if request.headers.get("if-none-match") == headers["ETag"]:
            return Response(status_code=304, headers=headers)
        content = file.tile(z, x, y)
        if content is None:
            return Response(status_code=204, headers=headers)
        if "gzip" in request.headers.get("accept-encoding", ""):
            return Response(content, media_type=_MVT, headers={**headers, "Content-Encoding": "gzip"})
        return Response(gzip.decompress(content), media_type=_MVT, headers=headers)

    @router.get("/{market}/tiles.json")
    async def tile_json(market: str, request: Request) -> Response:
        file = files.of(market)
        box = file.report.box
        body = {
            "tilejson": "3.0.0", "tiles": [_template(request, market, file)], "minzoom": MIN_ZOOM, "maxzoom": MAX_ZOOM,
            "bounds": [box.west, box.south, box.east, box.north], "center": [box.centre.lon, box.centre.lat, 13],
            "attribution": ATTRIBUTION, "vector_layers": [{"id": name, "fields": {}} for name in _LAYER_NAMES],
        }  # fmt: skip
        return JSONResponse(body, headers={"Cache-Control": _A_WHILE})

    @router.get("/{market}/style.json")
    async def style(market: str, request: Request, theme: Theme = Theme.LIGHT) -> Response:
        file = files.of(market)
        body = map_style(_template(request, market, file), file.report.box, theme)
        return JSONResponse(body, headers={"Cache-Control": _A_WHILE})

    return router


_LAYER_NAMES: Final = (
    "land", "water", "waterways", "buildings", "rails", "roads", "house_numbers", "area_names", "pois", "places",
)  # fmt: skip


def _template(request: Request, market: str, file: TileFile) -> str:
    return f"{request.base_url}tiles/{market}/{{z}}/{{x}}/{{y}}.mvt?v={file.version}"
