import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { KyselySession, KyselySessionStore } from '@agent-sessions/kysely';
import { Kysely, PostgresDialect, sql } from 'kysely';
import pg from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { mysql, postgres, type TestDatabase } from './support/backends.ts';
import { numbered } from './support/batches.ts';
import { onEveryBackend } from './support/on-every-backend.ts';

/** What the README grants the application. */
const RIGHTS = {
  agent_sessions: 'SELECT, INSERT, UPDATE, DELETE',
  agent_messages: 'SELECT, INSERT, UPDATE, DELETE',
  agent_operations: 'SELECT, INSERT, DELETE',
  agent_schema: 'SELECT',
};
const TO_READ = Object.fromEntries(Object.keys(RIGHTS).map((table) => [table, 'SELECT']));

onEveryBackend(
  ({ name }, database) => {
    test('the rights that the README lists are enough for everything but creating tables', async () => {
      const url = await urlFor(name, database(), RIGHTS);
      await using store = new KyselySessionStore({ url });
      const session = store.session('limited');
      await session.addItems(numbered(4));
      const call = {
        ...{ type: 'function_call' as const, callId: 'c', name: 'f', arguments: '{}' },
        status: 'completed' as const,
      };
      await session.applyHistoryTransaction({
        operationId: 'append',
        transaction: { type: 'append_items', items: [call] },
      });
      await session.applyHistoryMutations({
        mutations: [{ type: 'replace_function_call', callId: 'c', replacement: call }],
      });
      await session.applyHistoryTransaction({
        operationId: 'replace',
        transaction: { type: 'replace_suffix', expectedSuffix: [call], replacement: [] },
      });
      expect(await session.popItem()).toEqual(numbered(4)[3]);
      expect(await session.getItems()).toEqual(numbered(3));
      expect(await session.getItems(1)).toEqual(numbered(3).slice(-1));
      await session.replaceHistoryWithCompaction(numbered(1));
      await session.clearSession();
      await store.setMetadata('limited', { title: 'x' });
      expect((await store.listSessions({ prefix: 'limited' })).sessions).toHaveLength(1);
      expect(await store.deleteSession('limited')).toBe(true);
    });

    test('a user that may only read can read, and is refused writing', async () => {
      const admin = new KyselySessionStore({ db: database().connect(), createTables: true });
      await admin.session('read').addItems(numbered(2));
      const url = await urlFor(name, database(), TO_READ);
      await using store = new KyselySessionStore({ url });
      const session = store.session('read');
      expect(await session.getItems()).toEqual(numbered(2));
      expect(await session.getItems(1)).toEqual(numbered(2).slice(-1));
      expect((await store.getSession('read'))?.itemCount).toBe(2);
      for (const write of [
        () => session.addItems(numbered(1)),
        () => session.popItem(),
        () => session.clearSession(),
        () => store.deleteSession('read'),
      ]) {
        await expect(write()).rejects.toMatchObject({ code: 'access_denied' });
      }
      expect(await session.getItems()).toEqual(numbered(2));
    });
  },
  [postgres, mysql],
);

onEveryBackend(
  (_backend, database) => {
    test('row level security as the page on security has it keeps tenants apart', async () => {
      const page = readFileSync(join(import.meta.dirname, '../../../docs/security.md'), 'utf8');
      const [, policies = ''] = /^```sql\n(.*?)^```/ms.exec(page) ?? [];
      const admin = database().connect();
      const pool = new pg.Pool({ connectionString: await urlFor('Postgres', database(), RIGHTS) });
      const app = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });
      for (const statement of policies.split(';').filter((text) => text.trim() !== '')) {
        await sql.raw(statement).execute(admin);
      }
      const as = (tenant: string, work: (session: KyselySession) => Promise<unknown>) =>
        app.transaction().execute(async (transaction) => {
          await sql`select set_config('app.tenant', ${tenant}, true)`.execute(transaction);
          return work(new KyselySession({ db: transaction, sessionId: 'acme/1' }));
        });

      await as('acme', (session) => session.addItems(numbered(2)));
      expect(await as('other', (session) => session.getItems())).toEqual([]);
      expect(await as('other', (session) => session.popItem())).toBeUndefined();
      await as('other', (session) => session.clearSession());
      expect(await as('other', ({ store }) => store.deleteSession('acme/1'))).toBe(false);
      expect(await as('other', ({ store }) => store.listSessions())).toEqual({ sessions: [] });
      const write = as('other', (session) => session.addItems(numbered(1)));
      await expect(write).rejects.toMatchObject({ code: 'access_denied' });
      expect(await as('acme', (session) => session.getItems())).toEqual(numbered(2));
      await app.destroy();
    });
  },
  [postgres],
);

/** The URL for a new user with these rights on the tables, and no others. */
async function urlFor(
  backend: string,
  { url = '', connect }: TestDatabase,
  rights: Readonly<Record<string, string>>,
): Promise<string> {
  const db = connect();
  await new KyselySessionStore({ db, createTables: true }).migrate();
  const user = `agent_${randomBytes(6).toString('hex')}`;
  const run = (statement: string) => sql.raw(statement).execute(db);
  if (backend === 'Postgres') {
    await run(`CREATE ROLE ${user} LOGIN PASSWORD 'limited'`);
    onTestFinished(async () => {
      await run(`DROP OWNED BY ${user}`);
      await run(`DROP ROLE ${user}`);
    });
  } else {
    await run(`CREATE USER ${user} IDENTIFIED BY 'limited'`);
    onTestFinished(async () => void (await run(`DROP USER ${user}`)));
  }
  for (const [table, list] of Object.entries(rights)) {
    await run(`GRANT ${list} ON ${table} TO ${user}`);
  }
  const location = new URL(url);
  location.username = user;
  location.password = 'limited';
  return location.href;
}
