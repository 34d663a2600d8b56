/** The style of our own tiles (layers of routing/tile_layers.py). Labels need no glyph server: the browser draws them. */

import type { ExpressionSpecification, LayerSpecification, StyleSpecification } from "maplibre-gl";
import type { Scheme } from "../theme";
import { coloursOf, type MapColours } from "./colours";

export const ATTRIBUTION = '© <a href="https://www.openstreetmap.org/copyright">OpenStreetMap</a> contributors';
const FONT = ["sans-serif"];
const SOURCE = "town";

/** The base map. `tiles` is the address of a PMTiles file; null gives the empty ground, so that pins still show. */
export function baseStyle(tiles: string | null, scheme: Scheme): StyleSpecification {
  const colours = coloursOf(scheme);
  const ground: LayerSpecification = { id: "ground", type: "background", paint: { "background-color": colours.ground } };
  if (tiles === null) return { version: 8, sources: {}, layers: [ground] };
  return {
    version: 8,
    sources: { [SOURCE]: { type: "vector", url: `pmtiles://${new URL(tiles, location.href).href}`, attribution: ATTRIBUTION } },
    layers: [ground, ...areas(colours), ...ways(colours), ...labels(colours)],
  };
}

function areas(c: MapColours): LayerSpecification[] {
  const land: ExpressionSpecification = [
    "match", ["get", "kind"],
    ["park", "grass", "pitch", "cemetery", "orchard"], c.park,
    ["wood", "scrub", "wetland"], c.wood,
    ["sand", "rock", "farmland"], c.sand,
    c.built,
  ];
  return [
    { id: "land", source: SOURCE, "source-layer": "land", type: "fill", paint: { "fill-color": land } },
    { id: "water", source: SOURCE, "source-layer": "water", type: "fill", paint: { "fill-color": c.water } },
    {
      id: "waterways", source: SOURCE, "source-layer": "waterways", type: "line", filter: ["!=", ["get", "tunnel"], true],
      paint: { "line-color": c.water, "line-width": byZoom(10, 1, 16, ["match", ["get", "kind"], ["river", "canal"], 10, 3]) },
    },
    {
      id: "buildings", source: SOURCE, "source-layer": "buildings", type: "fill", minzoom: 14,
      paint: { "fill-color": c.building, "fill-outline-color": c.buildingEdge },
    },
  ];
}

const MOTORWAY = ["motorway", "trunk"];
const MAIN = ["primary", "secondary", "tertiary"];
const PATHS = ["path", "cycleway", "track", "pedestrian"];

function ways(c: MapColours): LayerSpecification[] {
  const minor: ExpressionSpecification = ["!", ["in", ["get", "kind"], ["literal", [...MOTORWAY, ...MAIN, ...PATHS]]]];
  return [
    {
      id: "paths", source: SOURCE, "source-layer": "roads", type: "line", minzoom: 14, filter: kindIn(PATHS),
      paint: { "line-color": c.path, "line-width": byZoom(14, 0.8, 18, 3), "line-dasharray": [2, 1.5] },
    },
    { id: "rails", source: SOURCE, "source-layer": "rails", type: "line", paint: { "line-color": c.rail, "line-width": byZoom(11, 0.7, 18, 2.5) } },
    ...road("minor", minor, c.minor, c.minorCase, 12, [0.6, 4, 13]),
    ...road("main", kindIn(MAIN), c.main, c.mainCase, 9, [1, 6.5, 18]),
    ...road("motorway", kindIn(MOTORWAY), c.motorway, c.motorwayCase, 8, [1.2, 7, 20]),
  ];
}

/** A road as two lines, its edge under its face; widths at zooms 11, 15 and 18. */
function road(
  id: string,
  filter: ExpressionSpecification,
  face: string,
  edge: string,
  minzoom: number,
  widths: [number, number, number],
): LayerSpecification[] {
  const width = (more: number): ExpressionSpecification => [
    "interpolate", ["exponential", 1.5], ["zoom"], 11, widths[0] + more / 3, 15, widths[1] + more, 18, widths[2] + more,
  ];
  const common = { source: SOURCE, "source-layer": "roads", type: "line", filter, minzoom } as const;
  const layout = { "line-cap": "round", "line-join": "round" } as const;
  return [
    { id: `${id}-edge`, ...common, layout, paint: { "line-color": edge, "line-width": width(1.6) } },
    { id, ...common, layout, paint: { "line-color": face, "line-width": width(0) } },
  ];
}

function labels(c: MapColours): LayerSpecification[] {
  const halo = { "text-halo-color": c.halo, "text-halo-width": 1.4 } as const;
  return [
    {
      id: "house-numbers", source: SOURCE, "source-layer": "house_numbers", type: "symbol", minzoom: 17,
      layout: { "text-field": ["get", "number"], "text-font": FONT, "text-size": 10 },
      paint: { "text-color": c.textSoft, ...halo },
    },
    {
      id: "road-names", source: SOURCE, "source-layer": "roads", type: "symbol", minzoom: 13.5, filter: ["!=", ["get", "name"], ""],
      layout: {
        "symbol-placement": "line", "text-field": ["get", "name"], "text-font": FONT, "symbol-spacing": 320,
        "text-size": ["interpolate", ["linear"], ["zoom"], 13, 10, 17, 12.5],
      },
      paint: { "text-color": c.textSoft, ...halo },
    },
    {
      id: "water-names", source: SOURCE, "source-layer": "waterways", type: "symbol", minzoom: 12, filter: ["!=", ["get", "name"], ""],
      layout: { "symbol-placement": "line", "text-field": ["get", "name"], "text-font": FONT, "text-size": 11, "symbol-spacing": 500 },
      paint: { "text-color": c.waterText, ...halo },
    },
    {
      id: "places", source: SOURCE, "source-layer": "places", type: "symbol", maxzoom: 16,
      layout: {
        "text-field": ["get", "name"], "text-font": FONT, "text-max-width": 8,
        "text-size": ["match", ["get", "kind"], ["city", "town"], 15, ["village", "suburb", "borough"], 12.5, 11],
      },
      paint: { "text-color": c.text, ...halo },
    },
  ];
}

function kindIn(kinds: string[]): ExpressionSpecification {
  return ["in", ["get", "kind"], ["literal", kinds]];
}

function byZoom(low: number, small: number, high: number, large: number | ExpressionSpecification): ExpressionSpecification {
  return ["interpolate", ["exponential", 1.4], ["zoom"], low, small, high, large];
}
