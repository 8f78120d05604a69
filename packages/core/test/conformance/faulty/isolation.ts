import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import { crc32 } from 'node:zlib';
import { MemorySessionStore, StoredSession } from '@agent-sessions/core';
import { PlainSession } from '../plain-session.ts';
import { type Fault, fault } from './fault.ts';
import { mistaking } from './makers.ts';
import { kinds, table } from './table.ts';
import { plainSession } from './worlds.ts';

/** Sessions that take ids which have to be refused, by changing them until they are accepted. */
const accepting =
  (repair: (id: string) => string): Fault['open'] =>
  () => {
    const store = new MemorySessionStore();
    return { open: (sessionId) => new StoredSession({ store, sessionId: repair(sessionId) }) };
  };

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

function hash31(id: string): string {
  let hash = 0;
  for (const character of id) hash = (Math.imul(hash, 31) + (character.codePointAt(0) ?? 0)) | 0;
  return String(hash);
}

function decoded(id: string): string {
  try {
    return decodeURIComponent(id);
  } catch {
    return id;
  }
}

function decodedTwice(id: string): string {
  const bytes = Buffer.from(id, 'latin1');
  const text = bytes.toString('utf8');
  return bytes.toString('latin1') !== id || text.includes('\ufffd') ? id : text;
}

const collation = new Intl.Collator('en', { sensitivity: 'base' });
const known: string[] = [];
const byCollation = (id: string): string => {
  const same = known.find((other) => collation.compare(other, id) === 0);
  if (same === undefined) known.push(id);
  return same ?? id;
};

const shortHash = 'a short hash takes for equal';

export const isolationFaults: readonly Fault[] = [
  ...kinds(mistaking, {
    'ids ignore case': ['User and user', (id) => id.toLowerCase()],
    'ids are trimmed': ['white space', (id) => id.trim()],
    'ids lose spaces at the end': ['white space', (id) => id.replace(/ +$/, '')],
    'ids are normalized': ['decomposed accents', (id) => id.normalize('NFC')],
    'ids follow a collation': ['collation', byCollation],
    'ids are matched as patterns': ['wildcards', (id) => id.replace(/[%_*?]/g, '')],
    'ids end at a colon': ['key separators', (id) => id.split(':')[0] ?? ''],
    'ids are cut at a hash tag': ['ids with braces', (id) => /\{([^}]+)\}/.exec(id)?.[1] ?? id],
    'ids lose quotes': ['quotes and comments', (id) => id.replace(/['"`\\;]/g, '')],
    'ids are paths': ['paths or files', (id) => posix.normalize(id)],
    'ids are decoded': ['encoded and plain ids', decoded],
    'ids are taken for numbers': [
      'one number could stand for',
      (id) => (Number.isNaN(Number(id)) ? id : String(Number(id))),
    ],
    'ids share a prefix': ['an id and its prefixes', (id) => id.slice(0, 48)],
    'ids lose invisible characters': ['invisible characters', (id) => id.replace(/\p{Cf}/gu, '')],
    'ids lose emoji': [
      'emoji and rare scripts',
      (id) =>
        Buffer.from(id, 'latin1')
          .toString('latin1')
          .replace(/[\ud800-\udfff]/g, '?'),
    ],
    'ids are hashed as strings in Java are': [shortHash, hash31],
    'ids are hashed by CRC-32': [shortHash, (id) => String(crc32(id))],
    'ids are decoded twice': ['encoded and plain ids', decodedTwice],
    'ids are cut at 255': ['ids of the longest length', (id) => id.slice(0, 255)],
  }),
  ...table(plainSession, {
    'a counter has the key of another session': {
      breaks: 'keys that a store may make',
      addItems: (real, object) => async (items) => {
        await real(items);
        object.histories.set(`${object.id}:seq`, [JSON.stringify({ count: items.length })]);
      },
    },
  }),
  fault('ids are names of inherited properties', inPlainObject, 'names that objects inherit'),
  ...kinds(accepting, {
    'an empty id is accepted': ['is empty is refused', (id) => id || 'default'],
    'NUL in an id is accepted': ['contains NUL', (id) => id.replace(/\0/g, '')],
    'a lone surrogate in an id is accepted': [
      'contains a lone surrogate',
      (id) => id.toWellFormed(),
    ],
    'a long id is accepted': ['has one byte too many', (id) => id.slice(0, 512)],
    'the length of an id is counted in characters': [
      'too many bytes, though not too many characters',
      (id) => (id.length <= 512 ? Buffer.from(id).subarray(0, 512).toString().slice(0, 170) : id),
    ],
  }),
];

/** Sessions that meet at random, in any test. */
export const mixedUpFaults: readonly Fault[] = kinds(mistaking, {
  'ids are hashed to one byte': [
    'histories of 50 sessions',
    (id) => createHash('sha256').update(id).digest('hex').slice(0, 2),
  ],
});
