import { SessionError } from '@agent-sessions/core';
import { sql } from 'kysely';
import type { Database, SqlDialect } from './dialect.ts';
import { mysql } from './mysql.ts';
import { postgres } from './postgres.ts';
import { sqlite } from './sqlite.ts';

/**
 * Tells a database by the SQL that its dialect writes, so that dialects of other packages and a second
 * installed copy of Kysely are known too. What an adapter says it can do tells less: over HTTP even
 * Postgres has no transactions.
 *
 * @throws SessionError `unsupported`
 */
export function detectDialect(db: Database): SqlDialect {
  const written = sql`${sql.id('name')} ${'parameter'}`.compile(db).sql;
  switch (written) {
    case '"name" $1':
      return postgres;
    case '`name` ?':
      return mysql;
    case '"name" ?':
      return sqlite;
    default:
      throw new SessionError(
        'unsupported',
        'This database is not supported; SQL Server is not either. Use Postgres, MySQL, MariaDB, PGlite or SQLite.',
      );
  }
}
