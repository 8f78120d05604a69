import type { SqliteDatabase, SqliteStatement } from 'kysely';

/** More than a session's calls have; those that hold numbers of a history come and go. */
const MOST = 64;

/**
 * A database that keeps the statements it prepared last. Kysely prepares each anew, which takes about
 * as long as running it. Only for a database of our own, whose results are never read row by row: a
 * statement that is still being read cannot be run again.
 */
export function keepStatements(database: SqliteDatabase): SqliteDatabase {
  const kept = new Map<string, SqliteStatement>();
  return {
    prepare(sql) {
      const statement = kept.get(sql) ?? database.prepare(sql);
      // Behind all others: the one that nobody asked for longest goes first.
      kept.delete(sql);
      kept.set(sql, statement);
      const [oldest] = kept.keys();
      if (kept.size > MOST && oldest !== undefined) kept.delete(oldest);
      return statement;
    },
    close: () => database.close(),
  };
}
