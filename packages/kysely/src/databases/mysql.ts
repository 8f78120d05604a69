import { DEFAULT_TIMEOUT_MS, workingTime } from '@agent-sessions/core/backend';
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
import { connectingTime, OwnConnection } from './own-connection.ts';
import { malformedUrl } from './postgres.ts';

/** The module `mysql2`, as its import gives it. */
export interface Mysql2Module {
  createPool(options: { readonly uri: string; readonly connectTimeout?: number }): EventfulPool;
}

/** A pool that reports its connections. */
interface EventfulPool extends MysqlPool {
  on(event: 'connection' | 'acquire', listener: (connection: RawConnection) => void): unknown;
}

interface RawConnection {
  query(...statement: unknown[]): unknown;
  on(event: 'error', listener: () => void): unknown;
  readonly stream: {
    destroy(error: Error): unknown;
    once(event: 'close', listener: () => void): unknown;
  };
}

type Callback = (error: unknown, ...results: unknown[]) => void;

/**
 * Opens a MySQL or MariaDB database by its URL, on first use.
 *
 * @throws SessionError `invalid_options` for a URL that cannot be parsed
 */
export function openMySQL(
  url: string,
  load: () => Promise<Mysql2Module>,
  timeoutMs: number = DEFAULT_TIMEOUT_MS,
): OpenedDatabase {
  const place = placeOf('MySQL', url);
  if (place === undefined) throw malformedUrl();
  const open = new Map<RawConnection, OwnConnection>();
  const pool = async (): Promise<MysqlPool> => {
    const { createPool } = await load();
    // What is passed beside the URL would win over its parameters.
    const own = new URL(url).searchParams.has('connectTimeout');
    const connectTimeout = connectingTime(timeoutMs);
    const opened = createPool({ uri: url, ...(!own && { connectTimeout }) });
    opened.on('connection', (connection) => {
      open.set(connection, ownConnection(connection, timeoutMs));
      // It comes beside the failure of the statement, and without a listener ends the process.
      connection.on('error', () => {});
      connection.stream.once('close', () => open.delete(connection));
    });
    opened.on('acquire', (connection) => open.get(connection)?.taken());
    return opened;
  };
  const onCreateConnection = (connection: DatabaseConnection) => prepare(connection, timeoutMs);
  const db = new Kysely<unknown>({ dialect: new MysqlDialect({ pool, onCreateConnection }) });
  const label = `MySQL database ${place}`;
  const cutOff = () => {
    for (const { stream } of open.keys()) stream.destroy(new SilentConnectionError());
  };
  return { db, dialect: mysql, label, isOwned: true, cutOff };
}

function ownConnection(connection: RawConnection, timeoutMs: number): OwnConnection {
  const giveUp = () => connection.stream.destroy(new SilentConnectionError());
  const own = new OwnConnection(mysql, timeoutMs, giveUp);
  const query = connection.query.bind(connection);
  connection.query = (...statement) => {
    const callback = statement.at(-1) as Callback;
    const settled = own.sent();
    const answer: Callback = (error, ...results) => callback(settled(error), ...results);
    return query(...statement.slice(0, -1), answer);
  };
  return own;
}

/** What a connection ends with that was given up. */
class SilentConnectionError extends Error {
  readonly code = 'ETIMEDOUT';
  constructor() {
    super('no answer came within the time limit');
  }
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
async function prepare(connection: DatabaseConnection, timeoutMs: number): Promise<void> {
  const lockWaitSeconds = Math.max(1, Math.floor(workingTime(timeoutMs) / 1000));
  for (const sql of [
    'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED',
    `SET SESSION innodb_lock_wait_timeout = ${lockWaitSeconds}`,
  ]) {
    await connection.executeQuery(CompiledQuery.raw(sql));
  }
}
