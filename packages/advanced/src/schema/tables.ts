import type { SqlDialect, Tables } from '@agent-sessions/kysely/engine';

/** Our tables as statements name them, beside those of the plain session. */
export interface AdvancedTables {
  /** One row a branch. */
  readonly branches: string;
  /** What a branch is made of: ranges over segments. */
  readonly ranges: string;
  /** Runs of rows to which one branch appended. */
  readonly segments: string;
  /** One row an item: its place, its turn, its type. */
  readonly nodes: string;
  /** The ledger of history transactions, by branch. */
  readonly operations: string;
  /** One row a run whose usage was stored. */
  readonly runs: string;
  /** One row a turn with usage. */
  readonly turnUsage: string;
  /** The view for analytics. */
  readonly structure: string;
}

/** The names, which are fixed: the SQL of other people depends on them. */
export const TABLE_NAMES: AdvancedTables = {
  branches: 'agent_branches',
  ranges: 'branch_ranges',
  segments: 'branch_segments',
  nodes: 'message_nodes',
  operations: 'branch_operations',
  runs: 'run_usage',
  turnUsage: 'turn_usage',
  structure: 'message_structure',
};

/** Names of both packages' tables, quoted and qualified. */
export interface TableMap extends Omit<Tables, 'operations'>, AdvancedTables {
  /** The plain session's ledger of history transactions, which is that of `main`. */
  readonly ledger: string;
}

/** Quotes our names and puts them into the schema of the session tables, if there is one. */
export function allTables(core: Tables, { quote }: Pick<SqlDialect, 'quote'>): TableMap {
  const qualify = (name: string): string =>
    core.inSchema === undefined ? quote(name) : `${core.inSchema}.${quote(name)}`;
  const own = Object.entries(TABLE_NAMES).map(([kind, name]) => [kind, qualify(name)]);
  return { ...core, ...(Object.fromEntries(own) as AdvancedTables), ledger: core.operations };
}
