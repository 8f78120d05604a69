import type { TableNames } from '@agent-sessions/core/backend';

/** The SQL on the records of one session; every statement starts from the session's id. */
export interface RecordsSql {
  readonly state: string;
  readonly raise: string;
  readonly raiseFrom: string;
  readonly insert: (rows: number) => string;
  readonly newest: string;
  readonly window: string;
  readonly all: string;
  readonly positions: string;
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
  return {
    state: `SELECT birth, revision, token FROM "${sessions}" WHERE session_id = ?`,
    raise: `INSERT INTO "${sessions}" (session_id, birth, revision, token, created_at, updated_at)
      VALUES (?, ?, ?, ?, ?, ?)
      ON CONFLICT (session_id) DO UPDATE
      SET revision = revision + ?, token = excluded.token, updated_at = excluded.updated_at
      RETURNING birth, revision`,
    raiseFrom: `UPDATE "${sessions}" SET revision = ?, token = ?, updated_at = ?
      WHERE session_id = ? AND birth = ? AND revision = ? AND token = ?`,
    insert: (rows) =>
      `INSERT INTO "${messages}" (session_id, position, message_data, created_at)
      VALUES ${Array(rows).fill('(?, ?, ?, ?)').join(', ')}`,
    newest: `SELECT birth, revision, token, (SELECT message_data FROM "${messages}" AS m
        WHERE m.session_id = s.session_id ORDER BY position DESC LIMIT 1)
      FROM "${sessions}" AS s WHERE session_id = ?`,
    window: `SELECT message_data ${newest} ?`,
    all: `SELECT message_data FROM "${messages}" WHERE session_id = ? ORDER BY position`,
    positions: `SELECT position ${newest} ?`,
    dropAll: `DELETE FROM "${messages}" WHERE session_id = ?`,
    dropNewest: `DELETE FROM "${messages}" WHERE session_id = ?
      AND position >= coalesce((SELECT position ${newest} 1 OFFSET ?), 0)`,
    // What popping does; SQLite answers max() from the end of the index.
    dropOne: `DELETE FROM "${messages}" WHERE session_id = ?
      AND position = (SELECT max(position) FROM "${messages}" WHERE session_id = ?)`,
    update: `UPDATE "${messages}" SET message_data = ? WHERE session_id = ? AND position = ?`,
    remove: `DELETE FROM "${messages}" WHERE session_id = ? AND position = ?`,
    fingerprint: `SELECT fingerprint FROM "${operations}"
      WHERE session_id = ? AND operation_key = ?`,
    remember: `INSERT INTO "${operations}" (session_id, operation_key, fingerprint, created_at)
      VALUES (?, ?, ?, ?)`,
    forget: `DELETE FROM "${operations}" WHERE session_id = ?`,
  };
}
