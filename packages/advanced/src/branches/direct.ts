import type { Snapshot, SnapshotQuery } from '@agent-sessions/core/backend';
import type { Cursor } from '../cursor.ts';
import type { Sql } from '../sql.ts';
import { MAIN } from './branch.ts';

/*
 * While `main` is the only branch, the plain session's tables hold just what it shows, whoever wrote
 * it. Then one statement on them is all that a read takes; it also tells whether there are others.
 */

/** Finds a living branch besides `main`. */
function others(sql: Sql, sessionId: string): string {
  return `SELECT 1 FROM ${sql.tables.branches} AS b WHERE b.session_id = ${sessionId}
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
      [sql.id(cursor.sessionId), sql.id(cursor.sessionId), limit],
    ),
  );
  if (rows.length === 0) return undefined;
  cursor.place.binding = { to: 'main' };
  return rows.map(({ message_data }) => message_data).reverse();
}

/** A snapshot without positions; `undefined` if branches have to be looked at. */
export async function directSnapshot(
  cursor: Cursor,
  { limit, operation }: SnapshotQuery,
): Promise<Snapshot | undefined> {
  if (!mayBeMain(cursor)) return undefined;
  const rows = await cursor.database.read((sql) => {
    const id = sql.id(cursor.sessionId);
    const { sessions, ledger, messages } = sql.tables;
    const parts = [
      `SELECT 0 AS kind, s.revision AS number, s.birth AS data FROM ${sessions} AS s
        WHERE s.session_id = ? AND NOT EXISTS (${others(sql, 's.session_id')})`,
      `SELECT 3, 0, s.token FROM ${sessions} AS s WHERE s.session_id = ?`,
    ];
    const parameters: unknown[] = [id, id];
    if (operation !== undefined) {
      parts.push(
        `SELECT 1, 0, fingerprint FROM ${ledger} WHERE session_id = ? AND operation_key = ?`,
      );
      parameters.push(id, operation);
    }
    if (limit !== 0) {
      const newest = limit === undefined ? '' : `DESC LIMIT ${limit}`;
      parts.push(
        `SELECT 2, newest.position, newest.message_data FROM (
          SELECT m.position, m.message_data FROM ${messages} AS m ${inOrder(sql)}
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
  return {
    state: {
      birth: session.data ?? '',
      revision: Number(session.number),
      token: rows.find(({ kind }) => Number(kind) === 3)?.data ?? '',
    },
    records: held.map(({ data }) => data ?? ''),
    ...(typeof fingerprint === 'string' && { operation: fingerprint }),
  };
}

interface DirectRow {
  readonly kind: unknown;
  readonly number: unknown;
  readonly data: string | null;
}

function mayBeMain({ place: { binding } }: Cursor): boolean {
  return binding.to === 'main' || binding.to === 'current';
}
