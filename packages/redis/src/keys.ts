/** What stands before every key, unless another `keyPrefix` is chosen. */
export const DEFAULT_KEY_PREFIX = 'agent-sessions:';

/**
 * The keys of a session, in the order in which every script takes them:
 *
 * | key | type | holds |
 * | --- | --- | --- |
 * | `agent-sessions:{id}` | hash | revision, created, updated, metadata, ttl, and how far each writer is |
 * | `agent-sessions:{id}:items` | list | the items, oldest first |
 * | `agent-sessions:{id}:positions` | list | `index:position` of each item behind a gap |
 * | `agent-sessions:{id}:operations` | hash | operation key → fingerprint |
 *
 * The braces make the escaped id the hash tag, so a cluster keeps a session's keys in one slot.
 */
export type SessionKeys = readonly [
  session: string,
  items: string,
  positions: string,
  operations: string,
];

export function sessionKeys(prefix: string, id: string): SessionKeys {
  const session = `${prefix}{${escapeId(id)}}`;
  return [session, `${session}:items`, `${session}:positions`, `${session}:operations`];
}

/** A pattern for SCAN that matches the first key of each session whose id starts so. */
export function sessionPattern(prefix: string, idPrefix: string): string {
  return `${escapeGlob(`${prefix}{${escapeId(idPrefix)}`)}*}`;
}

/** The id behind a session's first key. */
export function sessionIdOf(prefix: string, key: string): string {
  const escaped = key.slice(prefix.length + 1, -1);
  return escaped.replaceAll('%7B', '{').replaceAll('%7D', '}').replaceAll('%25', '%');
}

/** So that no id can end the hash tag early, or look like another id with a suffix. */
function escapeId(id: string): string {
  if (!/[%{}]/.test(id)) return id;
  return id.replaceAll('%', '%25').replaceAll('{', '%7B').replaceAll('}', '%7D');
}

function escapeGlob(text: string): string {
  return text.replaceAll(/[\\*?[\]^-]/g, '\\$&');
}
