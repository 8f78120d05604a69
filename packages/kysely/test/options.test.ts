import { KyselySession, KyselySessionStore } from '@agent-sessions/kysely';
import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import { describe, expect, test } from 'vitest';

const db = new Kysely<never>({ dialect: new PostgresDialect({ pool: new pg.Pool() }) });

const refused = (problem: string) =>
  expect.objectContaining({ code: 'invalid_options', message: expect.stringContaining(problem) });

describe('options that no type allows', () => {
  test.each<[string, unknown, string]>([
    ['nothing', undefined, 'not an object'],
    ['null', null, 'not an object'],
    ['a URL in their place', 'postgres://localhost/app', 'not an object'],
    ['none', {}, '`db` is not a Kysely instance'],
    ['a url', { url: 'postgres://localhost/app' }, '`fromUrl()`'],
    ['a db that is none', { db: {} }, '`db` is not a Kysely instance'],
    ['a store that is none', { store: {} }, '`store` is not a session store'],
    ['a store that is null', { store: null }, '`store` is not a session store'],
    ['tables that are null', { db, tables: null }, '`tables`'],
    ['tables that are a name', { db, tables: 'history' }, '`tables`'],
    ['a table name that is a number', { db, tables: { sessions: 5 } }, '`tables`'],
    ['a schema that is null', { db, schema: null }, '`schema`'],
  ])('%s: refused, and the error says what to pass', (_name, options, problem) => {
    expect(() => new KyselySession(options as never)).toThrow(refused(problem));
  });

  test('a URL in the place of the options of fromUrl() is refused', () => {
    const url = 'postgres://localhost/app' as never;
    expect(() => KyselySession.fromUrl(url)).toThrow(refused('{ url }'));
    expect(() => KyselySessionStore.fromUrl(url)).toThrow(refused('{ url }'));
  });

  test.each([
    ['db', db],
    ['url', 'sqlite:'],
    ['createTables', true],
    ['tables', { sessions: 'history' }],
    ['schema', 'agents'],
    ['retryTimeoutMs', 1],
  ])('%s beside a shared store is refused, for it would have no effect', (name, value) => {
    const store = new KyselySessionStore({ db });
    const options = { store, [name]: value } as never;
    expect(() => new KyselySession(options)).toThrow(refused(`\`${name}\``));
  });
});

describe('a URL', () => {
  test('may be an object', async () => {
    const url = new URL('sqlite::memory:') as never;
    await using session = KyselySession.fromUrl({ url });
    expect(await session.getItems()).toEqual([]);
  });

  test('of an SQLite file whose path goes on behind a NUL is refused', () => {
    const open = () => KyselySessionStore.fromUrl({ url: 'sqlite:folder/one\0two.db' });
    expect(open).toThrow(refused('NUL'));
  });
});
