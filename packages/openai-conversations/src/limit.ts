import { SessionError } from '@agent-sessions/core';

/** @throws SessionError `invalid_limit` */
export function assertLimit(limit: unknown): asserts limit is number {
  if (Number.isInteger(limit)) return;
  const value = typeof limit === 'number' ? limit : `a value of type ${typeof limit}`;
  throw new SessionError(
    'invalid_limit',
    `Invalid limit: ${value}. Use a whole number, or none for the whole history.`,
  );
}
