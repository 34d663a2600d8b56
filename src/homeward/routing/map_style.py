"""How the map looks: a MapLibre style, light and dark, without glyph or sprite servers. Pure.

Labels use the reader's own sans-serif letters (MapLibre draws them itself when a style names no glyphs).
Nothing in it names who runs the service: shoppers see this map on the merchant's page.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from homeward.kit.places import Box
from homeward.routing.tile_layers import MAX_ZOOM, MIN_ZOOM
from homeward.routing.tile_writer import ATTRIBUTION

SOURCE: Final = "map"
_FONT: Final = ["sans-serif"]
Json = dict[str, Any]


class Theme(StrEnum):
    LIGHT = "light"
    DARK = "dark"


@dataclass(frozen=True, slots=True)
class Palette:
    ground: str
    lands: dict[str, str]
    water: str
    water_text: str
    building: str
    building_edge: str
    casing: str
    roads: dict[str, str]
    path: str
    rail: str
    text: str
    faint_text: str
    halo: str


LIGHT: Final = Palette(
    ground="#f5f3ee",
    lands={
        "residential": "#efece6", "commercial": "#f4e9e3", "industrial": "#ebe8ee", "farmland": "#f1efdf",
        "orchard": "#e4edd2", "grass": "#e1edd3", "park": "#d3e8c4", "pitch": "#c3e0b8", "wood": "#c9dfbc",
        "scrub": "#dbe7cd", "wetland": "#d6e6df", "cemetery": "#d8e4cc", "school": "#f3ecd6", "hospital": "#f6e2e2",
        "sand": "#f4ecd0", "square": "#eeeae4", "parking": "#e9e7e3", "rock": "#e6e4e0", "ice": "#eef4f7",
    },
    water="#a9cfe6", water_text="#3f7396", building="#e0dad0", building_edge="#cfc7ba", casing="#cfc9be",
    roads={
        "motorway": "#f2a973", "trunk": "#f6bf85", "primary": "#fbd894", "secondary": "#fdebb5", "tertiary": "#ffffff",
        "minor": "#ffffff", "service": "#ffffff", "pedestrian": "#ece6f0",
    },
    path="#b8a489", rail="#b5b0aa", text="#3b3a38", faint_text="#77736c", halo="#ffffff",
)  # fmt: skip

DARK: Final = Palette(
    ground="#1d2126",
    lands={
        "residential": "#20252a", "commercial": "#262628", "industrial": "#24252b", "farmland": "#20251f",
        "orchard": "#1f2a20", "grass": "#1f2a20", "park": "#1f3025", "pitch": "#233729", "wood": "#1c2d22",
        "scrub": "#1f2a22", "wetland": "#1d2b2b", "cemetery": "#202b24", "school": "#2a2822", "hospital": "#2d2426",
        "sand": "#2d2a20", "square": "#26292d", "parking": "#24272b", "rock": "#26282b", "ice": "#2a3137",
    },
    water="#14344a", water_text="#6fa3c4", building="#2a2f35", building_edge="#353b42", casing="#15181c",
    roads={
        "motorway": "#8a5a38", "trunk": "#7d5b3c", "primary": "#6e5d3d", "secondary": "#54503f", "tertiary": "#3f454c",
        "minor": "#373d44", "service": "#30353b", "pedestrian": "#35323c",
    },
    path="#5d5546", rail="#454b52", text="#d7dade", faint_text="#8f969e", halo="#16191d",
)  # fmt: skip

# Width in pixels at zooms 8, 12, 14, 16 and 18.
_WIDTHS: Final = {
    "service": (0, 0, 0.8, 3, 10), "pedestrian": (0, 0.4, 1.2, 4, 12), "minor": (0, 0.6, 2.2, 6, 18),
    "tertiary": (0, 1.2, 3, 8, 22), "secondary": (0.4, 2, 4, 10, 26), "primary": (0.8, 2.6, 5, 12, 30),
    "trunk": (1.2, 3.2, 6, 14, 34), "motorway": (1.6, 3.4, 6, 14, 34),
}  # fmt: skip
_ZOOMS: Final = (8, 12, 14, 16, 18)


def map_style(tiles_url: str, box: Box, theme: Theme) -> Json:
    """The whole style for tiles under a URL template with {z}, {x} and {y}."""
    palette = DARK if theme is Theme.DARK else LIGHT
    source = {
        "type": "vector", "tiles": [tiles_url], "minzoom": MIN_ZOOM, "maxzoom": MAX_ZOOM,
        "bounds": [box.west, box.south, box.east, box.north], "attribution": ATTRIBUTION,
    }  # fmt: skip
    layers = [*_ground(palette), *_roads(palette), *_labels(palette)]
    return {
        "version": 8, "name": theme.value, "center": [box.centre.lon, box.centre.lat], "zoom": 13,
        "sources": {SOURCE: source}, "layers": layers,
    }  # fmt: skip


def _ground(p: Palette) -> list[Json]:
    land_colour: list[Any] = ["match", ["get", "kind"]]
    for kind, colour in p.lands.items():
        land_colour += [kind, colour]
    return [
        {"id": "ground", "type": "background", "paint": {"background-color": p.ground}},
        _layer("land", "fill", "land", paint={"fill-color": [*land_colour, p.ground], "fill-antialias": False}),
        _layer("water", "fill", "water", paint={"fill-color": p.water}),
        _layer(
            "waterways", "line", "waterways", paint={"line-color": p.water, "line-width": _by_zoom((0.4, 1, 1.5, 3, 5))}
        ),
        _layer(
            "buildings", "fill", "buildings", minzoom=13,
            paint={
                "fill-color": p.building,
                "fill-outline-color": p.building_edge,
                "fill-opacity": ["interpolate", ["linear"], ["zoom"], 13, 0, 14, 0.9],
            },
        ),
        _layer("rails", "line", "rails", paint={"line-color": p.rail, "line-width": _by_zoom((0, 0.6, 1.2, 2, 3))}),
    ]  # fmt: skip


def _roads(p: Palette) -> list[Json]:
    """Casings below fillings on each level, so that crossings join and bridges pass above."""
    layers = [
        _layer(
            "paths", "line", "roads", minzoom=13, where=_any_of("path", "cycleway", "track"),
            layout={"line-cap": "round"},
            paint={"line-color": p.path, "line-width": _by_zoom((0, 0, 0.7, 1.6, 3)), "line-dasharray": [2, 1.5]},
        )
    ]  # fmt: skip
    for level, name in ((-1, "tunnel"), (0, "road"), (1, "bridge")):
        for part in ("casing", "fill"):
            layers += [_road(p, kind, level, f"{name}-{kind}-{part}", casing=part == "casing") for kind in _WIDTHS]
    return layers


def _road(p: Palette, kind: str, level: int, name: str, *, casing: bool) -> Json:
    where = ["all", ["==", ["get", "kind"], kind], ["==", ["coalesce", ["get", "level"], 0], level]]
    # Ramps are drawn thinner than the road that they lead to.
    width = _by_zoom(_WIDTHS[kind], link_factor=0.6, extra=1.6 if casing else 0.0)
    paint: Json = {"line-color": p.casing if casing else p.roads[kind], "line-width": width}
    if level < 0:
        paint["line-opacity"] = 0.5
    cap = "butt" if level else "round"
    minzoom = 11 if casing else MIN_ZOOM
    return _layer(name, "line", "roads", minzoom=minzoom, where=where, layout={"line-cap": cap, "line-join": "round"},
                  paint=paint)  # fmt: skip


def _labels(p: Palette) -> list[Json]:
    halo = {"text-halo-color": p.halo, "text-halo-width": 1.4}
    along = {"symbol-placement": "line", "text-font": _FONT, "text-max-angle": 35}
    return [
        _layer(
            "oneway", "symbol", "roads", minzoom=16, where=["==", ["get", "oneway"], True],
            layout={**along, "text-field": "→", "text-size": 14, "symbol-spacing": 160, "text-keep-upright": False},
            paint={"text-color": p.faint_text, "text-opacity": 0.7},
        ),
        _layer(
            "water-names", "symbol", "waterways", minzoom=12,
            layout={**along, "text-field": ["get", "name"], "text-size": 12},
            paint={**halo, "text-color": p.water_text, "text-halo-width": 0.8},
        ),
        _layer(
            "main-street-names", "symbol", "roads", minzoom=12,
            where=_any_of("trunk", "primary", "secondary", "tertiary"),
            layout={**along, "text-field": ["get", "name"], "text-size": _size(10, 14)},
            paint={**halo, "text-color": p.text},
        ),
        _layer(
            "street-names", "symbol", "roads", minzoom=14,
            where=_any_of("minor", "service", "pedestrian"),
            layout={**along, "text-field": ["get", "name"], "text-size": _size(9, 13)},
            paint={**halo, "text-color": p.text},
        ),
        _layer(
            "house-numbers", "symbol", "house_numbers", minzoom=17,
            layout={"text-field": ["get", "number"], "text-font": _FONT, "text-size": 10},
            paint={**halo, "text-color": p.faint_text},
        ),
        _layer(
            "poi-names", "symbol", "pois", minzoom=16,
            layout={"text-field": ["get", "name"], "text-font": _FONT, "text-size": 11, "text-max-width": 7},
            paint={**halo, "text-color": p.faint_text},
        ),
        _layer(
            "area-names", "symbol", "area_names", minzoom=12,
            where=_any_of("park", "wood", "cemetery", "school", "hospital", "square", "commercial", "industrial"),
            layout={"text-field": ["get", "name"], "text-font": _FONT, "text-size": 11, "text-max-width": 7},
            paint={**halo, "text-color": p.faint_text},
        ),
        *_place_names(p, halo),
    ]  # fmt: skip


def _place_names(p: Palette, halo: Json) -> list[Json]:
    def names(layer: str, kinds: list[str], minzoom: int, small: int, large: int, colour: str, maxzoom: int) -> Json:
        layout = {
            "text-field": ["get", "name"], "text-font": _FONT, "text-size": _size(small, large), "text-max-width": 8,
        }  # fmt: skip
        where = _any_of(*kinds)
        shown = _layer(layer, "symbol", "places", minzoom=minzoom, where=where, layout=layout,
                       paint={**halo, "text-color": colour})  # fmt: skip
        return {**shown, "maxzoom": maxzoom}

    return [
        names("quarters", ["suburb", "quarter", "neighbourhood", "borough"], 12, 11, 15, p.faint_text, 16),
        names("villages", ["village", "hamlet", "locality", "island"], 10, 11, 16, p.text, 17),
        names("towns", ["city", "town"], MIN_ZOOM, 14, 24, p.text, 15),
    ]


def _layer(
    name: str, kind: str, source_layer: str, *, paint: Json, layout: Json | None = None, where: list[Any] | None = None,
    minzoom: int = MIN_ZOOM,
) -> Json:  # fmt: skip
    layer: Json = {
        "id": name, "type": kind, "source": SOURCE, "source-layer": source_layer, "minzoom": minzoom,
        "layout": layout or {}, "paint": paint,
    }  # fmt: skip
    if where is not None:
        layer["filter"] = where
    return layer


def _any_of(*kinds: str) -> list[Any]:
    return ["match", ["get", "kind"], list(kinds), True, False]


def _by_zoom(widths: tuple[float, ...], *, link_factor: float = 1.0, extra: float = 0.0) -> list[Any]:
    """Widths at the zooms of `_ZOOMS`, growing smoothly between them."""
    stops: list[Any] = ["interpolate", ["exponential", 1.4], ["zoom"]]
    for zoom, width in zip(_ZOOMS, widths, strict=True):
        drawn = width + extra if width else 0.0
        if link_factor == 1.0:
            stops += [zoom, drawn]
        else:
            stops += [
                zoom,
                ["case", ["==", ["get", "link"], True], round(width * link_factor + (extra if width else 0), 2), drawn],
            ]
    return stops


def _size(small: int, large: int) -> list[Any]:
    return ["interpolate", ["linear"], ["zoom"], 12, small, 18, large]
