import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { isSessionError } from '@agent-sessions/core';
import { afterAll, describe, expect, test } from 'vitest';

/** In every URL, key and path that a door refuses; no error may tell it. */
export const SECRET = 'sesame-94c1';

/** What is wrong, the options, and what the error says of them. */
export type WrongUse = readonly [what: string, options: unknown, ...says: string[]];

/** A class or method that takes options. */
export interface Door {
  readonly name: string;
  /** Uses it as JavaScript may; without an argument for `undefined`. */
  readonly open: (options: unknown) => unknown;
  /** What it takes; names and values are added to it. */
  readonly good: object;
  /** Options that decide which data is meant: they may be left out, but not `undefined`. */
  readonly identity?: readonly string[];
  /** Names that it does not know, and those that were meant. */
  readonly unknown: Readonly<Record<string, string>>;
  /** Whether it also takes no options at all. */
  readonly optional?: boolean;
  readonly wrong?: readonly WrongUse[];
}

/** Uses a class as JavaScript may, with whatever options. */
export function classDoor(Class: new (options: never) => object): Door['open'] {
  return (options) => Reflect.construct(Class, options === undefined ? [] : [options]);
}

/** Tests that a door refuses every wrong use, at once and with nothing opened. */
export function testDoor(door: Door): void {
  const { name, good, open } = door;
  describe(name, () => {
    test.each(usesOf(door).map(([what, options, ...says]) => ({ what, options, says })))(
      'refuses $what',
      async ({ options, says }) => {
        const error = await refusalOf(() => open(options));
        for (const text of says) expect(error.message).toContain(text);
      },
    );

    test('takes what it should', async () => {
      const opened = await open(good);
      if (typeof opened === 'object' && opened !== null && 'close' in opened) {
        await (opened as { close(): Promise<void> }).close();
      }
    });
  });
}

/** The error of a use that is refused: thrown, or what the promise of a method rejects with. */
async function refusalOf(use: () => unknown): Promise<Error> {
  let error: unknown;
  try {
    const opened = use();
    expect(opened, 'it was accepted').toBeInstanceOf(Promise);
    await opened;
  } catch (reason) {
    error = reason;
  }
  expect(isSessionError(error, 'invalid_options'), String(error)).toBe(true);
  if (!(error instanceof Error)) throw error;
  expect(error.message).not.toContain(SECRET);
  return error;
}

function usesOf(door: Door): readonly WrongUse[] {
  const { good, identity = [], unknown, optional = false, wrong = [] } = door;
  return [
    ['a string in the place of options', SECRET, 'expected an object such as {', 'not a string'],
    ['null', null, 'expected an object such as {', 'not null'],
    ['an array', [SECRET], 'not an array'],
    ['a number', 7, 'not 7'],
    ['a function', () => SECRET, 'not a function'],
    ['a URL object', new URL(`postgres://a:${SECRET}@host/app`), 'not a URL'],
    ['a promise of options', Promise.resolve(good), 'not a Promise'],
    ...(optional
      ? []
      : ([
          ['nothing', undefined],
          ['no option', {}],
        ] as const)),
    ...identity.map((option): WrongUse => {
      const options = { ...good, [option]: undefined };
      return [`${option}: undefined`, options, `\`${option}\``, 'undefined'];
    }),
    ...Object.entries(unknown).map(([option, meant]): WrongUse => {
      const says = [`there is no option \`${option}\``, `Did you mean \`${meant}\`?`];
      return [`${option} for ${meant}`, { ...good, [option]: SECRET }, ...says];
    }),
    ['an option that nobody knows', { ...good, quux: SECRET }, '`quux`'],
    ...wrong,
  ];
}

