/**
 * Positions on their way to the server: measured often, sent in batches, kept on the phone while there is no network.
 * Moments are business time: in a simulation it runs faster than the phone's own clock.
 */

export interface Fix {
  at: string;
  lat: number;
  lon: number;
  accuracy_m?: number;
  heading?: number;
}

export interface RideClock {
  /** Business time when the page was made, and how fast it runs. */
  now: number;
  speed: number;
  on: boolean;
  /** [west, south, east, north]: only what lies within is reported. */
  within: [number, number, number, number] | null;
}

export const BATCH_MS = 10_000;
const KEPT = "courier.fixes";
const MOST = 500;

export class Positions {
  private fixes: Fix[];

  constructor(
    private readonly store: Pick<Storage, "getItem" | "setItem" | "removeItem">,
    private readonly send: (fixes: Fix[]) => Promise<boolean>,
  ) {
    this.fixes = JSON.parse(store.getItem(KEPT) ?? "[]") as Fix[];
  }

  get waiting(): number {
    return this.fixes.length;
  }

  add(fix: Fix): void {
    // With the oldest thrown away an hour without network still tells the way, and the newest is never lost.
    this.fixes = [...this.fixes, fix].slice(-MOST);
    this.keep();
  }

  /** Sends what waits. What could not be sent stays, in order, for the next time. */
  async flush(): Promise<void> {
    const batch = this.fixes;
    if (!batch.length || !(await this.send(batch))) return;
    this.fixes = this.fixes.filter((fix) => !batch.includes(fix));
    this.keep();
  }

  forget(): void {
    this.fixes = [];
    this.keep();
  }

  private keep(): void {
    if (this.fixes.length) this.store.setItem(KEPT, JSON.stringify(this.fixes));
    else this.store.removeItem(KEPT);
  }
}

export function businessTime(clock: RideClock, loadedAt: number, at: number): string {
  return new Date(clock.now + (at - loadedAt) * clock.speed).toISOString();
}

export function inside(clock: RideClock, lat: number, lon: number): boolean {
  if (!clock.within) return true;
  const [west, south, east, north] = clock.within;
  return west <= lon && lon <= east && south <= lat && lat <= north;
}
