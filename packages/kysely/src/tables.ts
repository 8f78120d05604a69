import { SessionError } from '@agent-sessions/core';
import type { SqlDialect } from './dialects/dialect.ts';

/** Names of the tables, for a database in which the usual ones are taken. */
export interface TableNames {
  /** One row a session. Default: `agent_sessions`. */
  readonly sessions: string;
  /** One row an item. Default: `agent_messages`. */
  readonly messages: string;
  /** One row an applied history transaction. Default: `agent_operations`. */
  readonly operations: string;
  /** The version of the tables. Default: `agent_schema`. */
  readonly schema: string;
}

/** Where the tables are. */
export interface TableOptions {
  /**
   * Names of the tables, of at most 50 letters, digits and `_`, no digit first. Default:
   * `agent_sessions`, `agent_messages`, and so on.
   */
  readonly tables?: Partial<TableNames>;
  /** The schema that holds the tables; Postgres only. Default: the connection's `search_path`. */
  readonly schema?: string;
}

/** The tables as statements name them: quoted, and with their schema where one was given. */
export interface Tables extends TableNames {
  /** The quoted schema, if one was given. */
  readonly inSchema: string | undefined;
  /** The quoted name of the index over the sessions' last activity. */
  readonly activityIndex: string;
}

/** An index name takes the table's and a suffix, and Postgres cuts names after 63 bytes. */
const LONGEST_NAME = 50;

/**
 * Checks the options and quotes the names.
 *
 * @throws SessionError `invalid_options` for a name that is not a plain, distinct string, and for a
 * schema where there are none
 */
export function resolveTables(
  { tables: names = {}, schema }: TableOptions,
  { name: database, quote }: Pick<SqlDialect, 'name' | 'quote'>,
): Tables {
  if (typeof names !== 'object' || names === null) {
    throw invalid('tables', "it is not an object such as { sessions: 'my_sessions' }");
  }
  const plain: TableNames = {
    sessions: names.sessions ?? 'agent_sessions',
    messages: names.messages ?? 'agent_messages',
    operations: names.operations ?? 'agent_operations',
    schema: names.schema ?? 'agent_schema',
  };
  const all = Object.values(plain).map((name) => checkName(name, 'tables'));
  if (new Set(all).size !== all.length) throw invalid('tables', 'two names are the same');
  if (schema !== undefined) checkName(schema, 'schema');
  if (schema !== undefined && database !== 'Postgres') {
    throw invalid('schema', 'only Postgres has schemas; name the database in the connection');
  }
  const inSchema = schema === undefined ? undefined : quote(schema);
  const qualify = (name: string): string =>
    inSchema === undefined ? quote(name) : `${inSchema}.${quote(name)}`;
  return {
    sessions: qualify(plain.sessions),
    messages: qualify(plain.messages),
    operations: qualify(plain.operations),
    schema: qualify(plain.schema),
    inSchema,
    activityIndex: quote(`${plain.sessions}_by_activity`),
  };
}

function checkName(name: unknown, option: string): string {
  const lower = typeof name === 'string' ? name.toLowerCase() : '';
  if (!/^[a-z_][a-z0-9_]*$/.test(lower) || lower.length > LONGEST_NAME || /^sqlite_/.test(lower)) {
    throw invalid(
      option,
      `a name takes letters, digits and _, at most ${LONGEST_NAME}, no digit first`,
    );
  }
  return lower;
}

function invalid(option: string, problem: string): SessionError {
  return new SessionError('invalid_options', `Invalid option \`${option}\`: ${problem}.`);
}
