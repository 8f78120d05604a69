import { rowKey } from '@agent-sessions/core/backend';
import type { Tables } from '../tables.ts';
import type {
  EndAddition,
  Raising,
  Replacement,
  Rows,
  SnapshotParts,
  SqlDialect,
  Statement,
} from './dialect.ts';
import { AT_BIRTH, identityOf, newRow, raisedRow } from './session-row.ts';
import { isBetween } from './standard-sql.ts';

/** Above this many characters, records are written by several statements in a transaction. */
export const CHARACTERS_PER_STATEMENT = 32_000_000;
/** Up to so many records, a list of values is faster than an array. */
const LARGEST_LIST = 8;
/** Names and ids are text. */
const TEXT: Pick<SqlDialect, 'encodeId' | 'encodeName'> = {
  encodeId: rowKey,
  encodeName: (name) => name,
};
/** The columns of a session's state; numbers as text, for drivers that make something else of them. */
const STATE = [
  's.birth',
  's.revision::text',
  's.edition::text',
  's.view_position::text',
  's.token',
] as const;

/**
 * A whole append in one statement, so in one round trip. The upsert takes the lock on the session's
 * row, and the insert is fed by it: appends to one session happen one after the other.
 *
 * Where the session may have to be created, the ledger entry is made first, because only `ON CONFLICT
 * DO NOTHING` waits for another transaction that is about to make the same one; without it, the rest
 * has nothing to feed on. Where it must be the session of a birth, that comes first, and an entry that
 * another transaction makes at once meets its unique key: then the statement is repeated.
 */
export function appendInOne(tables: Tables, addition: EndAddition): Statement | undefined {
  const { id, records, operation, newBirth, newLineage, token, birth, now } = addition;
  if (!fitsOneStatement(records)) return undefined;
  const p = new Placeholders();
  const session = p.add(rowKey(id));
  const time = p.add(now, 'bigint');
  const count = p.add(records.length, 'bigint');
  const mark = p.add(token);
  const entry = operation && [session, p.add(operation.key), p.add(operation.fingerprint), time];
  const columns = '(session_id, operation_key, fingerprint, created_at)';
  const steps: string[] = [];
  if (birth !== undefined) {
    const known = `SELECT FROM ${tables.operations}
      WHERE session_id = ${session} AND operation_key = ${entry?.[1]}`;
    steps.push(`session AS (
      UPDATE ${tables.sessions} SET revision = revision + ${count}, item_count = item_count + ${count},
        token = ${mark}, updated_at = ${time}
      WHERE session_id = ${session} AND birth = ${p.add(birth)}
      ${entry ? `AND NOT EXISTS (${known})` : ''} RETURNING birth, revision)`);
    if (entry) {
      steps.push(`remembered AS (INSERT INTO ${tables.operations} ${columns}
        SELECT ${entry.join(', ')} FROM session)`);
    }
  } else {
    if (entry) {
      steps.push(`remembered AS (INSERT INTO ${tables.operations} ${columns}
        VALUES (${entry.join(', ')}) ON CONFLICT DO NOTHING RETURNING 1)`);
    }
    const { names, values } = identityOf(TEXT, id);
    const others = [...values.slice(1), newBirth, newLineage].map((value) => p.add(value));
    const row = [session, ...others, count, count, mark, time, time].join(', ');
    steps.push(`session AS (
      INSERT INTO ${tables.sessions} AS s
        (${[...names, ...AT_BIRTH].join(', ')})
      ${entry ? `SELECT ${row} FROM remembered` : `VALUES (${row})`}
      ON CONFLICT (session_id) DO UPDATE
      SET revision = s.revision + ${count}, item_count = s.item_count + ${count},
        token = ${mark}, updated_at = ${time}
      RETURNING s.birth, s.revision)`);
  }
  if (records.length === 0) return p.statement(steps);
  const insertion = insertFrom(tables, { session, time, count }, records, p);
  if (records.length > LARGEST_LIST) return p.statement([...steps, `added AS (${insertion})`]);
  // Less to plan than a SELECT after it; the largest position is the revision.
  const sql = `WITH ${steps.join(', ')} ${insertion}
    RETURNING position AS revision, (SELECT birth FROM session) AS birth`;
  return { sql, parameters: p.values };
}

