/**
 * The map component: `<div data-map='{…}'>` becomes a map of our own tiles.
 *
 * The configuration (web/maps.py makes it) says where the tiles are and what to show at first; a page's own script may
 * get the `TownMap` by `mapOf(element)` and change pins, lines and areas as things move. Theme changes keep all of it.
 */

import {
  AttributionControl, LngLatBounds, Map as MapLibre, Marker, NavigationControl, setWorkerUrl,
  type GeoJSONSource, type LngLatLike, type StyleSpecification,
} from "maplibre-gl";
// The bundler does not see the worker by itself: without this line the map stays empty.
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";
import type { Feature, FeatureCollection, GeoJsonProperties, Geometry } from "geojson";
import "../../styles/map.css";
import { currentScheme } from "../theme";
import { coloursOf } from "./colours";
import { iconSvg, type IconName } from "./icons";

export interface Pin {
  id: string;
  lat: number;
  lon: number;
  /** A drop with a point (a place), or a round dot (something that moves). */
  form?: "pin" | "dot";
  icon: IconName;
  tone?: "accent" | "ok" | "warn" | "bad" | "idle";
  label: string;
  href?: string;
  draggable?: boolean;
}

export interface Line {
  id: string;
  /** [lon, lat] pairs. */
  path: [number, number][];
  done?: boolean;
}

export interface MapConfig {
  /** Address of the style; null = no map, only what is drawn upon it. */
  style: string | null;
  /** [west, south, east, north] */
  bounds: [number, number, number, number];
  pins?: Pin[];
  lines?: Line[];
  /** GeoJSON Polygon or MultiPolygon. */
  areas?: Geometry[];
  /** Where nothing may go, as Polygons. */
  noGo?: Geometry[];
  /** Show all pins at first (else the bounds). */
  fit?: boolean;
  /** Scrolling moves the page and not the map, unless the map is the page. */
  scroll?: boolean;
}

/** How far an arrow key moves a pin: far enough to see, near enough to hit a door. */
const KEY_STEP_PX = 12;
const ARROWS: Readonly<Record<string, [number, number]>> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

setWorkerUrl(workerUrl);
const known = new WeakMap<HTMLElement, TownMap>();

export function mapOf(element: HTMLElement): TownMap | undefined {
  return known.get(element);
}

/** The behaviour for `data-map`. */
export function townMap(element: HTMLElement): void {
  const config = JSON.parse(element.dataset["map"] ?? "{}") as MapConfig;
  known.set(element, new TownMap(element, config));
  element.dispatchEvent(new CustomEvent("map:made", { bubbles: true }));
}

export class TownMap {
  readonly map: MapLibre;
  private readonly pins = new Map<string, Marker>();
  private lines: Line[];
  private areas: Geometry[];
  private readonly extras: (() => void)[] = [];

  constructor(
    private readonly element: HTMLElement,
    private readonly config: MapConfig,
  ) {
    element.replaceChildren();
    this.lines = config.lines ?? [];
    this.areas = config.areas ?? [];
    this.map = new MapLibre({
      container: element,
      style: this.style(),
      bounds: this.startBounds(),
      fitBoundsOptions: { padding: { top: 56, bottom: 40, left: 48, right: 64 }, maxZoom: 15.5 },
      attributionControl: false,
      cooperativeGestures: false,
      dragRotate: false,
      maxZoom: 19,
    });
    this.map.touchZoomRotate.disableRotation();
    if (!config.scroll) this.map.scrollZoom.disable();
    this.map.addControl(new NavigationControl({ showCompass: false }), "top-right");
    this.map.addControl(new AttributionControl({ compact: false }), "bottom-right");
    this.map.on("style.load", () => this.drawExtras());
    this.map.on("idle", () => element.setAttribute("data-map-ready", ""));
    document.addEventListener("scheme", () => this.map.setStyle(this.style(), { diff: false }));
    this.setPins(config.pins ?? []);
  }

  /** Runs now (if the style is there) and after every change of theme: for layers of a page's own. */
  whenStyled(draw: () => void): void {
    this.extras.push(draw);
    if (this.map.isStyleLoaded()) draw();
  }

  setPins(pins: readonly Pin[]): void {
    const wanted = new Set(pins.map((pin) => pin.id));
    for (const [id, marker] of this.pins) {
      if (!wanted.has(id)) {
        marker.remove();
        this.pins.delete(id);
      }
    }
    for (const pin of pins) this.putPin(pin);
  }

  putPin(pin: Pin): void {
    this.pins.get(pin.id)?.remove();
    const marker = new Marker({ element: pinElement(pin), anchor: pin.form === "dot" ? "center" : "bottom", draggable: pin.draggable ?? false })
      .setLngLat([pin.lon, pin.lat])
      .addTo(this.map);
    if (pin.draggable) this.makeMovable(pin.id, marker);
    this.pins.set(pin.id, marker);
  }

