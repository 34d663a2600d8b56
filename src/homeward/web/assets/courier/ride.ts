/** Keeps the courier's screen new, the map with it, and tells the server where the phone is. */

import type { Line, MapConfig, Pin } from "../shared/map/map";
import { BATCH_MS, Positions, businessTime, inside, type Fix, type RideClock } from "./positions";

const REFRESH_MS = 5_000;
const OFFER_WAIT_S = 20;

export function ride(root: HTMLElement): void {
  keepNew(root);
  keepMap(root);
  waitForOffers(root);
  reportPositions(root);
  showOffline(root);
}

function now(root: HTMLElement): HTMLElement | null {
  return root.querySelector<HTMLElement>("[data-mode]");
}

/** Whether a person is in the middle of something that a refresh would take away. */
export function busy(root: HTMLElement): boolean {
  if (root.querySelector("details[data-busy][open]")) return true;
  const form = root.querySelector<HTMLFormElement>("form[data-report]");
  if (!form) return false;
  return [...form.querySelectorAll<HTMLInputElement | HTMLSelectElement>("input, select")].some((field) => field === document.activeElement || filled(field));
}

function filled(field: HTMLInputElement | HTMLSelectElement): boolean {
  return field instanceof HTMLInputElement && field.type === "checkbox" ? field.checked : field.value !== "";
}

function keepNew(root: HTMLElement): void {
  setInterval(() => {
    const offered = now(root)?.dataset["mode"] === "offer";
    if (document.visibilityState === "visible" && navigator.onLine && !offered && !busy(root)) refresh();
  }, REFRESH_MS);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible" && !busy(root)) refresh();
  });
}

function refresh(): void {
  document.dispatchEvent(new CustomEvent("ride:refresh"));
}

/** Asks and waits; an offer is on the screen a moment after it was made. */
function waitForOffers(root: HTMLElement): void {
  const ask = async (): Promise<void> => {
    const mode = now(root)?.dataset["mode"];
    if ((mode === "waiting" || mode === "route") && navigator.onLine) {
      const answer = await fetch(`/v1/courier/offer?wait_s=${OFFER_WAIT_S}`).catch(() => null);
      if (answer?.status === 200 && !busy(root)) {
        refresh();
        navigator.vibrate?.([200, 100, 200]);
      }
    }
    setTimeout(() => void ask(), 2_000);
  };
  void ask();
}

function keepMap(root: HTMLElement): void {
  const element = root.querySelector<HTMLElement>("[data-map]");
  if (!element) return;
  let shown = stopsOf(root);
  document.addEventListener("htmx:after:swap", () => {
    void import("../shared/map/map").then(({ mapOf }) => {
      const map = mapOf(element);
      const part = now(root);
      if (!map || !part) return;
      map.map.resize(); // the map is hidden while off duty
      const pins = JSON.parse(part.dataset["pins"] ?? "[]") as Pin[];
      const lines = JSON.parse(part.dataset["lines"] ?? "[]") as Line[];
      map.setPins(pins);
      map.setLines(lines);
      const stops = stopsOf(root);
      // Only a new route moves the view: whoever looks around is left in peace.
      const places = [...pins.map((pin): [number, number] => [pin.lon, pin.lat]), ...lines.flatMap((line) => line.path)];
      if (stops !== shown) map.show(places.length ? places : cornersOf(element));
      shown = stops;
    });
  });
}

function cornersOf(element: HTMLElement): [number, number][] {
  const { bounds } = JSON.parse(element.dataset["map"] ?? "{}") as MapConfig;
  return [[bounds[0], bounds[1]], [bounds[2], bounds[3]]];
}

/** Changes when the view should: with the stops, and when the map that is hidden off duty comes up. */
function stopsOf(root: HTMLElement): string {
  if (now(root)?.dataset["mode"] === "off") return "off";
  const pins = JSON.parse(now(root)?.dataset["pins"] ?? "[]") as Pin[];
  return pins.filter((pin) => pin.id !== "me").map((pin) => `${pin.lat},${pin.lon}`).join(";");
}

function clockOf(root: HTMLElement): RideClock | null {
  const text = now(root)?.dataset["clock"];
  return text ? (JSON.parse(text) as RideClock) : null;
}

function reportPositions(root: HTMLElement): void {
  if (!navigator.geolocation) return;
  const positions = new Positions(localStorage, send);
  let watch: number | undefined;
  let [clock, loadedAt] = [clockOf(root), Date.now()];
  const measured = ({ coords, timestamp }: GeolocationPosition): void => {
    if (!clock?.on || !inside(clock, coords.latitude, coords.longitude)) return;
    const fix: Fix = { at: businessTime(clock, loadedAt, timestamp), lat: coords.latitude, lon: coords.longitude, accuracy_m: Math.round(coords.accuracy) };
    if (coords.heading !== null && !Number.isNaN(coords.heading)) fix.heading = Math.round(coords.heading);
    positions.add(fix);
  };
  const follow = (): void => {
    [clock, loadedAt] = [clockOf(root), Date.now()];
    // The phone is only asked for its place while its owner is on duty.
    if (clock?.on && watch === undefined) {
      watch = navigator.geolocation.watchPosition(measured, () => undefined, { enableHighAccuracy: true, maximumAge: 5_000 });
    } else if (!clock?.on && watch !== undefined) {
      navigator.geolocation.clearWatch(watch);
      watch = undefined;
      positions.forget();
    }
  };
  document.addEventListener("htmx:after:swap", follow);
  follow();
  setInterval(() => void positions.flush(), BATCH_MS);
}

async function send(fixes: Fix[]): Promise<boolean> {
  const answer = await fetch("/v1/courier/positions", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ fixes }),
  }).catch(() => null);
  // What the server finds malformed would be so again; only a missing answer or a fault is worth another try.
  return answer !== null && answer.status < 500 && answer.status !== 429;
}

function showOffline(root: HTMLElement): void {
  const mark = root.querySelector<HTMLElement>("[data-offline]");
  const tell = () => {
    if (mark) mark.hidden = navigator.onLine;
  };
  addEventListener("online", tell);
  addEventListener("offline", tell);
  addEventListener("online", refresh);
  tell();
}
