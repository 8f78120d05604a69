import { SessionError } from './errors.ts';

/**
 * Throws unless options are an object; plain JavaScript may pass a path or a URL in their place.
 *
 * @param example - What they look like.
 * @throws SessionError `invalid_options`
 *
 * @example
 * ```ts
 * import { assertOptions } from '@agent-sessions/core/adapter';
 *
 * export function open(options: { readonly url: string }): void {
 *   assertOptions(options, '{ url }');
 * }
 * ```
 */
export function assertOptions(options: unknown, example: string): void {
  if (typeof options === 'object' && options !== null) return;
  throw new SessionError(
    'invalid_options',
    `Invalid options: they are not an object such as ${example}.`,
  );
}

/**
 * Throws if one of the options is given that would have no effect.
 *
 * @param reason - Why, and what to do instead; without a full stop.
 * @throws SessionError `invalid_options`
 *
 * @example
 * ```ts
 * import { OF_SHARED_STORE, refuseOptions } from '@agent-sessions/core/adapter';
 *
 * const options = { store: new Map(), path: undefined };
 * if (options.store) refuseOptions(options, ['path', 'database'], OF_SHARED_STORE);
 * ```
 */
export function refuseOptions(options: object, names: readonly string[], reason: string): void {
  const given = new Map<string, unknown>(Object.entries(options));
  const name = names.find((one) => given.get(one) !== undefined);
  if (name === undefined) return;
  throw new SessionError('invalid_options', `Invalid option \`${name}\`: ${reason}.`);
}

/** Why a session over a shared store refuses the options of a store. */
export const OF_SHARED_STORE = 'it is for a store of its own. Give it to the shared `store`';
