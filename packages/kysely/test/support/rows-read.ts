import { sql } from 'kysely';
import { expect } from 'vitest';
import { type Backend, mysql, type TestDatabase, type TestKysely } from './backends.ts';

/** Runs work on a connection, and tells how many rows its statements read there. */
export type RowsReadBy = (work: () => Promise<unknown>) => Promise<number>;

/**
 * Gives `use` a connection whose reads are counted: on MySQL one of its own, on Postgres a transaction,
 * for these servers count by connection and by transaction. What it does is undone on Postgres.
 */
export async function countingRows(
  backend: Backend,
  database: TestDatabase,
  use: (db: TestKysely, rowsReadBy: RowsReadBy) => Promise<void>,
): Promise<void> {
  const db = database.connect({ connections: 1 });
  if (backend.name === mysql.name) return use(db, (work) => handlerReads(db, work));
  class Undo extends Error {}
  await db
    .transaction()
    .execute(async (transaction) => {
      await use(transaction, (work) => tupleReads(transaction, work));
      throw new Undo();
    })
    .catch((error) => {
      if (!(error instanceof Undo)) throw error;
    });
}

/** A call, and how it is named if it reads too much. */
export type NamedCall = readonly [string, () => Promise<unknown>];

/** Makes calls, one after the other, of which each must read fewer rows than `few`. */
export async function expectFewRows(
  backend: Backend,
  database: TestDatabase,
  few: number,
  callsOn: (db: TestKysely) => Promise<readonly NamedCall[]>,
): Promise<void> {
  await countingRows(backend, database, async (db, rowsReadBy) => {
    for (const [name, call] of await callsOn(db)) {
      expect(await rowsReadBy(call), name).toBeLessThan(few);
    }
  });
}

/** Has the server make its statistics of tables. */
export async function analyze(
  backend: Backend,
  database: TestDatabase,
  tables: string,
): Promise<void> {
  const table = backend.name === mysql.name ? 'TABLE' : '';
  await sql.raw(`ANALYZE ${table} ${tables}`).execute(database.connect());
}

async function handlerReads(db: TestKysely, work: () => Promise<unknown>): Promise<number> {
  await sql`FLUSH STATUS`.execute(db);
  await work();
  const { rows } = await sql<{
    Value: string;
  }>`SHOW SESSION STATUS LIKE 'Handler_read%'`.execute(db);
  return rows.reduce((sum, { Value }) => sum + Number(Value), 0);
}

async function tupleReads(db: TestKysely, work: () => Promise<unknown>): Promise<number> {
  const count = async () => {
    const { rows } = await sql<{
      read: string;
    }>`SELECT sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0)) AS read
        FROM pg_stat_xact_user_tables`.execute(db);
    return Number(rows[0]?.read);
  };
  const before = await count();
  await work();
  return (await count()) - before;
}
