import {
  assertOptions,
  expecting,
  invalidOptions,
  type OptionChecks,
  optional,
} from './options.ts';

/**
 * Names of the tables, for a database in which the usual ones are taken. With another name for
 * `sessions` those that are left out begin with it, so that two sets of tables share none.
 */
export interface TableNames {
  /** One row a session. Default: `agent_sessions`. */
  readonly sessions: string;
  /** One row an item. Default: `agent_messages`, or `<sessions>_messages`. */
  readonly messages: string;
  /** One row an applied history transaction. Default: `agent_operations`, or `<sessions>_operations`. */
  readonly operations: string;
  /** The version of the tables. Default: `agent_schema`, or `<sessions>_schema`. */
  readonly schema: string;
}

const USUAL_SESSIONS = 'agent_sessions';

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
  const sessions = (names.sessions ?? USUAL_SESSIONS).toLowerCase();
  const prefix = sessions === USUAL_SESSIONS ? 'agent' : sessions;
  const tables = {
    sessions,
    messages: (names.messages ?? `${prefix}_messages`).toLowerCase(),
    operations: (names.operations ?? `${prefix}_operations`).toLowerCase(),
    schema: (names.schema ?? `${prefix}_schema`).toLowerCase(),
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
