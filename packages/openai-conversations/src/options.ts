import { SessionError } from '@agent-sessions/core';
import { isRecord } from './json.ts';

const MAX_PAIRS = 16;
const MAX_KEY = 64;
const MAX_VALUE = 512;

/** @throws SessionError `invalid_options` */
export function assertMetadata(metadata: Readonly<Record<string, string>> | undefined): void {
  if (metadata === undefined) return;
  if (isRecord(metadata)) {
    const pairs = Object.entries(metadata);
    const fits = pairs.every(
      ([key, value]) =>
        key.length <= MAX_KEY && typeof value === 'string' && value.length <= MAX_VALUE,
    );
    if (fits && pairs.length <= MAX_PAIRS) return;
  }
  throw new SessionError(
    'invalid_options',
    `Invalid metadata: the API takes at most ${MAX_PAIRS} pairs of strings, keys of ${MAX_KEY} and values of ${MAX_VALUE} characters.`,
  );
}

/** @throws SessionError `invalid_options` */
export function assertOnMissing(answer: unknown): void {
  if (answer === 'error' || answer === 'create') return;
  throw new SessionError(
    'invalid_options',
    "Invalid onMissingConversation: it is neither 'error' nor 'create'.",
  );
}

/** @throws SessionError `invalid_options` */
export function assertTimeout(timeoutMs: unknown): void {
  if (Number.isSafeInteger(timeoutMs) && Number(timeoutMs) >= 0) return;
  const value = typeof timeoutMs === 'number' ? timeoutMs : `a value of type ${typeof timeoutMs}`;
  throw new SessionError(
    'invalid_options',
    `Invalid timeoutMs: ${value}. Pass a whole number of milliseconds, 0 or more.`,
  );
}
