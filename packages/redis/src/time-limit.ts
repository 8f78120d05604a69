import { monotonicNow, workingTime } from '@agent-sessions/core/backend';

/**
 * How far the clock of a server may have moved since it was asked, in milliseconds. So long after the
 * server may no longer begin a call, the call ends here: then it takes no effect later.
 */
export function clockTolerance(timeoutMs: number): number {
  return (timeoutMs - workingTime(timeoutMs)) / 2;
}

/** When one call of a backend has to end, by our own clock. */
export class TimeLimit {
  readonly timeoutMs: number;
  readonly begun: number = monotonicNow();
  /** Until when the server may begin what was sent. */
  readonly workEnds: number;
  /** Until when an answer may come. */
  readonly ends: number;

  /** @param workMs - The working time of the limit. */
  constructor(timeoutMs: number, workMs: number) {
    this.timeoutMs = timeoutMs;
    this.workEnds = this.begun + workMs;
    this.ends = this.workEnds + (timeoutMs - workMs) / 2;
  }

  /** How long an answer may still take, in milliseconds. */
  get leftMs(): number {
    return this.ends - monotonicNow();
  }

  /** How long the server may still work, in milliseconds. */
  get workLeftMs(): number {
    return this.workEnds - monotonicNow();
  }
}
