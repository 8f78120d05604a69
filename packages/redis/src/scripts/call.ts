import { timeDigits } from '../elements.ts';

/** What a script is told of the call that it does. */
export interface Call {
  /** The name of the writer, twelve characters. */
  readonly writer: string;
  /** As {@link callNumber} writes it. */
  readonly number: string;
  readonly ttlSeconds: number | undefined;
  /** Whether WAIT follows. */
  readonly waits: boolean;
  /** The token of the turn in which the call is made, twelve characters; `''` outside of one. */
  readonly turn: string;
  /** The number of the writer's call on this session that the server acknowledged last, or NO_CALL. */
  readonly previous: string;
  /** Until when it may be done, by the server's clock: 13 digits of milliseconds since 1970. */
  readonly until: string;
  /** As {@link longestWait} writes it. */
  readonly longest: string;
}

/**
 * In columns: 1 to 12 the writer, to 22 the number, to 35 the time in milliseconds, 36 whether WAIT
 * follows, to 48 the turn, to 58 the number of the call before, to 71 until when it may be done, to 81 how
 * far ahead that may be at most, then the time to live. One argument, for each costs the client and the
 * server some 1 µs.
 */
export function describeCall(call: Call): string {
  const { ttlSeconds = '' } = call;
  const begin = call.writer + call.number + timeDigits() + (call.waits ? '1' : '0');
  return begin + call.turn.padEnd(12) + call.previous + call.until + call.longest + ttlSeconds;
}

/** How far ahead the end of a call may be at most, in ten digits of milliseconds. */
export function longestWait(milliseconds: number): string {
  return String(Math.ceil(milliseconds)).padStart(10, '0');
}

/** The number of a writer's call, from 1, in ten digits. */
export function callNumber(number: number): string {
  return String(number).padStart(10, '0');
}

/** What stands for the number of a call where there was none. */
export const NO_CALL: string = callNumber(0);
