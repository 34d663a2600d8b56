/**
 * Fleets' pages: vehicles as one layer of the map, so that a hundred cost no more than ten.
 *
 * htmx reads the list again every few seconds; the map beside it stays and takes the vehicles that came with the list.
 */

import type { GeoJSONSource } from "maplibre-gl";
import type { FeatureCollection, Point } from "geojson";
import { discSvg, rasterise, type DiscShape } from "../shared/map/discs";
import { VEHICLES } from "../shared/map/icons";
import type { Pin, TownMap } from "../shared/map/map";

type Tone = NonNullable<Pin["tone"]>;

/** By colour and by shape: who is free has a ring, who is in trouble a broken edge. The page's legend says the same. */
const LOOKS: Record<Tone, { colour: string; shape: DiscShape }> = {
  idle: { colour: "#626d82", shape: "full" },
  ok: { colour: "#1a7f4b", shape: "ring" },
  accent: { colour: "#3448c5", shape: "full" },
  warn: { colour: "#9a5f0b", shape: "broken" },
  bad: { colour: "#c8322b", shape: "broken" },
};
const TONES = Object.keys(LOOKS) as Tone[];

/** Behaviour of the element with `data-follow-pins`: its map shows the vehicles of the element with `data-pins`. */
export function followPins(element: HTMLElement): void {
  element.addEventListener("map:made", (event) => {
    void import("../shared/map/map").then(({ mapOf }) => {
      const town = mapOf(event.target as HTMLElement);
      if (town) new VehiclesOnMap(town);
    });
  });
}

class VehiclesOnMap {
  constructor(private readonly town: TownMap) {
    town.whenStyled(() => void this.draw());
    document.addEventListener("htmx:after:swap", () => this.update());
    town.map.on("click", "vehicles", (event) => {
      const href: unknown = event.features?.[0]?.properties?.["href"];
      if (typeof href === "string") location.href = href;
    });
    town.map.on("mousemove", "vehicles", (event) => this.say(String(event.features?.[0]?.properties?.["label"] ?? "")));
    town.map.on("mouseleave", "vehicles", () => this.say(""));
  }

  private say(label: string): void {
    const canvas = this.town.map.getCanvas();
    canvas.style.cursor = label && "pointer";
    canvas.title = label;
  }

  private async draw(): Promise<void> {
    const map = this.town.map;
    await this.loadDiscs();
    if (map.getSource("vehicles")) return;
    map.addSource("vehicles", { type: "geojson", data: vehicleData(vehiclesOnPage()) });
    map.addLayer({
      id: "vehicles", source: "vehicles", type: "symbol",
      layout: {
        "icon-image": ["concat", ["get", "icon"], "-", ["get", "tone"]], "icon-allow-overlap": true, "icon-ignore-placement": true,
        "icon-size": ["interpolate", ["linear"], ["zoom"], 11, 0.3, 15, 0.55], "symbol-sort-key": ["get", "rank"],
      },
    });
  }

  private async loadDiscs(): Promise<void> {
    const map = this.town.map;
    const wanted = VEHICLES.flatMap((vehicle) => TONES.map((tone) => ({ vehicle, tone, id: `${vehicle}-${tone}` })));
    await Promise.all(
      wanted.filter(({ id }) => !map.hasImage(id)).map(async ({ id, vehicle, tone }) => {
        const image = await rasterise(discSvg(vehicle, LOOKS[tone].colour, LOOKS[tone].shape), 64);
        if (!map.hasImage(id)) map.addImage(id, image);
      }),
    );
  }

  private update(): void {
    this.town.map.getSource<GeoJSONSource>("vehicles")?.setData(vehicleData(vehiclesOnPage()));
  }
}

function vehiclesOnPage(): Pin[] {
  return JSON.parse(document.querySelector<HTMLElement>("[data-pins]")?.dataset["pins"] ?? "[]") as Pin[];
}

/** `rank` lifts those in trouble above the crowd. */
export function vehicleData(pins: readonly Pin[]): FeatureCollection<Point> {
  return {
    type: "FeatureCollection",
    features: pins.map(({ lat, lon, icon, label, href, tone = "idle" }) => ({
      type: "Feature",
      geometry: { type: "Point", coordinates: [lon, lat] },
      properties: { icon, label, href, tone, rank: TONES.indexOf(tone) },
    })),
  };
}
