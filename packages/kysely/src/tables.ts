import {
  invalidOptions,
  isTableName,
  type OptionChecks,
  resolveTableNames,
  type TableNames,
} from '@agent-sessions/core/backend';
import type { SqlDialect } from './dialects/dialect.ts';

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

/** Their values are checked when they are resolved, for which the database must be known. */
export const tableChecks: OptionChecks<TableOptions> = {
  tables: () => undefined,
  schema: () => undefined,
};

/** The tables as statements name them: quoted, and with their schema where one was given. */
export interface Tables extends TableNames {
  /** The quoted schema, if one was given. */
  readonly inSchema: string | undefined;
  /** The quoted name of the index over the sessions' last activity. */
  readonly activityIndex: string;
  /** The quoted name of the index over the sessions of each owner. */
  readonly ownerIndex: string;
}

/**
 * Checks the options and quotes the names.
 *
 * @throws SessionError `invalid_options` for a name that is not a plain, distinct string, and for a
 * schema where there are none
 */
export function resolveTables(
  { tables: names, schema }: TableOptions,
  { name: database, quote }: Pick<SqlDialect, 'name' | 'quote'>,
): Tables {
  const plain = resolveTableNames(names);
  if (schema !== undefined && !isTableName(schema)) {
    throw invalidOptions(
      '`schema`',
      'a name takes letters, digits and _, at most 50 of them, no digit first',
    );
  }
  if (schema !== undefined && database !== 'Postgres') {
    throw invalidOptions(
      '`schema`',
      `${database} has no schemas; only Postgres has. Name the database in the connection`,
    );
  }
  const inSchema = schema === undefined ? undefined : quote(schema.toLowerCase());
  const qualify = (name: string): string =>
    inSchema === undefined ? quote(name) : `${inSchema}.${quote(name)}`;
  return {
    sessions: qualify(plain.sessions),
    messages: qualify(plain.messages),
    operations: qualify(plain.operations),
    schema: qualify(plain.schema),
    inSchema,
    activityIndex: quote(`${plain.sessions}_by_activity`),
    ownerIndex: quote(`${plain.sessions}_by_owner`),
  };
}
