import type { Sql } from '../sql.ts';
import { combine, NOTHING, type TokenDetails, type UsageTotals } from './totals.ts';

/** A row of the table `turn_usage`. */
export interface UsageRow {
  readonly branch_id: string;
  readonly user_turn_number: unknown;
  readonly requests: unknown;
  readonly input_tokens: unknown;
  readonly output_tokens: unknown;
  readonly total_tokens: unknown;
  readonly input_tokens_details: unknown;
  readonly output_tokens_details: unknown;
}

export function usageOf(row: UsageRow): UsageTotals {
  return {
    requests: Number(row.requests ?? 0),
    inputTokens: Number(row.input_tokens ?? 0),
    outputTokens: Number(row.output_tokens ?? 0),
    totalTokens: Number(row.total_tokens ?? 0),
    inputTokensDetails: detailsOf(row.input_tokens_details),
    outputTokensDetails: detailsOf(row.output_tokens_details),
  };
}

/** Adds usage to a turn's row, or makes the row. The caller holds the session's lock. */
export async function addToTurn(
  sql: Sql,
  sessionKey: string,
  branchId: string,
  turn: number,
  added: UsageTotals,
): Promise<void> {
  const { turnUsage } = sql.tables;
  const key = [sql.id(sessionKey), branchId, turn];
  const [row] = await sql.all<UsageRow>(
    `SELECT * FROM ${turnUsage}
      WHERE session_id = ? AND branch_id = ? AND user_turn_number = ?`,
    key,
  );
  const sum = combine(row === undefined ? NOTHING : usageOf(row), added, 1);
  const values = [
    sum.requests,
    sum.inputTokens,
    sum.outputTokens,
    sum.totalTokens,
    JSON.stringify(sum.inputTokensDetails),
    JSON.stringify(sum.outputTokensDetails),
  ];
  if (row === undefined) {
    await sql.run(
      `INSERT INTO ${turnUsage} (requests, input_tokens, output_tokens, total_tokens,
        input_tokens_details, output_tokens_details, session_id, branch_id, user_turn_number)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      [...values, ...key],
    );
  } else {
    await sql.run(
      `UPDATE ${turnUsage} SET requests = ?, input_tokens = ?, output_tokens = ?,
        total_tokens = ?, input_tokens_details = ?, output_tokens_details = ?
        WHERE session_id = ? AND branch_id = ? AND user_turn_number = ?`,
      [...values, ...key],
    );
  }
}

/** Some drivers parse JSON columns, others give their text. */
function detailsOf(value: unknown): TokenDetails {
  const parsed: unknown = typeof value === 'string' ? JSON.parse(value) : value;
  return typeof parsed === 'object' && parsed !== null ? (parsed as TokenDetails) : {};
}
