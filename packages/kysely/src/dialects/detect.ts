import { SessionError } from '@agent-sessions/core';
import type { Database, SqlDialect } from './dialect.ts';
import { mysql } from './mysql.ts';
import { postgres } from './postgres.ts';
import { sqlite } from './sqlite.ts';

/**
 * Tells a database by what its adapter says it can do, so that dialects of other packages and a
 * second installed copy of Kysely are known too.
 *
 * @throws SessionError `unsupported`
 */
export function detectDialect(db: Database): SqlDialect {
  const { supportsTransactionalDdl, supportsReturning, supportsOutput } = db.getExecutor().adapter;
  if (supportsOutput) {
    throw new SessionError(
      'unsupported',
      'SQL Server is not supported. Use Postgres, MySQL, MariaDB, PGlite or SQLite.',
    );
  }
  if (!supportsReturning) return mysql;
  return supportsTransactionalDdl ? postgres : sqlite;
}
