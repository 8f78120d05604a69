import { hasFollowed, type State } from '@agent-sessions/core/backend';
import type { Transactions } from '../database.ts';
import { forkRevisionOf } from './branch.ts';

interface BranchRow {
  readonly branch_id: string;
  readonly parent_branch_id: string | null;
  readonly fork_revision: unknown;
}

/**
 * True if a branch in a state has come from another state: from one of its own, or from one that the
 * branch had from which it was made, before it was made. What others wrote on any other branch says
 * nothing about this one.
 */
export async function hasComeFrom(
  database: Transactions,
  key: string,
  state: State | undefined,
  base: State,
): Promise<boolean> {
  if (state === undefined || !hasFollowed(state, base)) return false;
  const origin = forkRevisionOf(base);
  let made = forkRevisionOf(state);
  if (made === origin) return true;
  const rows = await database.read((sql) =>
    sql.all<BranchRow>(
      `SELECT branch_id, parent_branch_id, fork_revision FROM ${sql.tables.branches}
        WHERE session_id = ?`,
      [sql.id(key)],
    ),
  );
  while (made !== origin) {
    if (base.revision >= made) return false;
    const branch = rows.find(({ fork_revision }) => Number(fork_revision) === made);
    const parent = rows.find(({ branch_id }) => branch_id === branch?.parent_branch_id);
    if (parent === undefined) return false;
    made = Number(parent.fork_revision);
  }
  return true;
}
