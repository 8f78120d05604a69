import { getLogger } from '@openai/agents';
import { isSignal } from './call-options.ts';
import type {
  ListSessionsOptions,
  SessionInfo,
  SessionMetadata,
  SessionPage,
} from './directory.ts';
import { SessionError } from './errors.ts';
import {
  assertOptions,
  expecting,
  invalidOptions,
  type OptionChecks,
  optional,
} from './options.ts';
import { mayStartSessionId } from './session-id.ts';
import { sessionKey } from './session-key.ts';

const DEFAULT_LIMIT = 50;
const LARGEST_LIMIT = 1000;

/** Where a page starts: after this session, in the order newest activity first, then by key. */
export interface PageStart {
  /** In milliseconds since 1970. */
  readonly updatedAt: number;
  /** The key of the last session of the page before. */
  readonly key: string;
}

/** Validated options of `listSessions`. */
export interface PageRequest {
  /** Only sessions of this owner, `''` being none; `undefined` for all owners. */
  readonly owner: string | undefined;
  /** Only ids that start with this string, byte for byte; well-formed, without NUL, empty for all. */
  readonly prefix: string;
  /** At most so many sessions, 1 to 1 000. */
  readonly limit: number;
  /** `undefined` for the first page. */
  readonly after: PageStart | undefined;
}

const checks: OptionChecks<ListSessionsOptions> = {
  prefix: optional(expecting('a string', (value) => typeof value === 'string')),
  limit: optional(
    expecting(
      `a whole number from 1 to ${LARGEST_LIMIT}`,
      (value) => Number.isInteger(value) && Number(value) >= 1 && Number(value) <= LARGEST_LIMIT,
    ),
  ),
  cursor: optional(
    expecting('the `cursor` of an earlier page', (value) => typeof value === 'string'),
  ),
  signal: optional(isSignal),
};

/**
 * Validates the options of `listSessions`.
 *
 * @throws SessionError `invalid_options`
 */
export function readPageRequest(
  options: ListSessionsOptions,
  owner: string | undefined,
): PageRequest {
  const example = '{ prefix, limit, cursor }';
  assertOptions<ListSessionsOptions>(options, { of: 'listSessions()', example, checks });
  const { prefix = '', limit = DEFAULT_LIMIT, cursor } = options;
  return { owner, prefix, limit, after: cursor === undefined ? undefined : decodeCursor(cursor) };
}

/** Makes a page of the rows that follow; pass one row more than the limit, if there is one. */
export function toPage(rows: readonly SessionInfo[], limit: number): SessionPage {
  const sessions = rows.slice(0, limit);
  const last = sessions.at(-1);
  if (rows.length <= limit || last === undefined) return { sessions };
  const start = [last.updatedAt.getTime(), sessionKey(last.owner, last.sessionId)];
  return { sessions, cursor: Buffer.from(JSON.stringify(start)).toString('base64url') };
}

/**
 * Encodes metadata for storing; `null` for none.
 *
 * @throws SessionError `invalid_options` if it is not a plain JSON object
 */
export function encodeMetadata(metadata: SessionMetadata | undefined): string | null {
  if (metadata === undefined) return null;
  const prototype: unknown = metadata === null ? metadata : Object.getPrototypeOf(metadata);
  if (metadata === null || (prototype !== Object.prototype && prototype !== null)) {
    throw invalidMetadata('it must be a plain object such as { title }');
  }
  try {
    return JSON.stringify(metadata);
  } catch (cause) {
    throw invalidMetadata('it must be JSON', cause);
  }
}

/**
 * Decodes what the `setMetadata` of a backend stored, as a property to spread into a `SessionInfo`.
 * Damaged metadata is passed over with a warning: it must not hide a session, nor all that are listed
 * with it.
 *
 * @example
 * ```ts
 * import type { SessionInfo } from '@agent-sessions/core';
 * import { decodeMetadata, splitKey } from '@agent-sessions/core/backend';
 *
 * function toInfo(row: { id: string; time: number; items: number; notes: string | null }): SessionInfo {
 *   const time = new Date(row.time);
 *   const { id, items, notes } = row;
 *   return { ...splitKey(id), createdAt: time, updatedAt: time, itemCount: items, ...decodeMetadata(notes) };
 * }
 * ```
 */
export function decodeMetadata(text: string | null): Pick<SessionInfo, 'metadata'> {
  if (text === null) return {};
  try {
    const metadata: unknown = JSON.parse(text);
    if (typeof metadata === 'object' && metadata !== null && !Array.isArray(metadata)) {
      return { metadata: metadata as SessionMetadata };
    }
  } catch {
    // Told below, as for JSON that is something else.
  }
  getLogger('agent-sessions').warn(
    'Passed over the damaged metadata of a session. It stays stored; setMetadata() replaces it.',
  );
  return {};
}

function decodeCursor(cursor: string): PageStart {
  try {
    const [updatedAt, key]: unknown[] = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    const isKey = typeof key === 'string' && mayStartSessionId(key);
    if (Number.isInteger(updatedAt) && isKey) return { updatedAt: Number(updatedAt), key };
  } catch {
    // Said below, as for every other malformed cursor.
  }
  throw invalidOptions('listSessions()', '`cursor` must be the `cursor` of an earlier page');
}

function invalidMetadata(problem: string, cause?: unknown): SessionError {
  return new SessionError('invalid_options', `Invalid metadata: ${problem}.`, { cause });
}
