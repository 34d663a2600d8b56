import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { follow } from "./live";

class FakeSource extends EventTarget {
  static last: FakeSource;
  closed = false;
  constructor(readonly url: string) {
    super();
    FakeSource.last = this;
  }
  close(): void {
    this.closed = true;
  }
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("EventSource", FakeSource);
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("a message becomes a document event with its data", () => {
  const seen = vi.fn();
  document.addEventListener("live:delivery", (event) => seen((event as CustomEvent).detail));
  follow("/live", ["delivery"]);
  FakeSource.last.dispatchEvent(new MessageEvent("delivery", { data: '{"id":"dlv_1"}' }));
  expect(seen).toHaveBeenCalledWith({ id: "dlv_1" });
});

test("a broken stream polls until it is back", () => {
  const asked = vi.fn();
  const states: string[] = [];
  document.addEventListener("live:poll", asked);
  const stop = follow("/live", [], (state) => states.push(state));
  FakeSource.last.dispatchEvent(new Event("error"));
  FakeSource.last.dispatchEvent(new Event("error"));
  vi.advanceTimersByTime(11_000);
  expect(asked).toHaveBeenCalledTimes(2);
  FakeSource.last.dispatchEvent(new Event("open"));
  vi.advanceTimersByTime(20_000);
  expect(asked).toHaveBeenCalledTimes(2);
  expect(states).toEqual(["polling", "live"]);
  stop();
  expect(FakeSource.last.closed).toBe(true);
});