  /** By dragging, by a tap on the map, and by the arrow keys: dragging alone would shut some people out. */
  private makeMovable(id: string, marker: Marker): void {
    const moved = (): void => {
      const { lat, lng } = marker.getLngLat();
      this.element.dispatchEvent(new CustomEvent("map:moved", { bubbles: true, detail: { id, lat, lon: lng } }));
    };
    marker.on("dragend", moved);
    this.map.on("click", (event) => {
      if (this.pins.get(id) !== marker) return;
      marker.setLngLat(event.lngLat);
      moved();
    });
    const element = marker.getElement();
    element.tabIndex = 0;
    element.addEventListener("keydown", (event) => {
      const [x, y] = ARROWS[event.key] ?? [0, 0];
      if (x === 0 && y === 0) return;
      event.preventDefault();
      event.stopPropagation(); // the map would move away under the pin
      const at = this.map.project(marker.getLngLat());
      marker.setLngLat(this.map.unproject([at.x + x * KEY_STEP_PX, at.y + y * KEY_STEP_PX]));
      moved();
    });
  }

  /** Moves a pin that is there; its picture stays. */
  movePin(id: string, lat: number, lon: number): void {
    this.pins.get(id)?.setLngLat([lon, lat]);
  }

  setLines(lines: readonly Line[]): void {
    this.lines = [...lines];
    this.source("lines")?.setData(this.lineData());
  }

  setAreas(areas: readonly Geometry[]): void {
    this.areas = [...areas];
    this.source("areas")?.setData(this.areaData());
  }

  /** Brings the given [lon, lat] places into view. */
  show(places: readonly [number, number][]): void {
    if (!places.length) return;
    const bounds = places.reduce((all, place) => all.extend(place as LngLatLike), new LngLatBounds());
    this.map.fitBounds(bounds, { padding: 72, maxZoom: 15.5, duration: 500 });
  }

  private style(): string | StyleSpecification {
    const scheme = currentScheme();
    if (this.config.style !== null) return `${new URL(this.config.style, location.href).href}?theme=${scheme}`;
    const ground = { id: "ground", type: "background", paint: { "background-color": coloursOf(scheme).ground } } as const;
    return { version: 8, sources: {}, layers: [ground] };
  }

  private startBounds(): [number, number, number, number] {
    const pins = this.config.pins ?? [];
    const path = (this.config.lines ?? []).flatMap((line) => line.path);
    const places = [...pins.map((pin): [number, number] => [pin.lon, pin.lat]), ...path];
    if (!this.config.fit || !places.length) return this.config.bounds;
    const lons = places.map((place) => place[0]);
    const lats = places.map((place) => place[1]);
    return [Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)];
  }

  private drawExtras(): void {
    const colours = coloursOf(currentScheme());
    this.map.addSource("areas", { type: "geojson", data: this.areaData() });
    this.map.addLayer({ id: "areas", source: "areas", type: "fill", paint: { "fill-color": colours.area, "fill-opacity": 0.07 } });
    this.map.addLayer({
      id: "area-edges", source: "areas", type: "line",
      paint: { "line-color": colours.area, "line-width": 1.5, "line-opacity": 0.7, "line-dasharray": [3, 2] },
    });
    this.map.addSource("no-go", { type: "geojson", data: collection((this.config.noGo ?? []).map((area) => feature(area, {}))) });
    this.map.addLayer({ id: "no-go", source: "no-go", type: "fill", paint: { "fill-color": colours.noGo, "fill-opacity": 0.22 } });
    this.map.addLayer({ id: "no-go-edges", source: "no-go", type: "line", paint: { "line-color": colours.noGo, "line-width": 1.5 } });
    this.map.addSource("lines", { type: "geojson", data: this.lineData() });
    const layout = { "line-cap": "round", "line-join": "round" } as const;
    this.map.addLayer({ id: "line-edges", source: "lines", type: "line", layout, paint: { "line-color": colours.routeCase, "line-width": 7, "line-opacity": 0.85 } });
    this.map.addLayer({
      id: "lines", source: "lines", type: "line", layout,
      paint: { "line-color": ["case", ["get", "done"], colours.routeDone, colours.route], "line-width": 4 },
    });
    for (const draw of this.extras) draw();
  }

  private source(id: string): GeoJSONSource | undefined {
    return this.map.getSource<GeoJSONSource>(id);
  }

  private lineData(): FeatureCollection {
    return collection(this.lines.map((line) => feature({ type: "LineString", coordinates: line.path }, { id: line.id, done: line.done ?? false })));
  }

  private areaData(): FeatureCollection {
    return collection(this.areas.map((area) => feature(area, {})));
  }
}

function pinElement(pin: Pin): HTMLElement {
  const holder = document.createElement(pin.href ? "a" : "div");
  if (holder instanceof HTMLAnchorElement && pin.href) holder.href = pin.href;
  holder.title = pin.label;
  holder.setAttribute("aria-label", pin.label);
  if (!pin.href) holder.setAttribute("role", "img");
  const mark = document.createElement("span");
  mark.className = `${pin.form === "dot" ? "dot" : "pin"} ${pin.tone ?? ""}`;
  mark.innerHTML = iconSvg(pin.icon);
  holder.className = pin.form === "dot" ? "" : "pin-holder";
  holder.append(mark);
  return holder;
}

function feature(geometry: Geometry, properties: GeoJsonProperties): Feature {
  return { type: "Feature", geometry, properties };
}

function collection(features: Feature[]): FeatureCollection {
  return { type: "FeatureCollection", features };
}
