/** The live board: couriers move on the map, doors show where things go, the word beside says whether this is live. */

import type { ExpressionSpecification, GeoJSONSource } from "maplibre-gl";
import { follow, type LiveState } from "../shared/live";
import { coloursOf } from "../shared/map/colours";
import { discSvg, rasterise } from "../shared/map/discs";
import { VEHICLES } from "../shared/map/icons";
import type { TownMap } from "../shared/map/map";
import { currentScheme } from "../shared/theme";

export interface LiveCourier {
  id: string;
  lat: number;
  lon: number;
  heading: number | null;
  vehicle: string;
  state: "off" | "idle" | "busy" | "lost" | "suspended";
  label: string;
  name: string;
}

export interface LiveDoor {
  id: string;
  lat: number;
  lon: number;
  tone: "accent" | "warn" | "bad" | "idle";
  label: string;
}

export interface Snapshot {
  couriers: LiveCourier[];
  doors: LiveDoor[];
}

const STATE_COLOUR = { off: "#626d82", idle: "#1a7f4b", busy: "#3448c5", lost: "#c8322b", suspended: "#626d82" } as const;
const TONE_COLOUR = { accent: "#3448c5", warn: "#9a5f0b", bad: "#c8322b", idle: "#626d82" } as const;

/** Behaviour of the element with `data-live`. */
export function liveBoard(element: HTMLElement): void {
  const url = element.dataset["live"];
  if (!url) return;
  const word = element.querySelector<HTMLElement>("[data-live-word]");
  follow(url, ["snapshot", "changed", "delivery", "courier"], (state) => say(word, state));
  if (!element.querySelector("[data-live-word]")) return;
  document.addEventListener("live:poll", () => void pollSnapshot(url));
  document.addEventListener("live:snapshot", (event) => count(element, (event as CustomEvent<Snapshot>).detail));
  element.addEventListener("map:made", (event) => {
    void import("../shared/map/map").then(({ mapOf }) => {
      const town = mapOf(event.target as HTMLElement);
      if (town) new CouriersOnMap(town);
    });
  });
}

async function pollSnapshot(url: string): Promise<void> {
  const answer = await fetch(url.replace("/live?", "/live.json?"));
  if (answer.ok) document.dispatchEvent(new CustomEvent("live:snapshot", { detail: await answer.json() }));
}

function say(word: HTMLElement | null, state: LiveState): void {
  if (!word) return;
  word.classList.toggle("tone-ok", state === "live");
  word.classList.toggle("tone-warn", state !== "live");
  const text = state === "live" ? "Live" : "Every few seconds";
  word.lastChild!.textContent = text;
}

export function count(root: HTMLElement, snapshot: Snapshot): void {
  for (const element of root.querySelectorAll<HTMLElement>("[data-count]")) {
    const state = element.dataset["count"];
    element.textContent = String(snapshot.couriers.filter((courier) => courier.state === state).length);
  }
}

/** Couriers and doors as layers of the map: thousands of them cost no more than ten. */
export class CouriersOnMap {
  private snapshot: Snapshot = { couriers: [], doors: [] };

  constructor(private readonly town: TownMap) {
    town.whenStyled(() => void this.draw());
    document.addEventListener("live:snapshot", (event) => {
      this.snapshot = (event as CustomEvent<Snapshot>).detail;
      this.update();
    });
    town.map.on("click", "couriers", (event) => this.open(event.features?.[0]?.properties?.["id"], "couriers"));
    town.map.on("click", "doors", (event) => this.open(event.features?.[0]?.properties?.["id"], "deliveries"));
    for (const layer of ["couriers", "doors"]) {
      town.map.on("mouseenter", layer, (event) => {
        town.map.getCanvas().style.cursor = "pointer";
        town.map.getCanvas().title = String(event.features?.[0]?.properties?.["label"] ?? "");
      });
      town.map.on("mouseleave", layer, () => {
        town.map.getCanvas().style.cursor = "";
        town.map.getCanvas().title = "";
      });
    }
  }

  private open(id: unknown, kind: string): void {
    if (typeof id === "string") location.href = `/console/${kind}/${id}`;
  }

