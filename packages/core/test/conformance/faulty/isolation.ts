import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import { crc32 } from 'node:zlib';
import {
  type MemorySessionStore,
  StoredSession,
  type StoredSessionOptions,
} from '@agent-sessions/core';
import type { AgentInputItem } from '@openai/agents';
import { PlainSession } from '../plain-session.ts';
import { type Fault, fault, mistaking, plain, stored } from './fault.ts';

/** Takes ids that have to be refused, by changing them until they are accepted. */
function accepting(repair: (id: string) => string): Fault['open'] {
  class Accepting extends StoredSession<MemorySessionStore> {
    constructor({ store, sessionId = '' }: StoredSessionOptions<MemorySessionStore>) {
      super({ store, sessionId: repair(sessionId) });
    }
  }
  return stored(Accepting);
}

/** A map that is a plain object inside: some keys are taken. */
class ObjectMap extends Map<string, string[]> {
  readonly #object: Record<string, string[]> = {};

  override get(key: string): string[] | undefined {
    return this.#object[key];
  }

  override set(key: string, value: string[]): this {
    this.#object[key] = value;
    return this;
  }

  override delete(key: string): boolean {
    return delete this.#object[key];
  }
}

function inPlainObject(): ReturnType<Fault['open']> {
  const histories = new ObjectMap();
  return { open: (sessionId) => new PlainSession(histories, sessionId) };
}

/** Keeps a counter under a key that is also a session id. */
class KeepsCounter extends PlainSession {
  override async addItems(items: AgentInputItem[]): Promise<void> {
    await super.addItems(items);
    this.histories.set(`${this.id}:seq`, [JSON.stringify({ count: items.length })]);
  }
}

function hash31(id: string): string {
  let hash = 0;
  for (const character of id) hash = (Math.imul(hash, 31) + (character.codePointAt(0) ?? 0)) | 0;
  return String(hash);
}

function decodedTwice(id: string): string {
  const bytes = Buffer.from(id, 'latin1');
  const decoded = bytes.toString('utf8');
  return bytes.toString('latin1') !== id || decoded.includes('\ufffd') ? id : decoded;
}

const collation = new Intl.Collator('en', { sensitivity: 'base' });
const known: string[] = [];
const byCollation = (id: string): string => {
  const same = known.find((other) => collation.compare(other, id) === 0);
  if (same === undefined) known.push(id);
  return same ?? id;
};

export const isolationFaults: readonly Fault[] = [
  fault(
    'ids ignore case',
    mistaking((id) => id.toLowerCase()),
    'User and user',
  ),
  fault(
    'ids are trimmed',
    mistaking((id) => id.trim()),
    'white space',
  ),
  fault(
    'ids lose spaces at the end',
    mistaking((id) => id.replace(/ +$/, '')),
    'white space',
  ),
  fault(
    'ids are normalized',
    mistaking((id) => id.normalize('NFC')),
    'decomposed accents',
  ),
  fault('ids follow a collation', mistaking(byCollation), 'collation'),
  fault(
    'ids are matched as patterns',
    mistaking((id) => id.replace(/[%_*?]/g, '')),
    'wildcards',
  ),
  fault(
    'ids end at a colon',
    mistaking((id) => id.split(':')[0] ?? ''),
    'key separators',
  ),
  fault(
    'ids are cut at a hash tag',
    mistaking((id) => /\{([^}]+)\}/.exec(id)?.[1] ?? id),
    'ids with braces',
  ),
  fault(
    'ids lose quotes',
    mistaking((id) => id.replace(/['"`\\;]/g, '')),
    'quotes and comments',
  ),
  fault(
    'ids are paths',
    mistaking((id) => posix.normalize(id)),
    'paths or files',
  ),
  fault(
    'ids are decoded',
    mistaking((id) => {
      try {
        return decodeURIComponent(id);
      } catch {
        return id;
      }
    }),
    'encoded and plain ids',
  ),
  fault(
    'ids are taken for numbers',
    mistaking((id) => (Number.isNaN(Number(id)) ? id : String(Number(id)))),
    'one number could stand for',
  ),
  fault(
    'ids share a prefix',
    mistaking((id) => id.slice(0, 48)),
    'an id and its prefixes',
  ),
  fault(
    'ids lose invisible characters',
    mistaking((id) => id.replace(/\p{Cf}/gu, '')),
    'invisible characters',
  ),
  fault(
    'ids lose emoji',
    mistaking((id) =>
      Buffer.from(id, 'latin1')
        .toString('latin1')
        .replace(/[\ud800-\udfff]/g, '?'),
    ),
    'emoji and rare scripts',
  ),
  fault('ids are hashed as strings in Java are', mistaking(hash31), 'a short hash takes for equal'),
  fault(
    'ids are hashed by CRC-32',
    mistaking((id) => String(crc32(id))),
    'a short hash takes for equal',
  ),
  fault('ids are decoded twice', mistaking(decodedTwice), 'encoded and plain ids'),
  fault(
    'a counter has the key of another session',
    plain(KeepsCounter),
    'keys that a store may make',
  ),
  fault('ids are names of inherited properties', inPlainObject, 'names that objects inherit'),
  fault(
    'ids are cut at 255',
    mistaking((id) => id.slice(0, 255)),
    'ids of the longest length',
  ),
  fault(
    'an empty id is accepted',
    accepting((id) => id || 'default'),
    'is empty is refused',
  ),
  fault(
    'NUL in an id is accepted',
    accepting((id) => id.replace(/\0/g, '')),
    'contains NUL',
  ),
  fault(
    'a lone surrogate in an id is accepted',
    accepting((id) => id.toWellFormed()),
    'contains a lone surrogate',
  ),
  fault(
    'a long id is accepted',
    accepting((id) => id.slice(0, 512)),
    'has one byte too many',
  ),
  fault(
    'the length of an id is counted in characters',
    accepting((id) =>
      id.length <= 512 ? Buffer.from(id).subarray(0, 512).toString().slice(0, 170) : id,
    ),
    'too many bytes, though not too many characters',
  ),
];

/** Sessions that meet at random, in any test. */
export const mixedUpFaults: readonly Fault[] = [
  fault(
    'ids are hashed to one byte',
    mistaking((id) => createHash('sha256').update(id).digest('hex').slice(0, 2)),
    'histories of 50 sessions',
  ),
];
