import type { LastWrite } from '../branch-backend.ts';
import { assertBranchId } from '../branch-id.ts';
import { type Branch, locate, MAIN } from '../branches/branch.ts';
import type { Cursor, Unit } from '../cursor.ts';
import type { Sql } from '../sql.ts';
import {
  fingerprintOf,
  isInterrupted,
  knownRunId,
  nameRun,
  type RunUsageSource,
  responseCount,
} from './run-identity.ts';
import { fromJson, type Share, shareOf, toJson } from './shares.ts';
import { combine, exceeds, NOTHING, totalsOf, type UsageTotals } from './totals.ts';
import { addToTurn, type UsageRow, usageOf } from './turn-usage.ts';

/** What a session or a branch has used. */
export interface SessionUsage {
  /** Requests to the model. */
  readonly requests: number;
  /** Tokens that the model was given. */
  readonly inputTokens: number;
  /** Tokens that the model gave. */
  readonly outputTokens: number;
  /** Input and output tokens, as the provider sums them. */
  readonly totalTokens: number;
  /** How many turns have usage stored. */
  readonly totalTurns: number;
}

/** What a turn has used; details are summed by key, as the provider names them. */
export interface TurnUsage extends UsageTotals {
  /** The number of the turn. */
  readonly userTurnNumber: number;
}

/** A run whose usage was stored before. */
interface StoredRun {
  readonly runId: string;
  readonly branchKey: number;
  /** `undefined`: the turn is gone. */
  readonly turn: number | undefined;
  readonly usage: Share;
}

/** A turn that usage is stored for. */
interface Turn {
  readonly branch: Branch;
  readonly turn: number;
}

const GONE = 'the turn that the run belongs to is gone';

/** Why usage was not stored. */
export type Refusal = typeof GONE;

/** Stores the usage of runs, each once, and sums it up. */
export class UsageLedger {
  readonly #cursor: Cursor;

  constructor(cursor: Cursor) {
    this.#cursor = cursor;
  }

  /**
   * Stores what a run has used since it was stored last.
   *
   * @param wrote - What the run wrote last, if this session object saw it.
   */
  async store(source: RunUsageSource, wrote: LastWrite | undefined): Promise<Refusal | undefined> {
    const now = totalsOf(source.state.usage);
    // Without a session there is nothing that usage could belong to.
    if ((await this.#cursor.look()) === undefined) return GONE;
    const options = { repeatable: 'harmless', absent: 'leave' } as const;
    const done = await this.#cursor.write(options, async (unit): Promise<{ refusal?: Refusal }> => {
      const stored = await this.#find(unit.sql, source);
      const turn = stored === undefined ? await this.#turnOf(unit, wrote) : undefined;
      const place = stored === undefined ? turn : await this.#placeOf(unit.sql, stored);
      const runId = nameRun(source, stored?.runId);
      const usage = shareOf(source, now, stored?.usage);
      const before = stored?.usage.share ?? NOTHING;
      if (stored !== undefined && !exceeds(usage.share, before)) return {};
      await this.#save(unit.sql, source, { runId, usage, place });
      if (place === undefined) return { refusal: GONE };
      const { key: sessionKey } = this.#cursor;
      const added = combine(usage.share, before, -1);
      await addToTurn(unit.sql, sessionKey, place.branch.branchId, place.turn, added);
      return {};
    });
    return done === undefined ? GONE : done.refusal;
  }

  /** The sums of a branch, or of all. */
  async session(branchId: string | undefined): Promise<SessionUsage | undefined> {
    if (branchId !== undefined) assertBranchId(branchId);
    const rows = await this.#rows(branchId, undefined);
    if (rows.length === 0) return undefined;
    const sum = rows.map(usageOf).reduce((a, b) => combine(a, b, 1), NOTHING);
    const { requests, inputTokens, outputTokens, totalTokens } = sum;
    return { requests, inputTokens, outputTokens, totalTokens, totalTurns: rows.length };
  }

  /** What each turn of the current branch used, as far as it was stored there. */
  async turns(turn?: number): Promise<TurnUsage[]> {
    if (turn !== undefined && !Number.isSafeInteger(turn)) return [];
    const branch = await this.#cursor.look();
    const rows = await this.#rows(branch?.branchId ?? MAIN, turn);
    return rows.map((row) => ({ userTurnNumber: Number(row.user_turn_number), ...usageOf(row) }));
  }

