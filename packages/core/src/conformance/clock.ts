import { setImmediate } from 'node:timers/promises';

const YEAR_MS = 366 * 24 * 60 * 60 * 1000;
const RealDate = globalThis.Date;

/** Undoes what a rule that never ended did to the clock. */
export function restoreClock(): void {
  globalThis.Date = RealDate;
}

/** Runs `work` while every clock reading in this realm gives the same millisecond. */
export async function atFrozenTime(work: () => Promise<void>): Promise<void> {
  const now = Date.now();
  await withClock(() => now, work);
}

/** Runs `work` while the clock goes back by a second at every reading. */
export async function atFallingTime(work: () => Promise<void>): Promise<void> {
  let now = Date.now();
  await withClock(() => {
    now -= 1000;
    return now;
  }, work);
}

/** Runs `work` so many years from now, as far as this realm can tell. */
export async function atLaterTime(years: number, work: () => Promise<void>): Promise<void> {
  await withClock(() => RealDate.now() + years * YEAR_MS, work);
}

async function withClock(read: () => number, work: () => Promise<void>): Promise<void> {
  // A proxy is still the real class to `instanceof` and to everything that formats dates.
  globalThis.Date = new Proxy(RealDate, {
    get: (target, key, receiver) => (key === 'now' ? read : Reflect.get(target, key, receiver)),
    construct: (target, args, newTarget) =>
      Reflect.construct(target, args.length === 0 ? [read()] : args, newTarget),
  });
  try {
    await work();
  } finally {
    restoreClock();
  }
}

/** Waits until the clock shows another millisecond, so that two writes have different times. */
export async function tick(): Promise<void> {
  const start = Date.now();
  while (Date.now() <= start + 1) await setImmediate();
}
