import {
  CompiledQuery,
  type DatabaseConnection,
  Kysely,
  MysqlDialect,
  type MysqlPool,
} from 'kysely';
import { mysql } from '../dialects/mysql.ts';
import type { OpenedDatabase } from '../opened-database.ts';
import { placeOf } from '../place-of-url.ts';
import { malformedUrl } from './postgres.ts';

/** An address that nobody answers would otherwise hold a call for minutes. */
const CONNECT_TIMEOUT_MS = 10_000;

/** The module `mysql2`, as its import gives it. */
export interface Mysql2Module {
  createPool(options: { readonly uri: string; readonly connectTimeout?: number }): MysqlPool;
}

/**
 * Opens a MySQL or MariaDB database by its URL, on first use.
 *
 * @throws SessionError `invalid_options` for a URL that cannot be parsed
 */
export function openMySQL(url: string, load: () => Promise<Mysql2Module>): OpenedDatabase {
  const place = placeOf('MySQL', url);
  if (place === undefined) throw malformedUrl();
  const pool = async (): Promise<MysqlPool> => {
    const { createPool } = await load();
    // What is passed beside the URL would win over its parameters.
    const own = new URL(url).searchParams.has('connectTimeout');
    return createPool({ uri: url, ...(!own && { connectTimeout: CONNECT_TIMEOUT_MS }) });
  };
  const db = new Kysely<unknown>({ dialect: new MysqlDialect({ pool, onCreateConnection }) });
  return { db, dialect: mysql, label: `MySQL database ${place}`, isOwned: true };
}

/** A pool of `mysql2`, or one of `mysql2/promise`, which has the other inside. */
export type GivenMySQLPool = MysqlPool | { readonly pool: MysqlPool };

/** A MySQL or MariaDB database over the caller's own pool, which is never closed here. */
export function overMySQLPool(given: GivenMySQLPool): OpenedDatabase {
  // The types do not tell them apart; one of promises would never call back.
  const pool = 'pool' in given ? given.pool : given;
  const db = new Kysely<unknown>({ dialect: new MysqlDialect({ pool }) });
  return { db, dialect: mysql, label: 'MySQL database', isOwned: false };
}

/** Once for each connection, instead of before each transaction. */
async function onCreateConnection(connection: DatabaseConnection): Promise<void> {
  const sql = 'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED';
  await connection.executeQuery(CompiledQuery.raw(sql));
}
