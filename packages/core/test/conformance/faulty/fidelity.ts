import { type AgentInputItem, protocol } from '@openai/agents';
import { type Fault, mapStrings } from './fault.ts';
import { rewriting } from './makers.ts';
import { kinds, table } from './table.ts';
import { session } from './worlds.ts';

const strings = (change: (text: string) => unknown): Fault['open'] =>
  rewriting((item) => mapStrings(item, change) as AgentInputItem);

/** Changes every object in a value, innermost first. */
function mapObjects(value: unknown, change: (object: object) => unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Uint8Array) return change(value);
  if (Array.isArray(value)) return value.map((entry) => mapObjects(entry, change));
  const copy = {};
  for (const [key, entry] of Object.entries(value)) {
    const inner = mapObjects(entry, change);
    Object.defineProperty(copy, key, { value: inner, enumerable: true, configurable: true });
  }
  return change(copy);
}

const objects = (change: (object: object) => unknown): Fault['open'] =>
  rewriting((item) => mapObjects(item, change) as AgentInputItem);

const entries = (keep: (key: string, value: unknown) => boolean): Fault['open'] =>
  objects((object) =>
    object instanceof Uint8Array
      ? object
      : Object.fromEntries(Object.entries(object).filter(([key, value]) => keep(key, value))),
  );

const bytes = (change: (value: Uint8Array) => unknown): Fault['open'] =>
  objects((object) => (object instanceof Uint8Array ? change(object) : object));

function parsed(item: AgentInputItem): AgentInputItem {
  const { success, data } = protocol.ModelItem.safeParse(item);
  return success ? (data as AgentInputItem) : item;
}

function ofSinglePrecision(item: AgentInputItem): AgentInputItem {
  const round = (_: string, value: unknown) =>
    typeof value === 'number' ? Math.fround(value) : value;
  return JSON.parse(JSON.stringify(item, round));
}

function flattened(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  if (depth > 100) return '[Object]';
  if (Array.isArray(value)) return value.map((entry) => flattened(entry, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([key, entry]) => [key, flattened(entry, depth + 1)]),
  );
}

/** Takes for bytes what looks like their encoding. */
function bytesFrom(object: object): unknown {
  const base64: unknown = Reflect.get(object, '$bytes');
  return typeof base64 === 'string' ? new Uint8Array(Buffer.from(base64, 'base64')) : object;
}

const back = 'comes back as it went in';
const anyDepth = 'a Uint8Array at any depth';

export const fidelityFaults: readonly Fault[] = [
  ...kinds(rewriting, {
    "items are parsed with the SDK's schema": [
      [
        'an assistant message with annotations and logprobs keeps every key',
        'a reasoning item with encrypted content keeps every key',
      ],
      parsed,
    ],
    'numbers lose precision': ['a number of any size', ofSinglePrecision],
    'deep values are flattened': ['500 levels', (item) => flattened(item, 0) as AgentInputItem],
  }),
  ...kinds(strings, {
    'NUL is dropped': [`a string with NUL ${back}`, (text) => text.replace(/\0/g, '')],
    'lone surrogates are repaired': ['lone surrogates', (text) => text.toWellFormed()],
    'characters of four bytes are lost': [
      `emoji and rare scripts ${back}`,
      (text) => text.replace(/[\ud800-\udbff][\udc00-\udfff]/g, '?'),
    ],
    'strings are normalized': ['emoji and rare scripts', (text) => text.normalize('NFC')],
    'a byte order mark is dropped': ['invisible', (text) => text.replace(/\ufeff/g, '')],
    'strings are trimmed': ['an empty string, and white space', (text) => text.trim()],
    'an empty string becomes null': ['an empty string', (text) => text || null],
    'line ends are normalized': ['line ends', (text) => text.replace(/\r\n?/g, '\n')],
    'backslashes are eaten': [
      'quotes, backslashes and line ends',
      (text) => text.replace(/\\u0000/g, ''),
    ],
    'what looks like a date becomes one': [
      'looks like something else',
      (text) => (/^\d{4}-.*Z$/.test(text) ? Date.parse(text) : text),
    ],
    'strings are cut at 64 KB': ['a string of 5 MB', (text) => text.slice(0, 65_535)],
  }),
  ...kinds(entries, {
    'null is dropped': ['null, as something else', (_, value) => value !== null],
    'empty lists are dropped': [
      'an empty object or list',
      (_, value) => !Array.isArray(value) || value.length > 0,
    ],
    'keys with an underscore are dropped': ['name that a store', (key) => !key.startsWith('_')],
    '__proto__ is dropped': ['a property named __proto__', (key) => key !== '__proto__'],
  }),
  ...kinds(bytes, {
    'bytes become a list': [anyDepth, (value) => [...value]],
    'bytes become the JSON of a Buffer': [
      [anyDepth, 'a Buffer comes back'],
      (value) => Buffer.from(value).toJSON(),
    ],
    'bytes lose where their view begins': [
      'a view of a part of a buffer',
      (value) => new Uint8Array(value.buffer, 0, value.length),
    ],
  }),
  ...table(session, {
    'objects that look like bytes become bytes': {
      breaks: 'looks like encoded bytes',
      getItems: (real) => async (limit, context) =>
        mapObjects(await real(limit, context), bytesFrom) as AgentInputItem[],
    },
    'deep values are dropped without a word': {
      breaks: 'nested too deep',
      addItems: (real) => (items, context) =>
        real(items, context).catch((error: unknown) => {
          if (!(error instanceof Error && error.message.includes('nested deeper'))) throw error;
        }),
    },
  }),
];
