import type { SnapshotQuery, State } from '@agent-sessions/core/backend';
import type { Sql } from '../sql.ts';
import { type Branch, type Range, stateOf } from './branch.ts';
import { lookup } from './ledger.ts';
import { countBelow } from './places.ts';

/** A branch, with what reads of it need, as it was at one moment. */
export interface Shown {
  readonly branch: Branch;
  readonly ranges: readonly Range[];
}

/** What to read of a branch. */
export type RowsQuery = Pick<SnapshotQuery, 'limit' | 'before' | 'after' | 'operation' | 'times'>;

/** Rows of a branch, oldest first. */
export interface Rows {
  readonly records: string[];
  readonly positions: number[];
  /** Empty unless they were asked for. */
  readonly times: number[];
  readonly state: State;
  readonly operation: string | undefined;
}

/** Why rows could not be read: the branch is another by now, or a plain session has written. */
export type Stale = 'changed' | 'unadopted';

/** Longer branches are read by a join, for a statement may have only so many parts. */
const MOST_PARTS = 100;

interface Row {
  readonly kind: unknown;
  readonly seq: unknown;
  readonly data: string | null;
  readonly position: unknown;
  readonly time: unknown;
}

/** Rows of a branch by their numbers in it. */
interface Extent {
  readonly from: number;
  readonly to: number;
}

/**
 * Reads rows in one statement, which also tells whether the branch is still as it was shown: the
 * ranges are written into the statement, for not every database uses bounds that come from a join.
 */
export async function readRows(
  sql: Sql,
  key: string,
  shown: Shown,
  query: RowsQuery,
): Promise<Rows | Stale> {
  const { branch } = shown;
  const { branches, sessions } = sql.tables;
  const stamped = `(SELECT max(a.revision) FROM ${branches} AS a WHERE a.session_id = b.session_id)`;
  const parts = [
    `SELECT 0 AS kind, CASE WHEN ${stamped} = s.revision THEN 1 ELSE 0 END AS seq,
      s.birth AS data, 0 AS position, 0 AS time
      FROM ${branches} AS b JOIN ${sessions} AS s ON s.session_id = b.session_id AND s.birth = b.birth
      WHERE b.branch_key = ? AND b.revision = ? AND b.token = ? AND b.deleted_at IS NULL`,
  ];
  const parameters: unknown[] = [branch.key, branch.revision, branch.token];
  if (query.operation !== undefined) {
    const { text, parameters: more } = lookup(sql, key, branch, query.operation);
    parts.push(`SELECT 1, 0, f.fingerprint, 0, 0 FROM (${text}) AS f`);
    parameters.push(...more);
  }
  // Looked up before: if the branch has changed since, the statement tells.
  const extent = await extentOf(sql, shown, query);
  parts.push(...rowsOf(sql, shown, extent, query.times ?? false));
  const rows = await sql.all<Row>(parts.join(' UNION ALL '), parameters);
  const check = rows.find(({ kind }) => Number(kind) === 0);
  if (check === undefined) return 'changed';
  if (Number(check.seq) === 0) return 'unadopted';
  const fingerprint = rows.find(({ kind }) => Number(kind) === 1)?.data;
  const held = rows.filter(({ kind }) => Number(kind) === 2);
  held.sort((a, b) => Number(a.seq) - Number(b.seq));
  return {
    records: held.map(({ data }) => data ?? ''),
    positions: held.map(({ position }) => Number(position)),
    times: query.times ? held.map(({ time }) => Number(time)) : [],
    state: stateOf(branch),
    operation: fingerprint ?? undefined,
  };
}

async function extentOf(
  sql: Sql,
  { branch, ranges }: Shown,
  { limit = Number.POSITIVE_INFINITY, before, after }: RowsQuery,
): Promise<Extent> {
  const to = before === undefined ? branch.length : await countBelow(sql, ranges, before);
  const passed = after === undefined ? 0 : await countBelow(sql, ranges, after + 1);
  return { from: Math.max(to - limit, passed) + 1, to };
}

function rowsOf(
  sql: Sql,
  { branch: { key }, ranges }: Shown,
  { from, to }: Extent,
  times: boolean,
): string[] {
  if (to < from) return [];
  const { nodes, messages, ranges: table } = sql.tables;
  const time = times ? 'm.created_at' : '0';
  const columns = `SELECT 2, n.sequence_number, m.message_data, n.position, ${time}`;
  const joined = `${nodes} AS n JOIN ${messages} AS m ON m.id = n.message_id`;
  const shown = ranges.filter(({ first, last }) => last >= from && first <= to);
  // All of these numbers are ours.
  if (shown.length > MOST_PARTS) {
    return [
      `${columns} FROM ${table} AS r JOIN ${nodes} AS n ON n.segment_id = r.segment_id
        AND n.sequence_number BETWEEN r.first_seq AND r.last_seq
        JOIN ${messages} AS m ON m.id = n.message_id
        WHERE r.branch_key = ${key} AND n.sequence_number BETWEEN ${from} AND ${to}`,
    ];
  }
  return shown.map(
    ({ segment, first, last }) =>
      `${columns} FROM ${joined} WHERE n.segment_id = ${segment}
        AND n.sequence_number BETWEEN ${Math.max(first, from)} AND ${Math.min(last, to)}`,
  );
}
