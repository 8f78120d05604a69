import { rowKey, splitKey } from '@agent-sessions/core/backend';
import type { Birth, Raising, SqlDialect, Statement } from './dialect.ts';

type Encoding = Pick<SqlDialect, 'encodeId' | 'encodeName'>;

/** Columns of a session's row, and what stands in them. */
export interface Columns {
  readonly names: readonly string[];
  readonly values: readonly unknown[];
}

/**
 * What a row is known by, its id first. Only where the key is not an id, as that of an owned session,
 * are there other columns.
 */
export function identityOf({ encodeId, encodeName }: Encoding, key: string): Columns {
  const id = encodeId(key);
  if (rowKey(key) === key) return { names: ['session_id'], values: [id] };
  const { owner, sessionId } = splitKey(key);
  return {
    names: ['session_id', 'owner', 'name'],
    values: [id, encodeName(owner), encodeName(sessionId)],
  };
}

/** What each row has at first beside what it is known by. */
export const AT_BIRTH = [
  'birth',
  'lineage',
  'revision',
  'item_count',
  'token',
  'created_at',
  'updated_at',
] as const;

/** The row of a session that a write creates. */
export function newRow(encoding: Encoding, raising: Raising & Birth): Columns {
  const { id, newBirth, newLineage, amount, added, isEdit, token, now } = raising;
  const { names, values } = identityOf(encoding, id);
  return {
    names: [...names, ...AT_BIRTH, ...(isEdit ? ['edition'] : [])],
    values: [
      ...values,
      ...[newBirth, newLineage, amount, added, token, now, now],
      ...(isEdit ? [amount] : []),
    ],
  };
}

/**
 * What a write assigns to the row of a session that is there. The revision comes after what is made of
 * it: MySQL assigns one after the other, and would take it as it has become.
 *
 * @param column - How a column of that row is named.
 * @param revision - What the revision becomes, made of the sum.
 */
export function raisedRow(
  { amount, added, dropped, isEdit, isCompaction = false, token, now }: Raising,
  column: (name: string) => string = (name) => name,
  revision: (sum: string) => string = (sum) => sum,
): Statement {
  const sum = `${column('revision')} + ?`;
  const count = itemCount(column('item_count'), added, dropped);
  const marks = [...(isEdit ? ['edition'] : []), ...(isCompaction ? ['view_position'] : [])];
  return {
    sql: `${marks.map((mark) => `${mark} = ${sum}, `).join('')}revision = ${revision(sum)},
      item_count = ${count.sql}, token = ?, updated_at = ?`,
    parameters: [...marks.map(() => amount), amount, ...count.parameters, token, now],
  };
}

function itemCount(count: string, added: number, dropped: Raising['dropped']): Statement {
  if (dropped === 'all') return { sql: '?', parameters: [added] };
  if (dropped === 0) return { sql: `${count} + ?`, parameters: [added] };
  // A session may hold fewer.
  const sql = `CASE WHEN ${count} > ? THEN ${count} - ? ELSE 0 END + ?`;
  return { sql, parameters: [dropped, dropped, added] };
}
