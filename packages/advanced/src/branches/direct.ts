import type { Snapshot, SnapshotQuery, State } from '@agent-sessions/core/backend';
import type { Cursor } from '../cursor.ts';
import type { Sql } from '../sql.ts';
import { MAIN } from './branch.ts';

/*
 * While `main` is the only branch, the plain session's tables hold just what it shows, whoever wrote
 * it. Then one statement on them is all that a read takes; it also tells whether there are others.
 */

/** Finds a living branch besides `main`. */
function others(sql: Sql, sessionKey: string): string {
  return `SELECT 1 FROM ${sql.tables.branches} AS b WHERE b.session_id = ${sessionKey}
    AND b.branch_id <> '${MAIN}' AND b.deleted_at IS NULL`;
}

/** Left to itself, MySQL scans and sorts a table that holds little else than one session. */
function inOrder({ dialect }: Sql): string {
  return dialect.name === 'MySQL' ? 'FORCE INDEX (session_id)' : '';
}

/** The newest records, oldest first; `undefined` if branches have to be looked at. */
export async function directWindow(cursor: Cursor, limit: number): Promise<string[] | undefined> {
  if (!mayBeMain(cursor)) return undefined;
  const rows = await cursor.database.read((sql) =>
    sql.all<{ message_data: string }>(
      `SELECT m.message_data FROM ${sql.tables.messages} AS m ${inOrder(sql)}
        WHERE m.session_id = ? AND NOT EXISTS (${others(sql, '?')})
        ORDER BY m.position DESC LIMIT ?`,
      [sql.id(cursor.key), sql.id(cursor.key), limit],
    ),
  );
  if (rows.length === 0) return undefined;
  cursor.place.binding = { to: 'main' };
  return rows.map(({ message_data }) => message_data).reverse();
}

/** A snapshot without positions; `undefined` if branches have to be looked at. */
export async function directSnapshot(
  cursor: Cursor,
  { limit, operation, times }: SnapshotQuery,
): Promise<Snapshot | undefined> {
  if (!mayBeMain(cursor)) return undefined;
  const rows = await cursor.database.read((sql) => {
    const id = sql.id(cursor.key);
    const { branches, sessions, ledger, messages } = sql.tables;
    const stamped = `(SELECT max(a.revision) FROM ${branches} AS a WHERE a.session_id = s.session_id)`;
    const parts = [
      `SELECT 0 AS kind, s.revision AS number, s.edition AS time, s.birth AS data, s.token AS token,
          COALESCE(s.view_position, 0) AS view_position
        FROM ${sessions} AS s
        WHERE s.session_id = ? AND NOT EXISTS (${others(sql, 's.session_id')})`,
      `SELECT 3, m.revision, m.edition, '', m.token, m.view_position FROM ${sessions} AS s
        JOIN ${branches} AS m ON m.session_id = s.session_id AND m.birth = s.birth
          AND m.branch_id = '${MAIN}'
        WHERE s.session_id = ? AND s.revision = ${stamped}`,
    ];
    const parameters: unknown[] = [id, id];
    if (operation !== undefined) {
      parts.push(
        `SELECT 1, 0, 0, fingerprint, '', 0 FROM ${ledger} WHERE session_id = ? AND operation_key = ?`,
      );
      parameters.push(id, operation);
    }
    if (limit !== 0) {
      const newest = limit === undefined ? '' : `DESC LIMIT ${limit}`;
      const time = times ? 'm.created_at' : '0';
      parts.push(
        `SELECT 2, newest.position, newest.time, newest.message_data, '', 0 FROM (
          SELECT m.position, m.message_data, ${time} AS time FROM ${messages} AS m ${inOrder(sql)}
          WHERE m.session_id = ? AND NOT EXISTS (${others(sql, '?')})
          ORDER BY m.position ${newest}) AS newest`,
      );
      parameters.push(id, id);
    }
    return sql.all<DirectRow>(parts.join(' UNION ALL '), parameters);
  });
  const session = rows.find(({ kind }) => Number(kind) === 0);
  if (session === undefined) return undefined;
  cursor.place.binding = { to: 'main' };
  const fingerprint = rows.find(({ kind }) => Number(kind) === 1)?.data;
  const held = rows.filter(({ kind }) => Number(kind) === 2);
  held.sort((a, b) => Number(a.number) - Number(b.number));
  // What a plain session wrote since our last write is part of `main`, which our tables do not know yet.
  const newest = rows.find(({ kind }) => Number(kind) === 3) ?? session;
  return {
    state: toState(session.data ?? '', newest),
    records: held.map(({ data }) => data ?? ''),
    ...(times && { times: held.map(({ time }) => Number(time)) }),
    ...(typeof fingerprint === 'string' && { operation: fingerprint }),
  };
}

interface DirectRow {
  readonly kind: unknown;
  readonly number: unknown;
  /** An edition, or when a record was added. */
  readonly time: unknown;
  readonly data: string | null;
  readonly token: string;
  readonly view_position: unknown;
}

function toState(birth: string, { number, time, view_position, token }: DirectRow): State {
  const view = Number(view_position);
  return { birth, revision: Number(number), edition: Number(time), view, token };
}

function mayBeMain({ place: { binding } }: Cursor): boolean {
  return binding.to === 'main' || binding.to === 'current';
}
