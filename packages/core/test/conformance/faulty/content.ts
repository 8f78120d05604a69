import type { AgentInputItem } from '@openai/agents';
import { type Fault, isStorable, mapStrings } from './fault.ts';
import { reading, rewriting } from './makers.ts';
import { faulty, kinds, table } from './table.ts';
import { session } from './worlds.ts';

/** Sessions that change strings; what else is in an item stays as it is. */
const strings = (change: (text: string) => unknown): Fault['open'] =>
  rewriting((item) => {
    const texts: string[] = [];
    mapStrings(item, (text) => texts.push(text));
    const isHit = texts.some((text) => change(text) !== text);
    return isHit ? (mapStrings(item, change) as AgentInputItem) : item;
  });

/** Sessions that keep their own columns among the properties of an item. */
const columns = (names: readonly string[]): Fault['open'] =>
  rewriting((item) => {
    const copy = { ...item };
    for (const name of names) Reflect.deleteProperty(copy, name);
    return copy;
  });

/** Sessions that change the names of properties. */
function names(change: (name: string) => string): Fault['open'] {
  const rename = (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
    if (value instanceof Date || Array.isArray(value)) return value;
    const copy = {};
    for (const [name, entry] of Object.entries(value)) {
      const property = { value: rename(entry), enumerable: true, configurable: true };
      Object.defineProperty(copy, change(name), property);
    }
    return copy;
  };
  return rewriting(({ providerData, ...item }) => {
    if (providerData === undefined) return item;
    return { ...item, providerData: rename(providerData) } as AgentInputItem;
  });
}

const roleOf = (item: AgentInputItem | undefined): unknown => Reflect.get(Object(item), 'role');

const contentOf = (item: AgentInputItem): unknown => Reflect.get(item, 'content');

const calls = (change: (text: string) => string): Fault['open'] =>
  rewriting((item) =>
    item.type === 'function_call' && typeof item.arguments === 'string'
      ? { ...item, arguments: change(item.arguments) }
      : item,
  );

function parsedOr(text: string, otherwise: (text: string) => string): string {
  try {
    return JSON.stringify(JSON.parse(text));
  } catch {
    return otherwise(text);
  }
}

function bytesOf(text: string): unknown {
  const [, base64] = /^data:application\/octet-stream;base64,(.*)$/.exec(text) ?? [];
  return base64 === undefined ? text : new Uint8Array(Buffer.from(base64, 'base64'));
}

/** Walks through an item with a memory that is never emptied. */
function meetsTwice(value: unknown, seen = new Set<object>()): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (seen.has(value)) return true;
  seen.add(value);
  return Object.values(value).some((entry) => meetsTwice(entry, seen));
}

const refusing = (isBad: (item: AgentInputItem) => boolean): Fault['open'] =>
  faulty(session, {
    addItems: (real) => async (items, context) => {
      if (items.every(isStorable) && items.some((item) => isBad(item))) {
        throw new Error('An item is not plain.');
      }
      await real(items, context);
    },
  });

function isBare(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return false;
  return Object.getPrototypeOf(value) === null || Object.values(value).some(isBare);
}

/** Sessions that leave items out when they read. */
const dropping = (
  isGone: (item: AgentInputItem, before: AgentInputItem | undefined) => boolean,
): Fault['open'] => reading((items) => items.filter((item, n) => !isGone(item, items[n - 1])));

const used = 'a store might use';
const like = 'a string that looks like something else';
const secret = 'a string that looks like a secret or an address';
const written = 'text that a model gave for arguments';
const anyName = 'a property of any name';

export const contentFaults: readonly Fault[] = [
  ...kinds(columns, {
    'columns are kept beside the properties': ['a store might', ['_id', 'pk', 'sk', 'ttl']],
    'a position is kept beside the properties': [used, ['position', 'seq']],
    'times are kept beside the properties': ['a store might', ['created_at', 'createdAt']],
    'the session id is kept beside them': ['a store might', ['sessionId', 'session_id']],
    '__proto__ of an item is lost': ['item named __proto__', ['__proto__']],
  }),
  ...kinds(strings, {
    'mail addresses are hidden': [secret, (text) => text.replace(/\w{1,64}@[\w.]+/g, '…')],
    'what looks like a key is hidden': [secret, (text) => text.replace(/sk-[\w-]+/g, '…')],
    'entities are decoded': [like, (text) => text.replaceAll('&lt;', '<')],
    'placeholders are filled in': [like, (text) => text.replace(/\{\{\w+\}\}/g, '')],
    'what looks like a bigint becomes a number': [
      like,
      (text) => (/^\d+n$/.test(text) ? Number.parseInt(text, 10) : text),
    ],
    'data urls become bytes': [like, bytesOf],
  }),
  ...kinds(rewriting, {
    'results of tools are cut at 10 000 characters': [
      'a long result of a tool',
      (item) =>
        item.type === 'function_call_result'
          ? (mapStrings(item, (text) => text.slice(0, 10_000)) as AgentInputItem)
          : item,
    ],
  }),
  ...kinds(calls, {
    'arguments are parsed and written anew': [written, (text) => parsedOr(text, () => text)],
    'broken arguments are repaired': [
      written,
      (text) => (parsedOr(text, () => '') === '' ? '{}' : text),
    ],
  }),
  ...kinds(names, {
    'names of properties are cut at 255': [anyName, (name) => name.slice(0, 255)],
    'names of properties are trimmed': [anyName, (name) => name.trim()],
    'names of properties are normalized': [anyName, (name) => name.normalize('NFC')],
  }),
  ...kinds(dropping, {
    'developer messages are dropped': [
      'a raw developer message',
      (item) => roleOf(item) === 'developer',
    ],
    'empty messages are dropped': ['a message without content', (item) => contentOf(item) === ''],
    'messages without parts are dropped': [
      'a message without content',
      (item) => String(contentOf(item) ?? 'x') === '',
    ],
    'a second system message is dropped': [
      'a row of messages of one role',
      (item, before) => roleOf(item) === 'system' && roleOf(before) === 'system',
    ],
  }),
  ...kinds(refusing, {
    'an object that is met twice is taken for a cycle': [
      'used in several places is no cycle',
      (item) => meetsTwice(item),
    ],
    'an object without a prototype is refused': ['without a prototype', isBare],
  }),
  ...table(session, {
    // Forgets what was not written for thirty days, by its own clock.
    'sessions expire after 30 days': {
      breaks: 'nothing expires by itself',
      getItems: (real, object) => async (limit, context) => {
        const items = await real(limit, context);
        const info = await object.store.getSession(await object.getSessionId());
        const age = Date.now() - (info?.updatedAt.getTime() ?? 0);
        return age > 30 * 24 * 60 * 60 * 1000 ? [] : items;
      },
    },
  }),
];
