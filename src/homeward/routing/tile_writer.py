"""Cuts layers into vector tiles (MVT 2.1) and writes them as one PMTiles (version 3) file.

Geometry is worked on for a whole layer of a tile at once; the schema of the messages comes from mapbox-vector-tile.
"""

import gzip
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import shapely
from mapbox_vector_tile.Mapbox import vector_tile_pb2  # type: ignore[import-untyped]
from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import Writer

from homeward.kit.places import Box
from homeward.routing.tile_layers import MAX_ZOOM, MIN_ZOOM, Layer

EXTENT: Final = 4096
ATTRIBUTION: Final = '<a href="https://www.openstreetmap.org/copyright">© OpenStreetMap contributors</a>'
# In tile units: below half a screen pixel of a tile that is drawn 512 pixels wide.
_SIMPLIFY: Final = 4.0
_MOVE_TO, _LINE_TO, _CLOSE = 1, 2, 15
_POINT, _LINE, _POLYGON = 1, 2, 3
_KIND_OF_TYPE: Final = {0: _POINT, 4: _POINT, 1: _LINE, 2: _LINE, 5: _LINE, 3: _POLYGON, 6: _POLYGON}

Tile = tuple[int, int]


def write_tiles(layers: list[Layer], box: Box, path: Path) -> int:
    """Write all tiles from `MIN_ZOOM` to `MAX_ZOOM`; how many."""
    with path.open("wb") as file:
        writer = Writer(file)  # type: ignore[no-untyped-call]
        count = 0
        for zoom in range(MIN_ZOOM, MAX_ZOOM + 1):
            for (x, y), content in sorted(tiles_at(layers, zoom), key=lambda t: zxy_to_tileid(zoom, *t[0])):
                writer.write_tile(zxy_to_tileid(zoom, x, y), gzip.compress(content, 6, mtime=0))  # type: ignore[no-untyped-call]
                count += 1
        writer.finalize(_header(box), _metadata(layers))  # type: ignore[no-untyped-call]
    return count


def tiles_at(layers: list[Layer], zoom: int) -> Iterator[tuple[Tile, bytes]]:
    """Every tile of one zoom that has something in it."""
    tiles: dict[Tile, Any] = defaultdict(vector_tile_pb2.tile)
    for layer in layers:
        for place, geometries, indices in _cut(layer, zoom):
            _append(tiles[place], layer, geometries, indices)
    for place, tile in tiles.items():
        if tile.layers:
            yield place, tile.SerializeToString()


def _cut(layer: Layer, zoom: int) -> Iterator[tuple[Tile, npt.NDArray[Any], npt.NDArray[np.intp]]]:
    """Per tile: the clipped geometries in tile units, and the feature each belongs to."""
    chosen = layer.at(zoom)
    if not len(chosen):
        return
    scale = 2**zoom * EXTENT
    scaled = shapely.transform(layer.geometries[chosen], lambda xy: xy * scale)
    if zoom < MAX_ZOOM:
        scaled = shapely.simplify(scaled, _SIMPLIFY, preserve_topology=False)
        kept = ~(shapely.is_empty(scaled) | shapely.is_missing(scaled))
        scaled, chosen = scaled[kept], chosen[kept]
    for (x, y), inside in _by_tile(scaled, layer.buffer).items():
        left, top = x * EXTENT, y * EXTENT
        reach = layer.buffer
        part = scaled[inside]
        crossing = shapely.get_type_id(part) != 0
        part[crossing] = shapely.clip_by_rect(
            part[crossing], left - reach, top - reach, left + EXTENT + reach, top + EXTENT + reach
        )
        kept = ~shapely.is_empty(part)
        yield (x, y), shapely.transform(part[kept], lambda xy, o=(left, top): xy - o), chosen[inside][kept]  # type: ignore[misc]


def _by_tile(scaled: npt.NDArray[Any], buffer: int) -> dict[Tile, npt.NDArray[np.intp]]:
    """Which features each tile may show, by their bounds."""
    if not len(scaled):
        return {}
    bounds = shapely.bounds(scaled)
    first = np.floor((bounds[:, :2] - buffer) / EXTENT).astype(np.int64)
    last = np.floor((bounds[:, 2:] + buffer) / EXTENT).astype(np.int64)
    found: dict[Tile, list[int]] = defaultdict(list)
    for i, ((x0, y0), (x1, y1)) in enumerate(zip(first.tolist(), last.tolist(), strict=True)):
        for x in range(x0, x1 + 1):
            for y in range(y0, y1 + 1):
                found[x, y].append(i)
    return {tile: np.array(indices, dtype=np.intp) for tile, indices in found.items()}


