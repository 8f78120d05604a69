import type { Operation } from '@agent-sessions/core/backend';
import type { Sql } from '../sql.ts';
import { type Branch, MAIN } from './branch.ts';

/**
 * The statement that looks up an operation for a branch, as one column `fingerprint`. A branch knows
 * what was applied on it, and what was applied on another if it shows the last row of it: a branch
 * without those rows must be able to apply the same operation. The ledger of `main` is that of the
 * plain session.
 */
export function lookup(
  sql: Sql,
  sessionKey: string,
  branch: Branch | undefined,
  key: string,
): { text: string; parameters: unknown[] } {
  const { ledger, operations, nodes, ranges } = sql.tables;
  const id = sql.id(sessionKey);
  if (branch === undefined || branch.branchId === MAIN) {
    return {
      text: `SELECT fingerprint FROM ${ledger} WHERE session_id = ? AND operation_key = ?`,
      parameters: [id, key],
    };
  }
  return {
    text: `SELECT o.fingerprint FROM ${operations} AS o
      WHERE o.session_id = ? AND o.operation_key = ? AND (o.branch_key = ? OR EXISTS (
        SELECT 1 FROM ${nodes} AS n
        JOIN ${ranges} AS r ON r.segment_id = n.segment_id
          AND n.sequence_number BETWEEN r.first_seq AND r.last_seq
        WHERE n.message_id = o.last_message_id AND r.branch_key = ?))`,
    parameters: [id, key, branch.key, branch.key],
  };
}

/** The stored fingerprint of an operation that the branch knows. */
export async function fingerprintOf(
  sql: Sql,
  sessionKey: string,
  branch: Branch,
  key: string,
): Promise<string | undefined> {
  const { text, parameters } = lookup(sql, sessionKey, branch, key);
  return (await sql.all<{ fingerprint: string }>(text, parameters))[0]?.fingerprint;
}

/** Notes that an operation was applied on a branch. */
export async function remember(
  sql: Sql,
  sessionKey: string,
  branch: Branch,
  { key, fingerprint }: Operation,
  lastMessageId: number | undefined,
): Promise<void> {
  const { ledger, operations } = sql.tables;
  const id = sql.id(sessionKey);
  if (branch.branchId === MAIN) {
    await sql.run(
      `INSERT INTO ${ledger} (session_id, operation_key, fingerprint, created_at)
        VALUES (?, ?, ?, ?)`,
      [id, key, fingerprint, Date.now()],
    );
  }
  await sql.run(
    `INSERT INTO ${operations} (session_id, operation_key, branch_key, fingerprint,
      last_message_id) VALUES (?, ?, ?, ?, ?)`,
    [id, key, branch.key, fingerprint, lastMessageId ?? null],
  );
}

/**
 * Keeps what branches know of operations when one of them gets copies of rows that others show: it
 * knows those of its copies, and the others those of the rows, also where the operation is its own.
 */
export async function rememberCopies(
  sql: Sql,
  sessionKey: string,
  { key }: Branch,
  copies: ReadonlyMap<number, number>,
): Promise<void> {
  const { operations, nodes, ranges } = sql.tables;
  // They rise along a branch.
  const rows = [...copies.keys()];
  const known = await sql.all<{
    operation_key: string;
    branch_key: unknown;
    fingerprint: string;
    last_message_id: unknown;
  }>(
    `SELECT operation_key, branch_key, fingerprint, last_message_id FROM ${operations}
      WHERE session_id = ? AND last_message_id BETWEEN ? AND ?`,
    [sql.id(sessionKey), rows[0], rows.at(-1)],
  );
  const columns = ['session_id', 'operation_key', 'fingerprint', 'branch_key', 'last_message_id'];
  const insert = sql.dialect.insertUnlessThere(operations, columns);
  for (const { operation_key, branch_key, fingerprint, last_message_id } of known) {
    const row = Number(last_message_id);
    const copy = copies.get(row);
    if (copy === undefined) continue;
    const entry = [sql.id(sessionKey), operation_key, fingerprint];
    if (Number(branch_key) !== key) {
      await sql.run(insert, [...entry, key, copy]);
      continue;
    }
    const others = await sql.all<{ branch_key: unknown }>(
      `SELECT r.branch_key FROM ${nodes} AS n
        JOIN ${ranges} AS r ON r.segment_id = n.segment_id
          AND n.sequence_number BETWEEN r.first_seq AND r.last_seq
        WHERE n.message_id = ? AND r.branch_key <> ?`,
      [row, key],
    );
    for (const other of others) await sql.run(insert, [...entry, Number(other.branch_key), row]);
    await sql.run(
      `UPDATE ${operations} SET last_message_id = ?
        WHERE session_id = ? AND operation_key = ? AND branch_key = ?`,
      [copy, sql.id(sessionKey), operation_key, key],
    );
  }
}

/** Has `main` forget its operations, and leaves each to the branches that show its last row. */
export async function leaveOperations(sql: Sql, sessionKey: string, main: Branch): Promise<void> {
  const { ledger, operations, nodes, ranges } = sql.tables;
  const id = sql.id(sessionKey);
  const shown = await sql.all<{
    operation_key: string;
    fingerprint: string;
    branch_key: unknown;
    last_message_id: unknown;
  }>(
    `SELECT o.operation_key, o.fingerprint, r.branch_key, o.last_message_id FROM ${operations} AS o
      JOIN ${nodes} AS n ON n.message_id = o.last_message_id
      JOIN ${ranges} AS r ON r.segment_id = n.segment_id
        AND n.sequence_number BETWEEN r.first_seq AND r.last_seq
      WHERE o.session_id = ? AND o.branch_key = ? AND r.branch_key <> o.branch_key`,
    [id, main.key],
  );
  const columns = ['session_id', 'operation_key', 'fingerprint', 'branch_key', 'last_message_id'];
  const insert = sql.dialect.insertUnlessThere(operations, columns);
  for (const { operation_key, fingerprint, branch_key, last_message_id } of shown) {
    const owner = [Number(branch_key), Number(last_message_id)];
    await sql.run(insert, [id, operation_key, fingerprint, ...owner]);
  }
  await sql.deleteBy('PRIMARY', operations, 't.session_id = ? AND t.branch_key = ?', [
    id,
    main.key,
  ]);
  await sql.deleteBy('PRIMARY', ledger, 't.session_id = ?', [id]);
}