  #rows(branchId: string | undefined, turn: number | undefined): Promise<UsageRow[]> {
    const conditions: string[] = [];
    const parameters: unknown[] = [];
    if (branchId !== undefined) {
      conditions.push('AND branch_id = ?');
      parameters.push(branchId);
    }
    if (turn !== undefined) {
      conditions.push('AND user_turn_number = ?');
      parameters.push(turn);
    }
    return this.#cursor.database.read((sql) =>
      sql.all<UsageRow>(
        `SELECT * FROM ${sql.tables.turnUsage} WHERE session_id = ? ${conditions.join(' ')}
          ORDER BY user_turn_number`,
        [sql.id(this.#cursor.key), ...parameters],
      ),
    );
  }

  /**
   * The run as it was stored: by its id in this process, else, if it was interrupted then, by its
   * first responses. Runs that were finished cannot come back from a serialized state.
   */
  async #find(sql: Sql, source: RunUsageSource): Promise<StoredRun | undefined> {
    const rows = await sql.all<{
      run_id: string;
      branch_key: unknown;
      user_turn_number: unknown;
      responses: unknown;
      fingerprint: string | null;
      stored_usage: string;
    }>(
      `SELECT * FROM ${sql.tables.runs}
        WHERE session_id = ? AND (run_id = ? OR fingerprint IS NOT NULL)`,
      [sql.id(this.#cursor.key), knownRunId(source) ?? ''],
    );
    const known = rows.find(({ run_id }) => run_id === knownRunId(source));
    // Many runs may have been given up at the same number of responses.
    const fingerprints = new Map<number, string>();
    const found =
      known ??
      rows.find(({ responses, fingerprint }) => {
        const count = Number(responses);
        if (count > responseCount(source)) return false;
        const own = fingerprints.get(count) ?? fingerprintOf(source, count);
        fingerprints.set(count, own);
        return fingerprint === own;
      });
    return (
      found && {
        runId: found.run_id,
        branchKey: Number(found.branch_key),
        turn: found.user_turn_number === null ? undefined : Number(found.user_turn_number),
        usage: fromJson(found.stored_usage),
      }
    );
  }

  async #placeOf(sql: Sql, { branchKey, turn }: StoredRun): Promise<Turn | undefined> {
    if (turn === undefined) return undefined;
    const branch = await this.#branch(sql, branchKey);
    return branch && { branch, turn };
  }

  async #branch(sql: Sql, key: number): Promise<Branch | undefined> {
    const binding = { to: 'key', key, branchId: '' } as const;
    const { branch } = await locate(sql, this.#cursor.key, binding);
    return branch?.key === key && !branch.deleted ? branch : undefined;
  }

  /**
   * The turn of a run that is stored for the first time: that of the newest row it wrote. If this
   * session object did not see it write, the newest turn, unless the branch only inherited it.
   */
  async #turnOf({ sql, branch }: Unit, wrote: LastWrite | undefined): Promise<Turn | undefined> {
    const { ranges, nodes, segments } = sql.tables;
    const rowOf = `SELECT n.user_turn_number AS turn FROM ${ranges} AS r
      JOIN ${nodes} AS n ON n.segment_id = r.segment_id
        AND n.sequence_number BETWEEN r.first_seq AND r.last_seq`;
    if (wrote !== undefined) {
      const place = await this.#branch(sql, wrote.branchKey);
      const [row] = await sql.all<{ turn: unknown }>(
        `${rowOf} WHERE r.branch_key = ? AND n.position = ?`,
        [wrote.branchKey, wrote.position],
      );
      return place && row && { branch: place, turn: Number(row.turn) };
    }
    const [row] = await sql.all<{ turn: unknown }>(
      `${rowOf} JOIN ${segments} AS g ON g.segment_id = r.segment_id
        WHERE r.branch_key = ? AND n.sequence_number = ? AND g.branch_key = r.branch_key`,
      [branch.key, branch.length],
    );
    return row && { branch, turn: Number(row.turn) };
  }

  async #save(
    sql: Sql,
    source: RunUsageSource,
    run: { runId: string; usage: Share; place: Turn | undefined },
  ): Promise<void> {
    const { runs } = sql.tables;
    const id = sql.id(this.#cursor.key);
    const count = responseCount(source);
    await sql.run(`DELETE FROM ${runs} WHERE session_id = ? AND run_id = ?`, [id, run.runId]);
    await sql.run(
      `INSERT INTO ${runs} (session_id, run_id, branch_key, user_turn_number, responses,
        fingerprint, stored_usage) VALUES (?, ?, ?, ?, ?, ?, ?)`,
      [
        id,
        run.runId,
        run.place?.branch.key ?? 0,
        run.place?.turn ?? null,
        count,
        isInterrupted(source) ? fingerprintOf(source, count) : null,
        toJson(run.usage),
      ],
    );
  }
}