def _append(tile: Any, layer: Layer, geometries: npt.NDArray[Any], indices: npt.NDArray[np.intp]) -> None:
    encoded = list(encode(geometries))
    if not encoded:
        return
    message = tile.layers.add()
    message.version, message.name, message.extent = 2, layer.name, EXTENT
    keys: dict[str, int] = {}
    values: dict[Any, int] = {}
    for owner, kind, commands in encoded:
        feature = message.features.add()
        feature.type = kind
        feature.geometry.extend(commands)
        for key, value in layer.properties[int(indices[owner])].items():
            feature.tags.extend((keys.setdefault(key, len(keys)), values.setdefault((type(value), value), len(values))))
    message.keys.extend(keys)
    for kind_of, value in values:
        slot = message.values.add()
        if kind_of is bool:
            slot.bool_value = value
        elif kind_of is int:
            slot.sint_value = value
        else:
            slot.string_value = str(value)


def encode(geometries: npt.NDArray[Any]) -> Iterator[tuple[int, int, list[int]]]:
    """(index of the geometry, its kind, its drawing commands) of every geometry that is still something once rounded.

    Source: Mapbox vector tile specification 2.1, section 4.3.
    """
    types = shapely.get_type_id(geometries)
    for kind in (_POINT, _LINE, _POLYGON):
        mine = np.flatnonzero([_KIND_OF_TYPE.get(int(t)) == kind for t in types])
        if len(mine):
            for owner, commands in _commands(geometries[mine], kind):
                yield int(mine[owner]), kind, commands


def _commands(geometries: npt.NDArray[Any], kind: int) -> Iterator[tuple[int, list[int]]]:
    paths, owner_of_path = shapely.get_parts(geometries, return_index=True)
    if kind == _POLYGON:
        # With y pointing down, outer rings run clockwise on the screen: counter-clockwise by the numbers.
        paths, polygon_of_ring = shapely.get_rings(shapely.orient_polygons(paths), return_index=True)
        owner_of_path = owner_of_path[polygon_of_ring]
    exact, path_of = shapely.get_coordinates(paths, return_index=True)
    xy: npt.NDArray[np.int64] = np.rint(exact).astype(np.int64)
    keep = np.ones(len(xy), dtype=bool)
    if kind != _POINT:
        same_path = path_of[1:] == path_of[:-1]
        keep[1:] = ~(same_path & (xy[1:] == xy[:-1]).all(axis=1))
        if kind == _POLYGON:
            keep[:-1] &= same_path  # the closing point is told by a command
            keep[-1] = False
    enough = np.bincount(path_of[keep], minlength=len(paths)) >= {_POINT: 1, _LINE: 2, _POLYGON: 3}[kind]
    keep &= enough[path_of]
    xy, path_of = xy[keep], path_of[keep]
    if not len(xy):
        return
    owner_of = owner_of_path[path_of]
    before = np.zeros_like(xy)
    before[1:] = np.where((owner_of[1:] == owner_of[:-1])[:, None], xy[:-1], 0)
    step = xy - before
    zigzag = ((step << 1) ^ (step >> 63)).ravel().tolist()
    starts = np.flatnonzero(np.diff(path_of, prepend=-1)).tolist()
    result: dict[int, list[int]] = {}
    for start, end in zip(starts, [*starts[1:], len(path_of)], strict=True):
        commands = result.setdefault(int(owner_of[start]), [])
        commands += [_MOVE_TO | 1 << 3, *zigzag[2 * start : 2 * start + 2]]
        if kind != _POINT:
            commands += [_LINE_TO | (end - start - 1) << 3, *zigzag[2 * start + 2 : 2 * end]]
        if kind == _POLYGON:
            commands.append(_CLOSE)
    yield from result.items()


def _header(box: Box) -> dict[str, Any]:
    def e7(degrees: float) -> int:
        return round(degrees * 10_000_000)

    return {
        "tile_type": TileType.MVT, "tile_compression": Compression.GZIP, "min_zoom": MIN_ZOOM, "max_zoom": MAX_ZOOM,
        "min_lon_e7": e7(box.west), "min_lat_e7": e7(box.south), "max_lon_e7": e7(box.east),
        "max_lat_e7": e7(box.north), "center_zoom": 12, "center_lon_e7": e7(box.centre.lon),
        "center_lat_e7": e7(box.centre.lat),
    }  # fmt: skip


def _metadata(layers: list[Layer]) -> dict[str, Any]:
    described = [
        {
            "id": layer.name, "minzoom": max(MIN_ZOOM, int(layer.from_zoom.min())), "maxzoom": MAX_ZOOM,
            "fields": {key: "String" for properties in layer.properties for key in properties},
        }
        for layer in layers
    ]  # fmt: skip
    return {"attribution": ATTRIBUTION, "vector_layers": described}
