import { newToken, type State } from '@agent-sessions/core/backend';
import type { Sql } from '../sql.ts';

/** The branch that every session has. */
export const MAIN = 'main';

/**
 * Which branch a session object is on: an existing one by its key, which no other branch ever gets;
 * `main`, which needs none; the one that is current when it is first asked; or one by its id.
 */
export type Binding =
  | { readonly to: 'current' }
  | { readonly to: 'main' }
  | { readonly to: 'id'; readonly branchId: string }
  | { readonly to: 'key'; readonly key: number; readonly branchId: string };

/** A branch as it is stored. */
export interface Branch {
  readonly key: number;
  readonly branchId: string;
  /** How many items it shows. */
  length: number;
  userTurns: number;
  /** That of its session. */
  readonly birth: string;
  /** The session's revision when this branch was last written. */
  revision: number;
  /** As `State` has it, for this branch alone. */
  edition: number;
  view: number;
  /** Names the branch and its last write: see {@link newMark}. */
  token: string;
  /** The session's revision when this branch was made; 0 for `main`, and for no other. */
  readonly forkRevision: number;
  /** The segment to which it appends, if it may. */
  tipSegment: number | undefined;
  readonly deleted: boolean;
}

/** Rows `first` to `last` of a branch are those of the same numbers in a segment. */
export interface Range {
  readonly first: number;
  readonly last: number;
  readonly segment: number;
}

/** A branch, and whether our tables know of everything that the session holds. */
export interface Located {
  readonly branch: Branch | undefined;
  /** The session's revision at our last write, whatever the branch. 0: we never wrote. */
  readonly stamped: number;
  /** The session's revision now; if it is another one, a plain session has written. */
  readonly sessionRevision: number;
}

interface BranchRow {
  readonly branch_key: unknown;
  readonly branch_id: string;
  readonly length: unknown;
  readonly user_turns: unknown;
  readonly birth: string;
  readonly revision: unknown;
  readonly edition: unknown;
  readonly view_position: unknown;
  readonly token: string;
  readonly fork_revision: unknown;
  readonly tip_segment_id: unknown;
  readonly deleted_at: unknown;
  readonly stamped: unknown;
  readonly session_revision: unknown;
}

/** Finds the branch that a binding means now; a session that was never adopted has none. */
export async function locate(sql: Sql, sessionKey: string, binding: Binding): Promise<Located> {
  const { branches, sessions } = sql.tables;
  const id = sql.id(sessionKey);
  const { where, parameters } = condition(binding);
  const [row] = await sql.all<BranchRow>(
    `SELECT b.branch_key, b.branch_id, b.length, b.user_turns, b.birth, b.revision, b.edition,
        b.view_position, b.token, b.fork_revision, b.tip_segment_id, b.deleted_at,
        (SELECT max(revision) FROM ${branches} AS a WHERE a.session_id = b.session_id) AS stamped,
        s.revision AS session_revision
      FROM ${branches} AS b JOIN ${sessions} AS s ON s.session_id = b.session_id AND s.birth = b.birth
      WHERE b.session_id = ? AND ${where} LIMIT 1`,
    [id, ...parameters],
  );
  return row === undefined
    ? { branch: undefined, stamped: 0, sessionRevision: 0 }
    : {
        branch: toBranch(row),
        stamped: Number(row.stamped),
        sessionRevision: Number(row.session_revision),
      };
}

/** What a compare-and-set on a branch compares: writes on other branches do not change it. */
export function stateOf({ birth, revision, edition, view, token }: Branch): State {
  return { birth, revision, edition, view, token };
}

/** True if nobody has written a branch in between. */
export function isSameState(a: Branch, b: Branch): boolean {
  return a.key === b.key && a.birth === b.birth && a.token === b.token && a.revision === b.revision;
}

/**
 * A token for a branch that was made at a revision. It begins with that, so that no state of one branch
 * is ever taken for one of another; those of `main` are what plain sessions write.
 */
