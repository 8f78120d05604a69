import { newToken, type State } from '@agent-sessions/core/backend';
import { newRow, type RaisedRow, type Raising } from '@agent-sessions/kysely/engine';
import type { Sql } from './sql.ts';

/** A session's row, locked by our transaction. Plain sessions compare it, and count on from it. */
export interface SessionRow {
  readonly birth: string;
  revision: number;
  edition: number;
  view: number;
  token: string;
  /** Whether this transaction has made the session. */
  readonly isNew: boolean;
}

interface Row {
  readonly birth: string;
  readonly revision: unknown;
  readonly edition: unknown;
  readonly view_position: unknown;
  readonly token: string;
}

const COLUMNS = 'birth, revision, edition, view_position, token';

/**
 * Locks a session's row until the transaction ends, and changes nothing: all writes of a session, on
 * whatever branch, happen one after the other. It comes first, so that what follows sees the present.
 */
export async function lockRow(
  sql: Sql,
  key: string,
  absent: 'create' | 'leave',
): Promise<SessionRow | undefined> {
  const raising = { id: key, amount: 0, added: 0, dropped: 0, isEdit: false } as const;
  const birth = newToken();
  const born = { newBirth: birth, newLineage: newToken(), token: newToken(), now: Date.now() };
  const { names, values } = newRow(sql.dialect, { ...raising, ...born });
  const insert = sql.dialect.insertUnlessThere(sql.tables.sessions, names);
  // MySQL locks the place of a row that is not there, and others with it: then nobody could insert.
  if (absent === 'create' && sql.dialect.name === 'MySQL') {
    const upsert = `${insert.replace('INSERT IGNORE', 'INSERT')}
      ON DUPLICATE KEY UPDATE revision = revision`;
    await sql.native({ sql: upsert, parameters: values });
  }
  let row = await selectLocked(sql, key);
  if (row === undefined && absent === 'create') {
    await sql.native({ sql: insert, parameters: values });
    row = await selectLocked(sql, key);
  }
  return row && { ...toState(row), isNew: row.birth === birth };
}

/**
 * Takes the lock and raises the revision in one statement, if the session is still as our own last
 * write left it; `undefined` if not.
 */
export async function raiseRow(
  sql: Sql,
  raising: Raising,
  { birth, revision, edition, view, token }: State,
): Promise<SessionRow | undefined> {
  const { dialect, sessionTables } = sql;
  const statement = dialect.raiseWhere(sessionTables, raising, {
    sql: 'birth = ? AND revision = ? AND token = ?',
    parameters: [birth, revision, token],
  });
  const raised = dialect.raised(await sql.native<RaisedRow>(statement));
  if (!Number.isSafeInteger(raised.revision)) return undefined;
  return {
    birth,
    revision: raised.revision,
    edition: raising.isEdit ? raised.revision : edition,
    view,
    token: raising.token,
    isNew: false,
  };
}

/** Writes the row of a session that is locked; `itemCount` is what `main` shows, if that changed. */
export async function storeRow(
  sql: Sql,
  key: string,
  { revision, edition, view, token }: State,
  itemCount: number | undefined,
): Promise<void> {
  const count = itemCount === undefined ? '' : 'item_count = ?, ';
  const counted = itemCount === undefined ? [] : [itemCount];
  await sql.run(
    `UPDATE ${sql.tables.sessions} SET revision = ?, edition = ?, view_position = ?, token = ?,
      ${count}updated_at = ?
      WHERE session_id = ?`,
    [revision, edition, view === 0 ? null : view, token, ...counted, Date.now(), sql.id(key)],
  );
}

async function selectLocked(sql: Sql, key: string): Promise<Row | undefined> {
  const { sessions } = sql.tables;
  // A file has one writer, and the first statement that writes makes it this one.
  const text =
    sql.dialect.name === 'SQLite'
      ? `UPDATE ${sessions} SET revision = revision WHERE session_id = ? RETURNING ${COLUMNS}`
      : `SELECT ${COLUMNS} FROM ${sessions} WHERE session_id = ? FOR UPDATE`;
  const [row] = await sql.all<Row>(text, [sql.id(key)]);
  return row;
}

function toState({ birth, revision, edition, view_position, token }: Row): State {
  const view = Number(view_position ?? 0);
  return { birth, revision: Number(revision), edition: Number(edition), view, token };
}
