import type { TableNames } from '@agent-sessions/core/backend';

/** The SQL on the records of one session; every statement starts from the session's id. */
export interface RecordsSql {
  readonly state: string;
  readonly raise: string;
  readonly raiseFrom: string;
  readonly edit: string;
  readonly uncount: string;
  readonly empty: string;
  readonly insert: (rows: number) => string;
  readonly newest: string;
  readonly window: string;
  /** One column of the newest records between two positions, newest first. */
  readonly range: (column: 'message_data' | 'position' | 'created_at') => string;
  readonly dropAll: string;
  readonly dropNewest: string;
  readonly dropOne: string;
  readonly update: string;
  readonly remove: string;
  readonly fingerprint: string;
  readonly remember: string;
  readonly forget: string;
}

/** Writes the SQL for these tables; names were checked, and quoted they cannot be anything else. */
export function recordsSql({ sessions, messages, operations }: TableNames): RecordsSql {
  const newest = `FROM "${messages}" WHERE session_id = ? ORDER BY position DESC LIMIT`;
  const state = 'birth, revision, edition, coalesce(view_position, 0), token';
  return {
    state: `SELECT ${state} FROM "${sessions}" WHERE session_id = ?`,
    raise: `UPDATE "${sessions}"
      SET revision = revision + ?, token = ?, item_count = item_count + ?, updated_at = ?
      WHERE session_id = ? AND birth = coalesce(?, birth) RETURNING birth, revision`,
    raiseFrom: `UPDATE "${sessions}" SET revision = ?, edition = ?, token = ?,
        item_count = max(item_count - ?, 0) + ?, updated_at = ?
      WHERE session_id = ? AND birth = ? AND revision = ? AND token = ?`,
    edit: `UPDATE "${sessions}"
      SET revision = revision + 1, edition = revision + 1, token = ?, updated_at = ?,
        view_position = iif(?, revision + 1, view_position)
      WHERE session_id = ? AND birth = ? AND edition = ?
        AND (revision > ? OR (revision = ? AND token = ?))
      RETURNING ${state}`,
    uncount: `UPDATE "${sessions}" SET item_count = max(item_count - ?, 0) WHERE session_id = ?`,
    empty: `UPDATE "${sessions}"
      SET revision = revision + 1, edition = revision + 1, token = ?, item_count = 0, updated_at = ?
      WHERE session_id = ?`,
    insert: (rows) =>
      `INSERT INTO "${messages}" (session_id, position, message_data, created_at)
      VALUES ${Array(rows).fill('(?, ?, ?, ?)').join(', ')}`,
    newest: `SELECT ${state}, (SELECT message_data FROM "${messages}" AS m
        WHERE m.session_id = s.session_id ORDER BY position DESC LIMIT 1)
      FROM "${sessions}" AS s WHERE session_id = ?`,
    window: `SELECT message_data ${newest} ?`,
    range: (column) => `SELECT ${column} FROM "${messages}"
      WHERE session_id = ? AND position > ? AND position < ? ORDER BY position DESC LIMIT ?`,
    dropAll: `DELETE FROM "${messages}" WHERE session_id = ?`,
    dropNewest: `DELETE FROM "${messages}" WHERE session_id = ?
      AND position >= coalesce((SELECT position ${newest} 1 OFFSET ?), 0)`,
    // What popping does; SQLite answers max() from the end of the index.
    dropOne: `DELETE FROM "${messages}" WHERE session_id = ?
      AND position = (SELECT max(position) FROM "${messages}" WHERE session_id = ?)`,
    update: `UPDATE "${messages}" SET message_data = ? WHERE session_id = ? AND position = ?`,
    remove: `DELETE FROM "${messages}" WHERE session_id = ? AND position BETWEEN ? AND ?`,
    fingerprint: `SELECT fingerprint FROM "${operations}"
      WHERE session_id = ? AND operation_key = ?`,
    remember: `INSERT INTO "${operations}" (session_id, operation_key, fingerprint, created_at)
      VALUES (?, ?, ?, ?)`,
    forget: `DELETE FROM "${operations}" WHERE session_id = ?`,
  };
}
