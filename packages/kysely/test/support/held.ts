import { Kysely, MysqlDialect, PostgresDialect, sql } from 'kysely';
import { createPool } from 'mysql2';
import pg from 'pg';

/** The caller's database over a pool of `size` connections. */
export function openPool(url: string, size: number): Kysely<unknown> {
  if (url.startsWith('mysql')) {
    const pool = createPool({ uri: url, connectionLimit: size });
    pool.on('connection', (connection) => connection.on('error', () => {}));
    return new Kysely({ dialect: new MysqlDialect({ pool }) });
  }
  const pool = new pg.Pool({ connectionString: url, max: size });
  // Without a listener an error of a connection that is broken ends the process.
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  return new Kysely({ dialect: new PostgresDialect({ pool }) });
}

/** Holds the locks of all rows of sessions until they are released. */
export async function lockEverySession(url: string): Promise<{ release(): Promise<void> }> {
  const db = openPool(url, 1);
  const held = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  const transaction = db.transaction().execute(async (own) => {
    await sql`SELECT * FROM agent_sessions FOR UPDATE`.execute(own);
    held.resolve();
    await released.promise;
  });
  await Promise.race([held.promise, transaction]);
  return {
    release: async () => {
      released.resolve();
      await transaction;
      await db.destroy();
    },
  };
}

/** A pool of one connection, which somebody has. */
export async function fullPool(
  url: string,
): Promise<{ db: Kysely<unknown>; makeRoom(): void; end(): Promise<void> }> {
  const db = openPool(url, 1);
  const taken = Promise.withResolvers<void>();
  const { promise, resolve: makeRoom } = Promise.withResolvers<void>();
  const holding = db.connection().execute(async () => {
    taken.resolve();
    await promise;
  });
  await Promise.race([taken.promise, holding]);
  return {
    db,
    makeRoom,
    end: async () => {
      makeRoom();
      await holding;
      await db.destroy();
    },
  };
}