export function newMark(forkRevision: number): string {
  return forkRevision === 0 ? newToken() : `${forkRevision}.${newToken()}`;
}

/** When the branch of a state was made. */
export function forkRevisionOf({ token }: Pick<State, 'token'>): number {
  const end = token.indexOf('.');
  return end === -1 ? 0 : Number(token.slice(0, end));
}

/** Brings a branch to the state that a write leaves, which is saved with it. */
export function advance(
  branch: Branch,
  { revision, token }: Pick<State, 'revision' | 'token'>,
  isEdit: boolean,
): void {
  branch.revision = revision;
  if (isEdit) branch.edition = revision;
  branch.token = token;
}

/** After the session was cleared, a key that is gone means `main`. */
function condition(binding: Binding): { where: string; parameters: unknown[] } {
  const living = 'b.deleted_at IS NULL';
  switch (binding.to) {
    case 'current':
      return { where: `${living} ORDER BY b.chosen DESC`, parameters: [] };
    case 'main':
      return { where: 'b.branch_id = ?', parameters: [MAIN] };
    case 'id':
      return { where: 'b.branch_id = ?', parameters: [binding.branchId] };
    case 'key':
      return {
        where: `(b.branch_key = ? OR b.branch_id = ?)
          ORDER BY CASE WHEN b.branch_key = ? THEN 0 ELSE 1 END`,
        parameters: [binding.key, MAIN, binding.key],
      };
  }
}

/** True if a binding means this branch for certain, whatever others do. */
export function isOn(
  binding: Binding,
  { key, branchId }: Pick<Branch, 'key' | 'branchId'>,
): boolean {
  if (binding.to === 'key') return binding.key === key;
  return binding.to === 'main' && branchId === MAIN;
}

function toBranch(row: BranchRow): Branch {
  return {
    key: Number(row.branch_key),
    branchId: row.branch_id,
    length: Number(row.length),
    userTurns: Number(row.user_turns),
    birth: row.birth,
    revision: Number(row.revision),
    edition: Number(row.edition),
    view: Number(row.view_position),
    token: row.token,
    forkRevision: Number(row.fork_revision),
    tipSegment: row.tip_segment_id === null ? undefined : Number(row.tip_segment_id),
    deleted: row.deleted_at !== null,
  };
}

/** The branches that were not deleted, in the order in which they were made. */
export async function livingBranches(
  sql: Sql,
  sessionKey: string,
): Promise<Pick<Branch, 'key' | 'branchId'>[]> {
  const rows = await sql.all<Pick<BranchRow, 'branch_key' | 'branch_id'>>(
    `SELECT branch_key, branch_id FROM ${sql.tables.branches}
      WHERE session_id = ? AND deleted_at IS NULL ORDER BY branch_key`,
    [sql.id(sessionKey)],
  );
  return rows.map((row) => ({ key: Number(row.branch_key), branchId: row.branch_id }));
}

/** The ranges of a branch, in order. */
export async function rangesOf(sql: Sql, key: number): Promise<Range[]> {
  const rows = await sql.all<{ first_seq: unknown; last_seq: unknown; segment_id: unknown }>(
    `SELECT first_seq, last_seq, segment_id FROM ${sql.tables.ranges}
      WHERE branch_key = ? ORDER BY first_seq`,
    [key],
  );
  return rows.map((row) => ({
    first: Number(row.first_seq),
    last: Number(row.last_seq),
    segment: Number(row.segment_id),
  }));
}

/** Writes what changed of a branch. */
export async function save(sql: Sql, branch: Branch): Promise<void> {
  await sql.run(
    `UPDATE ${sql.tables.branches}
      SET length = ?, user_turns = ?, revision = ?, edition = ?, view_position = ?, token = ?,
        tip_segment_id = ?
      WHERE branch_key = ?`,
    [
      branch.length,
      branch.userTurns,
      branch.revision,
      branch.edition,
      branch.view,
      branch.token,
      branch.tipSegment ?? null,
      branch.key,
    ],
  );
}
