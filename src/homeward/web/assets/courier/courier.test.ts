import { beforeEach, describe, expect, it, vi } from "vitest";
import { countdown, secondsText } from "./countdown";
import { faultOf, labels } from "./labels";
import { fitted } from "./photo";
import { Positions, businessTime, inside, type Fix, type RideClock } from "./positions";
import { busy } from "./ride";

const NOON = Date.UTC(2026, 10, 23, 12);
const fix = (minute: number): Fix => ({ at: new Date(NOON + minute * 60_000).toISOString(), lat: 47, lon: 9 });
const clock = (changes: Partial<RideClock> = {}): RideClock => ({ now: NOON, speed: 1, on: true, within: null, ...changes });

describe("positions", () => {
  beforeEach(() => localStorage.clear());

  it("go out in one batch and are forgotten when they arrived", async () => {
    const sent: Fix[][] = [];
    const positions = new Positions(localStorage, async (fixes) => (sent.push(fixes), true));
    positions.add(fix(0));
    positions.add(fix(1));
    await positions.flush();
    await positions.flush();
    expect(sent).toEqual([[fix(0), fix(1)]]);
    expect(positions.waiting).toBe(0);
  });

  it("stay in order while there is no network, also over a new start of the app", async () => {
    const offline = new Positions(localStorage, async () => false);
    offline.add(fix(0));
    await offline.flush();
    offline.add(fix(1));
    const sent: Fix[][] = [];
    const again = new Positions(localStorage, async (fixes) => (sent.push(fixes), true));
    await again.flush();
    expect(sent).toEqual([[fix(0), fix(1)]]);
    expect(localStorage.length).toBe(0);
  });

  it("measured while a batch is on its way are not lost with it", async () => {
    let arrived = (_: boolean): void => undefined;
    const positions = new Positions(localStorage, () => new Promise((done) => (arrived = done)));
    positions.add(fix(0));
    const flushing = positions.flush();
    positions.add(fix(1));
    arrived(true);
    await flushing;
    expect(positions.waiting).toBe(1);
  });

  it("keep the newest five hundred", () => {
    const positions = new Positions(localStorage, async () => true);
    for (let minute = 0; minute < 503; minute++) positions.add(fix(minute));
    expect(positions.waiting).toBe(500);
  });

  it("are told in business time, which may run faster than the phone's", () => {
    expect(businessTime(clock({ speed: 10 }), 1_000, 4_000)).toBe(new Date(NOON + 30_000).toISOString());
  });

  it("outside a demo's town are nobody's", () => {
    const demo = clock({ within: [9, 47, 10, 48] });
    expect(inside(demo, 47.5, 9.5)).toBe(true);
    expect(inside(demo, 52.5, 13.4)).toBe(false);
    expect(inside(clock(), 52.5, 13.4)).toBe(true);
  });
});

describe("the countdown", () => {
  it.each([[0, "0 s"], [900, "1 s"], [59_000, "59 s"], [60_000, "1:00 min"], [83_000, "1:23 min"]])("says %d ms as %s", (ms, said) => {
    expect(secondsText(ms)).toBe(said);
  });

  it("asks for the screen anew when the time is over", () => {
    vi.useFakeTimers();
    const asked = vi.fn();
    document.addEventListener("ride:refresh", asked, { once: true });
    document.body.innerHTML = '<div><progress max="1000" value="1000" data-countdown="1000"></progress><span data-countdown-text></span></div>';
    countdown(document.querySelector("progress") as HTMLElement);
    vi.advanceTimersByTime(800);
    expect(asked).not.toHaveBeenCalled();
    vi.advanceTimersByTime(400);
    expect(asked).toHaveBeenCalledOnce();
    expect(document.querySelector("[data-countdown-text]")?.textContent).toBe("0 s");
    vi.useRealTimers();
  });
});

describe("a refresh", () => {
  it("waits while a person fills in the proof or looks for a reason", () => {
    document.body.innerHTML = '<div><form data-report><input name="pin" value=""></form><details data-busy></details></div>';
    const root = document.body.firstElementChild as HTMLElement;
    expect(busy(root)).toBe(false);
    (root.querySelector("input") as HTMLInputElement).value = "12";
    expect(busy(root)).toBe(true);
    (root.querySelector("input") as HTMLInputElement).value = "";
    root.querySelector("form")?.insertAdjacentHTML("beforeend", '<input type="checkbox" name="sober" value="true">');
    expect(busy(root)).toBe(false);
    (root.querySelector("details") as HTMLDetailsElement).open = true;
    expect(busy(root)).toBe(true);
  });
});

describe("labels", () => {
  const wanted = ["BOX-1", "BOX-2", "BOX-2"];

  it.each([
    ["box-1 ", [], null],
    ["BOX-2", ["BOX-2"], null],
    ["", [], null],
  ])("%j counts", (label, others, fault) => {
    expect(faultOf(label, wanted, others)).toBe(fault);
  });

  it("of another parcel are told apart from those scanned twice", () => {
    expect(faultOf("BOX-9", wanted, [])).toBe("other");
    expect(faultOf("BOX-1", wanted, ["BOX-1"])).toBe("again");
  });

  it("that are wrong are taken out at once and told to the server", () => {
    const told = vi.fn(async (_: string, __: RequestInit) => new Response());
    vi.stubGlobal("fetch", told);
    document.body.innerHTML =
      '<form action="/courier/legs/leg_1"><fieldset data-labels=\'["BOX-1"]\' data-other="De otro paquete."><input name="scan" data-label><p data-label-said></p></fieldset><button name="act" value="pick_up"></button></form>';
    labels(document.querySelector("fieldset") as HTMLElement);
    const field = document.querySelector("input") as HTMLInputElement;
    field.value = "BOX-9";
    field.dispatchEvent(new Event("change", { bubbles: true }));
    expect(field.value).toBe("");
    expect(document.querySelector("[data-label-said]")?.textContent).toBe("De otro paquete.");
    const body = told.mock.calls[0]?.[1].body as FormData;
    expect([body.get("act"), body.get("scan")]).toEqual(["pick_up", "BOX-9"]);
    vi.unstubAllGlobals();
  });
});

describe("a photo", () => {
  it.each([[4000, 3000, 1600, 1200], [3000, 4000, 1200, 1600], [800, 600, 800, 600]])("of %d by %d becomes %d by %d", (width, height, newWidth, newHeight) => {
    expect(fitted(width, height, 1600)).toEqual({ width: newWidth, height: newHeight });
  });
});
