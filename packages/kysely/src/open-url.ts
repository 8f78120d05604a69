import { invalidOptions, isDatabasePath } from '@agent-sessions/core/backend';
import { openMySQL } from './databases/mysql.ts';
import { openPostgres } from './databases/postgres.ts';
import { openSQLite } from './databases/sqlite.ts';
import { loadDriver } from './load-driver.ts';
import type { OpenedDatabase } from './opened-database.ts';
import { schemeOf } from './place-of-url.ts';

/**
 * Opens a database by its URL. Its driver is loaded, and a connection opened, on first use.
 *
 * @throws SessionError `invalid_options` for what is not the URL of a known database
 */
export function openUrl(given: string | URL, timeoutMs?: number): OpenedDatabase {
  const url = String(given);
  const scheme = schemeOf(url);
  switch (scheme) {
    case 'postgres':
    case 'postgresql':
      return openPostgres(url, () => loadDriver('pg'), timeoutMs);
    case 'mysql':
    case 'mariadb':
      return openMySQL(url, () => loadDriver('mysql2'), timeoutMs);
    case 'sqlite':
      return openSQLite(pathOf(url.slice('sqlite:'.length)), () => loadDriver('better-sqlite3'));
    case 'file':
      throw invalidOptions(
        '`url`',
        `write sqlite:${pathOf(url.slice('file:'.length).replace(/\?.*$/s, ''))} for a file of SQLite`,
      );
    default:
      throw invalidOptions(
        '`url`',
        `${scheme === undefined ? 'it names no database' : `${scheme}: is unknown`}. Use postgres://, mysql:// or sqlite:`,
      );
  }
}

/** The path of a `sqlite:` URL. */
function pathOf(rest: string): string {
  const path = rest.replace(/^\/\/(?=\/)/, '') || ':memory:';
  if (path.startsWith('//')) {
    throw invalidOptions(
      '`url`',
      `\`sqlite://name\` would be a host, and a file has none. Write sqlite:${path.slice(2)} for a relative path, sqlite:/${path.slice(2)} for an absolute one`,
    );
  }
  if (path.includes('?')) {
    throw invalidOptions(
      '`url`',
      `the URL of a file takes no parameters. Write sqlite:${path.replace(/\?.*$/s, '')}`,
    );
  }
  const problem = isDatabasePath(path);
  if (problem !== undefined) throw invalidOptions('`url`', `the path ${problem}`);
  return path;
}
