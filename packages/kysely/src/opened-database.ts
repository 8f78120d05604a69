import { expecting, type OptionCheck } from '@agent-sessions/core/backend';
import { detectDialect } from './dialects/detect.ts';
import type { Database, Execute, SqlDialect } from './dialects/dialect.ts';

/** A database that statements can be sent to. */
export interface OpenedDatabase {
  readonly db: Database;
  readonly dialect: SqlDialect;
  /** What errors call it: its place, never a password. */
  readonly label: string;
  /** Whether it was opened here, and so is closed here. */
  readonly isOwned: boolean;
  /** Whether it is in memory, if the database cannot tell; then tables are always created. */
  readonly isInMemory?: boolean;
  /** Whether it is the caller's own Kysely instance, who may have begun a transaction on it. */
  readonly isGiven?: boolean;
  /** Destroys the connections that are open, for a server that does not answer when they are closed. */
  readonly cutOff?: () => void;
  /** What to do once the tables of the database turned out to be ours, or to be missing. */
  readonly onAccepted?: (execute: Execute) => Promise<unknown>;
}

/** Any `Kysely<DB>` or `Transaction<DB>`, whatever `DB` is. */
export type KyselyInstance = Pick<Database, 'getExecutor' | 'isTransaction'>;

/**
 * A database over the caller's own Kysely instance, which is never closed here.
 *
 * @param inTransaction - Whether the caller has begun a transaction on its one connection.
 * @throws SessionError `unsupported` for SQL Server
 */
export function openGiven(db: KyselyInstance, inTransaction: boolean = false): OpenedDatabase {
  const given = db as Database;
  const dialect = detectDialect(given);
  return {
    db: inTransaction ? asTransaction(given) : given,
    dialect,
    label: `${dialect.name} database`,
    isOwned: false,
    isGiven: true,
  };
}

/** The same instance, which says that it is a transaction. */
function asTransaction(db: Database): Database {
  return new Proxy(db, {
    get(target, name) {
      if (name === 'isTransaction') return true;
      const member: unknown = Reflect.get(target, name, target);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
}

/** Refuses what is not a Kysely instance, and says how to make one of what people have in its place. */
export const isKysely: OptionCheck = (value) => {
  if (hasMember(value, 'getExecutor')) return undefined;
  const other = OTHERS.find(({ members }) => members.every((name) => hasMember(value, name)));
  if (other === undefined) return notKysely(value);
  return `must be an instance of Kysely, not ${other.is}. ${other.advice}`;
};

const notKysely = expecting('an instance of Kysely', () => false);

/** In order: a Drizzle instance has a client of its own driver inside. */
const OTHERS: readonly {
  readonly is: string;
  readonly members: readonly string[];
  readonly advice: string;
}[] = [
  {
    is: 'one of Drizzle',
    members: ['select', '$client'],
    advice:
      'Pass `new Kysely({ dialect: new PostgresDialect({ pool: db.$client }) })`, or the dialect of your database, so that both share the connections',
  },
  {
    is: 'one of Drizzle',
    members: ['select', '_'],
    advice:
      'Pass a Kysely instance over the same pool: `new Kysely({ dialect: new PostgresDialect({ pool }) })`',
  },
  {
    is: 'one of Knex',
    members: ['raw', 'schema'],
    advice:
      'Pass a Kysely instance over a pool of the same driver: `new Kysely({ dialect: new PostgresDialect({ pool }) })`',
  },
  {
    is: 'an open database of better-sqlite3',
    members: ['prepare', 'pragma'],
    advice:
      'Pass `new Kysely({ dialect: new SqliteDialect({ database: db }) })`, or use @agent-sessions/sqlite',
  },
  {
    is: 'a database of PGlite',
    members: ['query', 'exec', 'waitReady'],
    advice: 'Pass `new Kysely({ dialect: new PGliteDialect({ pglite: db }) })`',
  },
  {
    is: 'a pool of mysql2/promise',
    members: ['getConnection', 'query', 'pool'],
    advice: 'Pass `new Kysely({ dialect: new MysqlDialect({ pool: db.pool }) })`',
  },
  {
    is: 'a pool of mysql2',
    members: ['getConnection', 'query'],
    advice: 'Pass `new Kysely({ dialect: new MysqlDialect({ pool: db }) })`',
  },
  {
    is: 'a pool of pg',
    members: ['connect', 'query', 'totalCount'],
    advice:
      'Pass `new Kysely({ dialect: new PostgresDialect({ pool: db }) })`, or use PostgresSessionStore of @agent-sessions/kysely/postgres, which takes a `pool`',
  },
  {
    is: 'a client of pg',
    members: ['connect', 'query'],
    advice: 'Make a Pool, and pass `new Kysely({ dialect: new PostgresDialect({ pool }) })`',
  },
];

function hasMember(value: unknown, name: string): boolean {
  return (
    ((typeof value === 'object' && value !== null) || typeof value === 'function') && name in value
  );
}
