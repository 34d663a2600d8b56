import { describe, expect, it } from "vitest";
import { latestOnly } from "./follow";

describe("asking for the page's part", () => {
  it("happens once at a time, and once more if something changed meanwhile", async () => {
    const done: (() => void)[] = [];
    let runs = 0;
    const ask = latestOnly(() => {
      runs += 1;
      return new Promise<void>((ready) => done.push(ready));
    });
    const first = ask();
    void ask();
    void ask();
    expect(runs).toBe(1);
    done[0]?.();
    await Promise.resolve();
    await Promise.resolve();
    expect(runs).toBe(2);
    done[1]?.();
    await first;
    expect(runs).toBe(2);
  });

  it("goes on after a failure", async () => {
    let runs = 0;
    const ask = latestOnly(async () => {
      runs += 1;
      throw new Error("offline");
    });
    await ask().catch(() => undefined);
    await ask().catch(() => undefined);
    expect(runs).toBe(2);
  });
});