/**
 * A whole replacement of the tail in one statement. It compares a column of the row that it locks:
 * that is the one condition which Postgres evaluates again after it has waited for the lock. If it
 * holds, nobody changed records since the statement began, and all other parts have seen the present.
 * An entry that was added to the ledger alone meets its unique key, and the statement is repeated.
 */
export function replaceTailInOne(tables: Tables, replacement: Replacement): Statement | undefined {
  const { id, records, operation, token, now, expected, drop } = replacement;
  if (!fitsOneStatement(records)) return undefined;
  const p = new Placeholders();
  const session = p.add(rowKey(id));
  const steps: string[] = [];
  const added = records.length;
  const isEdit = drop !== 0;
  const raising: Raising = { id, amount: added + 1, added, dropped: drop, isEdit, token, now };
  const unknown = 'NOT EXISTS (SELECT FROM known)';
  if (operation !== undefined) {
    steps.push(`known AS (SELECT FROM ${tables.operations}
      WHERE session_id = ${session} AND operation_key = ${p.add(operation.key)})`);
  }
  if (expected === undefined) {
    const { names, values } = newRow(TEXT, { ...replacement, ...raising });
    const [, ...others] = values;
    const row = [session, ...others.map((value) => p.add(value))];
    steps.push(`session AS (
      INSERT INTO ${tables.sessions} (${names.join(', ')})
      VALUES (${row.join(', ')})
      ON CONFLICT DO NOTHING RETURNING birth, revision)`);
  } else {
    steps.push(`session AS (
      UPDATE ${tables.sessions} SET ${p.embed(raisedRow(raising))}
      WHERE session_id = ${session} AND birth = ${p.add(expected.birth)}
        AND revision = ${p.add(expected.revision, 'bigint')} AND token = ${p.add(expected.token)}
      ${operation ? `AND ${unknown}` : ''} RETURNING birth, revision)`);
    if (drop !== 0) {
      const dropped = deletion(tables, session, drop, p);
      steps.push(`dropped AS (${dropped} AND EXISTS (SELECT FROM session))`);
    }
  }
  if (records.length > 0) {
    const count = p.add(records.length, 'bigint');
    const time = p.add(now, 'bigint');
    const insertion = insertFrom(tables, { session, time, count }, records, p);
    steps.push(`added AS (${insertion})`);
  }
  if (operation !== undefined) {
    const time = p.add(now, 'bigint');
    const entry = [session, p.add(operation.key), p.add(operation.fingerprint), time];
    steps.push(`remembered AS (
      INSERT INTO ${tables.operations} (session_id, operation_key, fingerprint, created_at)
      SELECT ${entry.join(', ')} FROM session)`);
  }
  return p.statement(steps);
}

/**
 * The newest records, read from the end of the index. A limit that the planner cannot know keeps it
 * from reading all of a session by bitmap and then sorting it, which it likes where it has no
 * statistics yet.
 */
export function newestRecords({ messages }: Tables, id: string, limit: number): Statement {
  return {
    sql: `SELECT message_data FROM ${messages} WHERE session_id = $1
      ORDER BY position DESC LIMIT (SELECT $2::bigint)`,
    parameters: [rowKey(id), limit],
  };
}