/** URLs of a server on which nobody may call, for a file of tests that open nothing. */
export async function unusedServer(): Promise<{ url(scheme: string): string }> {
  let calls = 0;
  const server = createServer((socket) => {
    calls += 1;
    socket.destroy();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  afterAll(() => {
    server.close();
    expect(calls, 'connections that were opened').toBe(0);
    expect(existsSync(FILE), 'a file was made').toBe(false);
  });
  return { url: (scheme) => `${scheme}://app:${SECRET}@127.0.0.1:${port}/app` };
}

/** A file that no door may make. */
export const FILE = 'never-made.db';

/** Uses that every door of a file refuses. */
export const wrongPaths: readonly WrongUse[] = [
  ['a path that is empty', { path: '' }, '`path` is empty'],
  ['a path of white space', { path: ' ' }, '`path` is empty'],
  ['a path that is a number', { path: 5 }, '`path`', 'not 5'],
  ['a path that is null', { path: null }, '`path`', 'not null'],
  ['a path with a NUL', { path: `${FILE}\0.db` }, '`path`', 'NUL'],
  ['a path that is a file: URI', { path: `file:${FILE}?mode=ro` }, `bare path: "${FILE}"`],
  ['a path that is a file:/// URI', { path: 'file:///data/x.db' }, 'bare path: "/data/x.db"'],
  ['a path that is a sqlite: URL', { path: `sqlite:${FILE}` }, `bare path: "${FILE}"`],
  ['a path with parameters', { path: `${FILE}?mode=ro` }, `bare path: "${FILE}"`],
];

/** Values that no setting of a store has. */
export function wrongSettings(good: object, ...absent: readonly string[]): readonly WrongUse[] {
  const all: readonly WrongUse[] = [
    ['createTables that is a word', { ...good, createTables: 'yes' }, '`createTables`'],
    ['createTables that is null', { ...good, createTables: null }, '`createTables`', 'not null'],
    ['a negative timeoutMs', { ...good, timeoutMs: -1 }, '`timeoutMs`', 'not -1'],
    ['a timeoutMs that is no number', { ...good, timeoutMs: Number.NaN }, '`timeoutMs`'],
    ['a timeoutMs that is text', { ...good, timeoutMs: '100' }, '`timeoutMs`', 'not a string'],
    ['tables that are null', { ...good, tables: null }, '`tables`', 'not null'],
    ['tables that are a name', { ...good, tables: 'history' }, '`tables`', 'not a string'],
    ['a table that nobody knows', { ...good, tables: { session: 'a' } }, 'mean `sessions`?'],
    ['a table name that is a number', { ...good, tables: { sessions: 5 } }, '`sessions`'],
    ['a table name with a quote', { ...good, tables: { messages: 'a"b' } }, '`messages`'],
    ['a table name over 50 characters', { ...good, tables: { messages: 'a'.repeat(51) } }, '50'],
    ['two tables of one name', { ...good, tables: { messages: 'a', sessions: 'A' } }, 'called a'],
    ['a schema that is null', { ...good, schema: null }, '`schema`'],
    ['a schema name with a dot', { ...good, schema: 'a.b' }, '`schema`'],
  ];
  return all.filter(([, options]) => absent.every((name) => !(name in Object(options))));
}

/** Options of a store beside one that is shared. */
export function besideStore(store: object, options: object): readonly WrongUse[] {
  return Object.entries(options).map(([name, value]) => [
    `${name} beside a shared store`,
    { store, [name]: value },
    `\`${name}\` is an option of the store`,
  ]);
}

/** What is no store of the class that a door takes. */
export function wrongStores(className: string, others: readonly object[]): readonly WrongUse[] {
  return [
    ['a store that is undefined', { store: undefined }, `\`store\` must be`, className],
    ['a store that is null', { store: null }, `\`store\` must be`, className],
    ['a store that is none', { store: {} }, `\`store\` must be`, className],
    ...others.map((store): WrongUse => {
      const { name } = store.constructor;
      return [`a ${name} as store`, { store }, '`store` must be', className, `not a ${name}`];
    }),
  ];
}

/** Names under which people look for what every session takes. */
export const sessionNames: Readonly<Record<string, string>> = {
  session_id: 'sessionId',
  sessionID: 'sessionId',
  threadId: 'sessionId',
  conversationId: 'sessionId',
  id: 'sessionId',
};

/** Names under which people look for the settings of a store. */
export const settingNames: Readonly<Record<string, string>> = {
  createTable: 'createTables',
  create_tables: 'createTables',
  retryTimeoutMs: 'timeoutMs',
  busyTimeoutMs: 'timeoutMs',
  timeout: 'timeoutMs',
};

/** Names under which people look for a URL. */
export const urlNames: Readonly<Record<string, string>> = {
  connectionString: 'url',
  uri: 'url',
  databaseUrl: 'url',
  database_url: 'url',
  URL: 'url',
  dsn: 'url',
};

/** Names under which people look for a file. */
export const pathNames: Readonly<Record<string, string>> = {
  dbPath: 'path',
  db_path: 'path',
  filename: 'path',
  file: 'path',
  filePath: 'path',
};
