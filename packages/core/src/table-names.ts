import {
  assertOptions,
  expecting,
  invalidOptions,
  type OptionChecks,
  optional,
} from './options.ts';

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

/** An index name takes the table's and a suffix, and Postgres cuts names after 63 bytes. */
const LONGEST_NAME = 50;

const name = optional(
  expecting(
    `a name of letters, digits and _, at most ${LONGEST_NAME} of them, no digit first, not sqlite_…`,
    isTableName,
  ),
);

const checks: OptionChecks<TableNames> = {
  sessions: name,
  messages: name,
  operations: name,
  schema: name,
};

/**
 * The names of the tables in lower case: the same for every SQL package, so that what one of them
 * creates the others open.
 *
 * @throws SessionError `invalid_options` for a name that is not plain, or used twice
 *
 * @example
 * ```ts
 * import { resolveTableNames } from '@agent-sessions/core/backend';
 *
 * const { sessions, messages } = resolveTableNames({ sessions: 'support_sessions' });
 * ```
 */
export function resolveTableNames(names: Partial<TableNames> = {}): TableNames {
  const example = "{ sessions: 'my_sessions' }";
  assertOptions<Partial<TableNames>>(names, { of: '`tables`', example, checks });
  const tables = {
    sessions: (names.sessions ?? 'agent_sessions').toLowerCase(),
    messages: (names.messages ?? 'agent_messages').toLowerCase(),
    operations: (names.operations ?? 'agent_operations').toLowerCase(),
    schema: (names.schema ?? 'agent_schema').toLowerCase(),
  };
  const all = Object.values(tables);
  const twice = all.find((one, index) => all.indexOf(one) !== index);
  if (twice !== undefined) throw invalidOptions('`tables`', `two tables are called ${twice}`);
  return tables;
}

/** True for what every database takes as the name of a table or a schema. */
export function isTableName(value: unknown): value is string {
  if (typeof value !== 'string' || value.length > LONGEST_NAME) return false;
  return /^[a-z_][a-z0-9_]*$/i.test(value) && !/^sqlite_/i.test(value);
}
