import { type OwnedId, splitKey } from '@agent-sessions/core/backend';

/** What stands before every key, unless another `keyPrefix` is chosen. */
export const DEFAULT_KEY_PREFIX = 'agent-sessions:';

/**
 * The keys of a session, in the order in which every script takes them:
 *
 * | key | type | holds |
 * | --- | --- | --- |
 * | `agent-sessions:{id}` | hash | the session's state and metadata, and how far each writer is |
 * | `agent-sessions:{id}:items` | list | 13 digits of milliseconds and the item, oldest first |
 * | `agent-sessions:{id}:positions` | list | `index:position` of each item after a gap |
 * | `agent-sessions:{id}:operations` | hash | operation key → fingerprint |
 *
 * The braces make the escaped id the hash tag, so a cluster keeps a session's keys in one slot. A
 * session of an owner has `{owner}:{id}` in the place of `{id}`, and a fifth key,
 * `agent-sessions:{owner}:sessions`: a sorted set of the owner's escaped ids by their last write.
 */
export type SessionKeys = readonly [
  session: string,
  items: string,
  positions: string,
  operations: string,
  ...index: string[],
];

/** @param key - What a backend knows the session by: see `sessionKey` in core. */
export function sessionKeys(prefix: string, key: string): SessionKeys {
  const { owner, sessionId } = splitKey(key);
  const id = `{${escapeId(sessionId)}}`;
  const session = owner === '' ? prefix + id : `${prefix}{${escapeId(owner)}}:${id}`;
  const [items, positions, operations] = [
    `${session}:items`,
    `${session}:positions`,
    `${session}:operations`,
  ];
  if (owner === '') return [session, items, positions, operations];
  return [session, items, positions, operations, indexKey(prefix, owner)];
}

/** The sorted set of an owner's sessions. */
export function indexKey(prefix: string, owner: string): string {
  return `${prefix}{${escapeId(owner)}}:sessions`;
}

/**
 * A pattern for SCAN that matches the first key of each session whose id starts so, and perhaps of
 * others.
 *
 * @param isOwned - Whether it is to match those of owners too.
 */
export function sessionPattern(prefix: string, idPrefix: string, isOwned: boolean): string {
  const start = escapeGlob(escapeId(idPrefix));
  return `${escapeGlob(`${prefix}{`)}${isOwned ? '*' : ''}${start}*}`;
}

/** Whose session a first key is of; `undefined` for any other key. */
export function ownedIdOf(prefix: string, key: string): OwnedId | undefined {
  const [, first, second] = /^\{([^{}]+)\}(?::\{([^{}]+)\})?$/.exec(key.slice(prefix.length)) ?? [];
  if (first === undefined) return undefined;
  if (second === undefined) return { owner: '', sessionId: unescapeId(first) };
  return { owner: unescapeId(first), sessionId: unescapeId(second) };
}

/** So that no id can end the hash tag early, or look like another id with a suffix. */
export function escapeId(id: string): string {
  if (!/[%{}]/.test(id)) return id;
  return id.replaceAll('%', '%25').replaceAll('{', '%7B').replaceAll('}', '%7D');
}

export function unescapeId(escaped: string): string {
  return escaped.replaceAll('%7B', '{').replaceAll('%7D', '}').replaceAll('%25', '%');
}

function escapeGlob(text: string): string {
  return text.replaceAll(/[\\*?[\]^-]/g, '\\$&');
}
