import type { SessionError } from '@agent-sessions/core';
import { KyselySessionStore } from '@agent-sessions/kysely';
import { type Connection, createConnection } from 'mysql2/promise';
import pg from 'pg';
import { describe, expect, onTestFinished, test } from 'vitest';
import { mysql, postgres } from './support/backends.ts';
import { callEveryMethod, prepareSessions } from './support/every-method.ts';
import { missingMariaDB, startOwnMariaDB } from './support/own-mariadb.ts';
import { startProxy } from './support/proxy.ts';
import { startPostgres } from './support/servers.ts';

/** A server that is demoted while a store is connected, and what a name points to before and after. */
interface Pair {
  /** The URL of the server that will be demoted; the user may write, and is not above its rules. */
  readonly url: string;
  /** From now on it only allows reading, on connections that it has, too. */
  demote(): Promise<void>;
  /** The URL of the server that takes over; same user, same database. */
  readonly successor: string;
}

const databases = [
  { name: 'Postgres', missing: postgres.missing, start: startPostgresPair },
  { name: 'MariaDB', missing: mysql.missing ?? missingMariaDB, start: startMariaDBPair },
] as const;

for (const { name, missing, start } of databases) {
  describe.skipIf(missing !== undefined)(
    missing === undefined ? name : `${name} — skipped: ${missing}`,
    () => {
      test('a server that was demoted and kept its connections: a store moves to the one that its name points to', async () => {
        const { url, demote, successor } = await start();
        await migrate(url);
        await migrate(successor);
        const proxy = await startProxy(url);
        const store = new KyselySessionStore({ url: proxy.url, timeoutMs: 5_000 });
        onTestFinished(async () => {
          await store.close();
          await proxy.stop();
        });
        await prepareSessions(store, 'before ');
        await demote();
        // The name still points to it: there is nowhere to go.
        const add = () => store.session('nowhere').addItems([{ role: 'user', content: 'x' }]);
        // Postgres tells its connections one after the other.
        await expect
          .poll(
            () =>
              add().then(
                () => 'done',
                (error: SessionError) => error,
              ),
            { timeout: 10_000 },
          )
          .toMatchObject({
            code: 'read_only',
            message: expect.stringContaining('nothing was written'),
          });
        expect((await store.session('before addItems()').getItems()).length).toBeGreaterThan(0);

        proxy.moveTo(successor);
        const outcomes = await callEveryMethod(store, 'after ');
        expect(outcomes.filter(({ code }) => code !== 'done')).toEqual([]);
      });
    },
  );
}

async function migrate(url: string): Promise<void> {
  await using store = new KyselySessionStore({ url, createTables: true });
  await store.migrate();
}

async function startPostgresPair(): Promise<Pair> {
  const [own, successor] = await Promise.all([startPostgres('password'), postgres.create()]);
  onTestFinished(() => successor.drop());
  if ('missing' in own) throw new Error(own.missing);
  const admin = new pg.Client({ connectionString: own.url });
  admin.on('error', () => {});
  await admin.connect();
  onTestFinished(() => admin.end());
  const { pathname } = new URL(successor.url ?? '');
  await admin.query(`CREATE DATABASE "${pathname.slice(1)}"`);
  const [before, after] = [new URL(own.url), new URL(successor.url ?? '')];
  before.pathname = pathname;
  after.username = before.username;
  after.password = before.password;
  return {
    url: before.href,
    successor: after.href,
    demote: async () => {
      await admin.query('ALTER SYSTEM SET default_transaction_read_only = on');
      await admin.query('SELECT pg_reload_conf()');
    },
  };
}

async function startMariaDBPair(): Promise<Pair> {
  const [own, successor] = await Promise.all([startOwnMariaDB(), mysql.create()]);
  onTestFinished(() => successor.drop());
  const after = new URL(successor.url ?? '');
  const database = after.pathname.slice(1);
  const user = `demoted_${process.pid}`;
  const admins: Connection[] = [];
  for (const uri of [own, successor.url ?? '']) {
    const admin = await createConnection({ uri });
    await admin.query(`CREATE DATABASE IF NOT EXISTS ${database}`);
    // Root is above `read_only`.
    await admin.query(`CREATE USER ${user}@'%' IDENTIFIED BY 'secret'`);
    await admin.query(`GRANT ALL ON ${database}.* TO ${user}@'%'`);
    onTestFinished(async () => {
      await admin.query(`DROP USER ${user}@'%'`).catch(() => {});
      await admin.end();
    });
    admins.push(admin);
  }
  const before = new URL(own);
  for (const url of [before, after]) {
    url.username = user;
    url.password = 'secret';
    url.pathname = `/${database}`;
  }
  return {
    url: before.href,
    successor: after.href,
    demote: async () => {
      await admins[0]?.query('SET GLOBAL read_only = 1');
    },
  };
}