/** A snapshot; the records are read as {@link newestRecords} does it. */
export function lateralSnapshot(tables: Tables, parts: SnapshotParts): Statement {
  const p = new Placeholders();
  const session = p.add(rowKey(parts.id));
  const columns = [...STATE, 'm.message_data'];
  if (parts.positions) columns.push('m.position::text');
  if (parts.times) columns.push('m.created_at::text');
  if (parts.operation !== undefined) columns.push('o.fingerprint');
  const limit = p.add(parts.limit ?? null, 'bigint');
  const ledger =
    parts.operation === undefined
      ? ''
      : `LEFT JOIN ${tables.operations} AS o
         ON o.session_id = s.session_id AND o.operation_key = ${p.add(parts.operation)}`;
  return {
    sql: `SELECT ${columns.join(', ')} FROM ${tables.sessions} AS s
      ${ledger}
      LEFT JOIN LATERAL (
        SELECT message_data, position, created_at FROM ${tables.messages}
        WHERE session_id = s.session_id ${p.embed(isBetween('position', parts))}
        ORDER BY position DESC LIMIT (SELECT ${limit})
      ) AS m ON true
      WHERE s.session_id = ${session}`,
    parameters: p.values,
  };
}

/** Inserts records at consecutive positions. */
export function insertRecords({ messages }: Tables, { id, first, records, now }: Rows): Statement {
  const p = new Placeholders();
  const [session, position] = [p.add(rowKey(id)), p.add(first - 1, 'bigint')];
  return {
    sql: `INSERT INTO ${messages} (session_id, position, message_data, created_at)
      SELECT ${session}, ${position} + number, record, ${p.add(now, 'bigint')}
      FROM ${numbered(records, p)}`,
    parameters: p.values,
  };
}

/** Deletes the newest records, all, or those in a range. */
export function deleteRecords(
  tables: Tables,
  id: string,
  which: Parameters<SqlDialect['deleteRecords']>[2],
): Statement {
  const p = new Placeholders();
  const session = p.add(rowKey(id));
  if (typeof which === 'object') {
    const [first, last] = which;
    const sql = `${deletion(tables, session, 'all', p)}
      AND position BETWEEN ${p.add(first)} AND ${p.add(last)}`;
    return { sql, parameters: p.values };
  }
  return { sql: deletion(tables, session, which, p), parameters: p.values };
}

function insertFrom(
  { messages }: Tables,
  { session, time, count }: { session: string; time: string; count: string },
  records: readonly string[],
  p: Placeholders,
): string {
  return `INSERT INTO ${messages} (session_id, position, message_data, created_at)
    SELECT ${session}, session.revision - ${count} + number, record, ${time}
    FROM session, ${numbered(records, p)}`;
}

/** Records with their numbers, from 1 on, as rows to select from. */
function numbered(records: readonly string[], p: Placeholders): string {
  if (records.length > LARGEST_LIST) {
    return `unnest(${p.add(records)}::text[]) WITH ORDINALITY AS r (record, number)`;
  }
  const rows = records.map((record, index) => `(${p.add(record)}, ${index + 1})`);
  return `(VALUES ${rows.join(', ')}) AS r (record, number)`;
}

function deletion(
  { messages }: Tables,
  session: string,
  count: number | 'all',
  p: Placeholders,
): string {
  const from = `DELETE FROM ${messages} WHERE session_id = ${session}`;
  if (count === 'all') return from;
  return `${from} AND position = ANY(ARRAY(
    SELECT position FROM ${messages} WHERE session_id = ${session}
    ORDER BY position DESC LIMIT (SELECT ${p.add(count, 'bigint')})))`;
}

function fitsOneStatement(records: readonly string[]): boolean {
  let characters = 0;
  for (const { length } of records) characters += length;
  return characters <= CHARACTERS_PER_STATEMENT;
}

/** Collects parameters and numbers them. */
class Placeholders {
  readonly values: unknown[] = [];

  /** The placeholder; a type is needed where Postgres cannot tell it from the context. */
  add(value: unknown, type?: string): string {
    this.values.push(value);
    return type === undefined ? `$${this.values.length}` : `$${this.values.length}::${type}`;
  }

  /** A part of a statement that has `?` for each of its parameters. */
  embed({ sql, parameters }: Statement): string {
    let next = 0;
    return sql.replaceAll('?', () => this.add(parameters[next++]));
  }

  statement(steps: readonly string[]): Statement {
    const sql = `WITH ${steps.join(', ')} SELECT birth, revision::text FROM session`;
    return { sql, parameters: this.values };
  }
}
