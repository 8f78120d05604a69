import { SessionError } from './errors.ts';
import { describe } from './options.ts';

/**
 * Refuses a limit of `getItems` that is neither a whole number nor `Infinity`, which is everything: the
 * SDK takes any, and returns too much.
 *
 * @throws SessionError `invalid_limit`
 *
 * @example
 * ```ts
 * import { assertLimit } from '@agent-sessions/core/backend';
 *
 * function newest<T>(items: readonly T[], limit: unknown): T[] {
 *   assertLimit(limit);
 *   return limit <= 0 ? [] : items.slice(-limit);
 * }
 * ```
 */
export function assertLimit(limit: unknown): asserts limit is number {
  if (Number.isInteger(limit) || limit === Number.POSITIVE_INFINITY) return;
  throw new SessionError(
    'invalid_limit',
    `The limit must be a whole number, not ${describe(limit)}. Leave it out to read the whole history.`,
  );
}
