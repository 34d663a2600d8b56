/**
 * Keeps the page true: the part that changes is fetched anew after every event, the courier moves on the map as they
 * move. Without script the server-rendered page reloads itself.
 */

import { follow, type LiveState } from "../shared/live";
import type { Pin, TownMap } from "../shared/map/map";

interface Place {
  lat?: number;
  lon?: number;
}

export function followDelivery(side: HTMLElement): void {
  bindPinOf(side);
  if (!("moving" in side.dataset)) return;
  const base = side.dataset["now"] ?? "";
  const refresh = latestOnly(() => replaceNow(side, `${base}/now`));
  const stop = follow(`${base}/live`, ["changed", "courier", "end"], (state) => tell(side, state));
  document.addEventListener("live:changed", () => void refresh());
  document.addEventListener("live:poll", () => void refresh());
  document.addEventListener("live:end", () => void refresh());
  document.addEventListener("live:courier", (event) => void moveCourier(side, (event as CustomEvent<Place>).detail));
  document.addEventListener("delivery:ended", () => stop());
}

/** Runs one at a time; asked again meanwhile, it runs once more. */
export function latestOnly(run: () => Promise<void>): () => Promise<void> {
  let running = false;
  let again = false;
  return async () => {
    if (running) {
      again = true;
      return;
    }
    running = true;
    try {
      do {
        again = false;
        await run();
      } while (again);
    } finally {
      running = false;
    }
  };
}

async function replaceNow(side: HTMLElement, url: string): Promise<void> {
  let html: string;
  try {
    const answer = await fetch(url, { headers: { Accept: "text/html" } });
    if (!answer.ok) return;
    html = await answer.text();
  } catch {
    return; // offline: what stands there stays, and the next poll tries again
  }
  const before = pinsIn(side);
  const said = headline(side);
  const moved = side.querySelector<HTMLFormElement>("form[data-moved]");
  side.innerHTML = html;
  const now = side.querySelector<HTMLElement>("[data-seq]");
  bindPinOf(side);
  if (headline(side) !== said) sayAloud(headline(side));
  if (moved) keepPlace(moved, side.querySelector<HTMLFormElement>("form[data-pin]"));
  tell(side, state);
  if (now && "ended" in now.dataset) {
    document.dispatchEvent(new CustomEvent("delivery:ended"));
    location.reload();
    return;
  }
  const pins = pinsIn(side);
  if (!moved && pinIds(pins) !== pinIds(before)) await drawPins(pins);
}

function headline(side: HTMLElement): string {
  return side.querySelector("h1")?.textContent ?? "";
}

/** For those who do not see the page: the part that is replaced would not be read out by itself. */
function sayAloud(text: string): void {
  const line = document.querySelector<HTMLElement>("[data-said]");
  if (line) line.textContent = text;
}

function pinsIn(side: HTMLElement): Pin[] {
  return JSON.parse(side.querySelector<HTMLElement>("[data-pins]")?.dataset["pins"] ?? "[]") as Pin[];
}

/** What is on the map, without where: the view is only moved when something comes or goes. */
function pinIds(pins: readonly Pin[]): string {
  return pins.map((pin) => `${pin.id}:${pin.draggable ?? false}`).join();
}

let state: LiveState = "live";

function tell(side: HTMLElement, now: LiveState): void {
  state = now;
  const line = side.querySelector<HTMLElement>("[data-live-text]");
  if (!line) return;
  line.classList.toggle("is-live", now === "live");
  const words = line.querySelector("span");
  if (words) words.textContent = (now === "live" ? line.dataset["liveText"] : line.dataset["pollingText"]) ?? "";
}

async function townMap(): Promise<TownMap | undefined> {
  const element = document.querySelector<HTMLElement>("[data-map]");
  if (!element) return undefined;
  const { mapOf } = await import("../shared/map/map");
  return mapOf(element);
}

async function drawPins(pins: Pin[]): Promise<void> {
  const map = await townMap();
  if (!map) return;
  map.setPins(pins);
  map.show(pins.map((pin) => [pin.lon, pin.lat]));
}

async function moveCourier(side: HTMLElement, place: Place): Promise<void> {
  const pins = pinsIn(side);
  const known = pins.find((pin) => pin.id === "courier");
  const map = await townMap();
  if (!map) return;
  if (place.lat === undefined || place.lon === undefined) {
    map.setPins(pins.filter((pin) => pin.id !== "courier"));
  } else if (known) {
    map.movePin("courier", place.lat, place.lon);
  } else {
    document.dispatchEvent(new CustomEvent("live:poll")); // just come into view: the server says who it is
  }
}

function bindPinOf(side: HTMLElement): void {
  const form = side.querySelector<HTMLFormElement>("form[data-pin]");
  if (form) bindPinForm(form);
}

/** A pin that was moved fills the form that confirms it. */
export function bindPinForm(element: HTMLElement): void {
  if (!(element instanceof HTMLFormElement) || element.dataset["bound"]) return;
  element.dataset["bound"] = "true";
  document.addEventListener("map:moved", (event) => {
    const { lat, lon } = (event as CustomEvent<{ lat: number; lon: number }>).detail;
    setField(element, "lat", lat);
    setField(element, "lon", lon);
    element.dataset["moved"] = "true";
  });
}

/** A refresh must not put a pin back that a person has just moved. */
function keepPlace(from: HTMLFormElement, to: HTMLFormElement | null): void {
  if (!to) return;
  for (const name of ["lat", "lon"]) setField(to, name, Number((from.elements.namedItem(name) as HTMLInputElement).value));
  to.dataset["moved"] = "true";
}

function setField(form: HTMLFormElement, name: string, value: number): void {
  const field = form.elements.namedItem(name);
  if (field instanceof HTMLInputElement) field.value = value.toFixed(6);
}