  private async draw(): Promise<void> {
    const map = this.town.map;
    const colours = coloursOf(currentScheme());
    await this.loadIcons();
    if (map.getSource("couriers")) return;
    map.addSource("doors", { type: "geojson", data: doorData(this.snapshot) });
    map.addSource("couriers", { type: "geojson", data: courierData(this.snapshot) });
    map.addLayer({
      id: "doors", source: "doors", type: "circle",
      paint: { "circle-radius": 5, "circle-color": toneColour, "circle-stroke-width": 2, "circle-stroke-color": "#ffffff" },
    });
    map.addLayer({
      id: "headings", source: "couriers", type: "symbol", filter: ["has", "heading"],
      layout: {
        "icon-image": ["concat", "heading-", ["get", "state"]], "icon-rotate": ["get", "heading"], "icon-rotation-alignment": "map",
        "icon-allow-overlap": true, "icon-ignore-placement": true, "icon-size": 0.5,
      },
    });
    map.addLayer({
      id: "couriers", source: "couriers", type: "symbol",
      layout: {
        "icon-image": ["concat", ["get", "vehicle"], "-", ["get", "state"]], "icon-size": 0.5, "icon-allow-overlap": true, "icon-ignore-placement": true,
        "text-field": ["step", ["zoom"], "", 14, ["get", "name"]], "text-font": ["sans-serif"], "text-size": 11, "text-offset": [0, 1.6],
        "text-optional": true,
      },
      paint: { "text-color": colours.text, "text-halo-color": colours.halo, "text-halo-width": 1.5 },
    });
  }

  private async loadIcons(): Promise<void> {
    const map = this.town.map;
    const wanted = Object.keys(STATE_COLOUR).flatMap((state) => [
      { id: `heading-${state}`, svg: headingSvg(STATE_COLOUR[state as keyof typeof STATE_COLOUR]) },
      ...VEHICLES.map((vehicle) => ({ id: `${vehicle}-${state}`, svg: courierSvg(vehicle, state as keyof typeof STATE_COLOUR) })),
    ]);
    await Promise.all(
      wanted.filter(({ id }) => !map.hasImage(id)).map(async ({ id, svg }) => {
        const image = await rasterise(svg, 64);
        if (!map.hasImage(id)) map.addImage(id, image);
      }),
    );
  }

  private update(): void {
    this.town.map.getSource<GeoJSONSource>("couriers")?.setData(courierData(this.snapshot));
    this.town.map.getSource<GeoJSONSource>("doors")?.setData(doorData(this.snapshot));
  }
}

const toneColour: ExpressionSpecification = [
  "match", ["get", "tone"], "warn", TONE_COLOUR.warn, "bad", TONE_COLOUR.bad, "idle", TONE_COLOUR.idle, TONE_COLOUR.accent,
];

export function courierData(snapshot: Snapshot) {
  return {
    type: "FeatureCollection" as const,
    features: snapshot.couriers.map(({ lat, lon, heading, ...rest }) => ({
      type: "Feature" as const,
      geometry: { type: "Point" as const, coordinates: [lon, lat] },
      properties: heading === null ? rest : { ...rest, heading },
    })),
  };
}

function doorData(snapshot: Snapshot) {
  return {
    type: "FeatureCollection" as const,
    features: snapshot.doors.map(({ lat, lon, ...properties }) => ({
      type: "Feature" as const,
      geometry: { type: "Point" as const, coordinates: [lon, lat] },
      properties,
    })),
  };
}

/** A lost courier's disc is broken, so that it is not told by colour alone. */
export function courierSvg(vehicle: (typeof VEHICLES)[number], state: keyof typeof STATE_COLOUR): string {
  return discSvg(vehicle, STATE_COLOUR[state], state === "idle" ? "ring" : state === "lost" ? "broken" : "full");
}

function headingSvg(colour: string): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64" viewBox="0 0 64 64"><path d="M32 1 L40 12 L24 12 Z" fill="${colour}" stroke="#ffffff" stroke-width="1.5"/></svg>`;
}
