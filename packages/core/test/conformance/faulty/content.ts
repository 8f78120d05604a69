import { StoredSession } from '@agent-sessions/core';
import type { AgentInputItem, RunContext } from '@openai/agents';
import { type Fault, fault, isStorable, mapStrings, reading, rewriting, stored } from './fault.ts';
import { session, table } from './table.ts';

/** Sessions that change strings; what else is in an item stays as it is. */
const strings = (change: (text: string) => unknown): Fault['open'] =>
  rewriting((item) => {
    const texts: string[] = [];
    mapStrings(item, (text) => texts.push(text));
    const isHit = texts.some((text) => change(text) !== text);
    return isHit ? (mapStrings(item, change) as AgentInputItem) : item;
  });

/** Sessions that keep their own columns among the properties of an item. */
const columns = (...names: readonly string[]): Fault['open'] =>
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

const roleOf = (item: AgentInputItem): unknown => Reflect.get(item, 'role');

function withArguments(change: (text: string) => string): Fault['open'] {
  return rewriting((item) =>
    item.type === 'function_call' && typeof item.arguments === 'string'
      ? { ...item, arguments: change(item.arguments) }
      : item,
  );
}

function parsedOr(text: string, otherwise: (text: string) => string): string {
  try {
    return JSON.stringify(JSON.parse(text));
  } catch {
    return otherwise(text);
  }
}

/** Walks through an item with a memory that is never emptied. */
function meetsTwice(value: unknown, seen: Set<object>): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (seen.has(value)) return true;
  seen.add(value);
  return Object.values(value).some((entry) => meetsTwice(entry, seen));
}

function refusing(isBad: (item: AgentInputItem) => boolean): Fault['open'] {
  class Refusing extends StoredSession {
    override async addItems(items: AgentInputItem[], context?: RunContext<unknown>): Promise<void> {
      if (items.every(isStorable) && items.some(isBad)) throw new Error('An item is not plain.');
      await super.addItems(items, context);
    }
  }
  return stored(Refusing);
}

function isBare(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return false;
  return Object.getPrototypeOf(value) === null || Object.values(value).some(isBare);
}

const like = 'a string that looks like something else';
const secret = 'a string that looks like a secret or an address';
const written = 'text that a model gave for arguments';

export const contentFaults: readonly Fault[] = [
  fault(
    'columns are kept beside the properties',
    columns('_id', 'pk', 'sk', 'ttl'),
    'a store might',
  ),
  fault(
    'a position is kept beside the properties',
    columns('position', 'seq'),
    'a store might use',
  ),
  fault(
    'times are kept beside the properties',
    columns('created_at', 'createdAt'),
    'a store might',
  ),
  fault('the session id is kept beside them', columns('sessionId', 'session_id'), 'a store might'),
  fault('__proto__ of an item is lost', columns('__proto__'), 'item named __proto__'),
  fault(
    'mail addresses are hidden',
    strings((text) => text.replace(/\w{1,64}@[\w.]+/g, '…')),
    secret,
  ),
  fault(
    'what looks like a key is hidden',
    strings((text) => text.replace(/sk-[\w-]+/g, '…')),
    secret,
  ),
  fault(
    'entities are decoded',
    strings((text) => text.replaceAll('&lt;', '<')),
    like,
  ),
  fault(
    'placeholders are filled in',
    strings((text) => text.replace(/\{\{\w+\}\}/g, '')),
    like,
  ),
  fault(
    'what looks like a bigint becomes a number',
    strings((text) => (/^\d+n$/.test(text) ? Number.parseInt(text, 10) : text)),
    like,
  ),
  fault(
    'data urls become bytes',
    strings((text) => {
      const [, base64] = /^data:application\/octet-stream;base64,(.*)$/.exec(text) ?? [];
      return base64 === undefined ? text : new Uint8Array(Buffer.from(base64, 'base64'));
    }),
    like,
  ),
  fault(
    'results of tools are cut at 10 000 characters',
    rewriting((item) =>
      item.type === 'function_call_result'
        ? (mapStrings(item, (text) => text.slice(0, 10_000)) as AgentInputItem)
        : item,
    ),
    'a long result of a tool',
  ),
  fault(
    'arguments are parsed and written anew',
    withArguments((text) => parsedOr(text, (broken) => broken)),
    written,
  ),
  fault(
    'broken arguments are repaired',
    withArguments((text) => (parsedOr(text, () => '') === '' ? '{}' : text)),
    written,
  ),
  fault(
    'names of properties are cut at 255',
    names((name) => name.slice(0, 255)),
    'a property of any name',
  ),
  fault(
    'names of properties are trimmed',
    names((name) => name.trim()),
    'a property of any name',
  ),
  fault(
    'names of properties are normalized',
    names((name) => name.normalize('NFC')),
    'a property of any name',
  ),
  fault(
    'developer messages are dropped',
    reading((items) => items.filter((item) => roleOf(item) !== 'developer')),
    'a raw developer message',
  ),
  fault(
    'empty messages are dropped',
    reading((items) => items.filter((item) => Reflect.get(item, 'content') !== '')),
    'a message without content',
  ),
  fault(
    'messages without parts are dropped',
    reading((items) => items.filter((item) => String(Reflect.get(item, 'content') ?? 'x') !== '')),
    'a message without content',
  ),
  fault(
    'a second system message is dropped',
    reading((items) =>
      items.filter(
        (item, n) =>
          roleOf(item) !== 'system' || roleOf(items[n - 1] ?? item) !== 'system' || n === 0,
      ),
    ),
    'a row of messages of one role',
  ),
  fault(
    'an object that is met twice is taken for a cycle',
    refusing((item) => meetsTwice(item, new Set())),
    'used in several places is no cycle',
  ),
  fault('an object without a prototype is refused', refusing(isBare), 'without a prototype'),
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
