import { type AgentInputItem, protocol } from '@openai/agents';
import { type Fault, fault, mapStrings, rewriting } from './fault.ts';
import { session, table } from './table.ts';

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

function flattened(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  if (depth > 100) return '[Object]';
  if (Array.isArray(value)) return value.map((entry) => flattened(entry, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([key, entry]) => [key, flattened(entry, depth + 1)]),
  );
}

const back = 'comes back as it went in';

export const fidelityFaults: readonly Fault[] = [
  fault("items are parsed with the SDK's schema", rewriting(parsed), [
    'an assistant message with annotations and logprobs keeps every key',
    'a reasoning item with encrypted content keeps every key',
  ]),
  fault(
    'NUL is dropped',
    strings((text) => text.replace(/\0/g, '')),
    `a string with NUL ${back}`,
  ),
  fault(
    'lone surrogates are repaired',
    strings((text) => text.toWellFormed()),
    'lone surrogates',
  ),
  fault(
    'characters of four bytes are lost',
    strings((text) => text.replace(/[\ud800-\udbff][\udc00-\udfff]/g, '?')),
    `emoji and rare scripts ${back}`,
  ),
  fault(
    'strings are normalized',
    strings((text) => text.normalize('NFC')),
    'emoji and rare scripts',
  ),
  fault(
    'a byte order mark is dropped',
    strings((text) => text.replace(/\ufeff/g, '')),
    'invisible',
  ),
  fault(
    'strings are trimmed',
    strings((text) => text.trim()),
    'an empty string, and white space',
  ),
  fault(
    'an empty string becomes null',
    strings((text) => text || null),
    'an empty string',
  ),
  fault(
    'line ends are normalized',
    strings((text) => text.replace(/\r\n?/g, '\n')),
    'line ends',
  ),
  fault(
    'backslashes are eaten',
    strings((text) => text.replace(/\\u0000/g, '')),
    'quotes, backslashes and line ends',
  ),
  fault(
    'what looks like a date becomes one',
    strings((text) => (/^\d{4}-.*Z$/.test(text) ? Date.parse(text) : text)),
    'looks like something else',
  ),
  fault(
    'strings are cut at 64 KB',
    strings((text) => text.slice(0, 65_535)),
    'a string of 5 MB',
  ),
  fault(
    'numbers lose precision',
    rewriting((item) =>
      JSON.parse(
        JSON.stringify(item, (_, value) =>
          typeof value === 'number' ? Math.fround(value) : value,
        ),
      ),
    ),
    'a number of any size',
  ),
  fault(
    'null is dropped',
    entries((_, value) => value !== null),
    'null, as something else',
  ),
  fault(
    'empty lists are dropped',
    entries((_, value) => !Array.isArray(value) || value.length > 0),
    'an empty object or list',
  ),
  fault(
    'keys with an underscore are dropped',
    entries((key) => !key.startsWith('_')),
    'name that a store',
  ),
  fault(
    '__proto__ is dropped',
    entries((key) => key !== '__proto__'),
    'a property named __proto__',
  ),
  fault(
    'bytes become a list',
    bytes((value) => [...value]),
    'a Uint8Array at any depth',
  ),
  fault(
    'bytes become the JSON of a Buffer',
    bytes((value) => Buffer.from(value).toJSON()),
    ['a Uint8Array at any depth', 'a Buffer comes back'],
  ),
  fault(
    'bytes lose where their view begins',
    bytes((value) => new Uint8Array(value.buffer, 0, value.length)),
    'a view of a part of a buffer',
  ),
  ...table(session, {
    'objects that look like bytes become bytes': {
      breaks: 'looks like encoded bytes',
      getItems:
        (real, _object) =>
        async (...args) => {
          const items = await real(...args);
          return items.map(
            (item) =>
              mapObjects(item, (object) => {
                const base64: unknown = Reflect.get(object, '$bytes');
                return typeof base64 === 'string'
                  ? new Uint8Array(Buffer.from(base64, 'base64'))
                  : object;
              }) as AgentInputItem,
          );
        },
    },
  }),
  fault(
    'deep values are flattened',
    rewriting((item) => flattened(item, 0) as AgentInputItem),
    '500 levels',
  ),
  ...table(session, {
    'deep values are dropped without a word': {
      breaks: 'nested too deep',
      addItems:
        (real) =>
        async (...args) => {
          try {
            await real(...args);
          } catch (error) {
            if (!(error instanceof Error && error.message.includes('nested deeper'))) throw error;
          }
        },
    },
  }),
];
