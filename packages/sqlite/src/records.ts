import {
  type Append,
  type Appended,
  hasFollowed,
  newToken,
  type Operation,
  type Rewrite,
  type Snapshot,
  type SnapshotQuery,
  type State,
  type TableNames,
  type TailReplacement,
  type Written,
} from '@agent-sessions/core/backend';
import type { Connection } from './connection.ts';
import { type RecordsSql, recordsSql } from './records-sql.ts';

/** Rows that one statement inserts: each call of the driver costs, and most turns are smaller. */
const ROWS_PER_INSERT = 8;

/** The records of sessions. Each method is one unit of work, to be run inside a transaction. */
export class Records {
  readonly #connection: Connection;
  readonly #sql: RecordsSql;
  readonly #inserts: readonly string[];

  constructor(connection: Connection, tables: TableNames) {
    this.#connection = connection;
    this.#sql = recordsSql(tables);
    this.#inserts = Array.from({ length: ROWS_PER_INSERT + 1 }, (_, rows) =>
      this.#sql.insert(rows),
    );
  }

  append(id: string, { records, operation, birth }: Append): Appended | undefined {
    if (birth !== undefined && this.#state(id)?.birth !== birth) return undefined;
    const replayed = this.#replay(id, operation);
    if (replayed) return { ...replayed.state, ...replayed };
    const state = this.#raise(id, records.length);
    this.#insert(id, state.revision, records);
    this.#remember(id, operation);
    return state;
  }

  window(id: string, limit: number): string[] {
    return this.#values<string>(this.#sql.window, id, limit).reverse();
  }

  /** The newest record with the state, by one statement; needs no transaction. */
  newest(id: string): Snapshot {
    const row = this.#connection.statement(this.#sql.newest, 'arrays').get(id) as
      | readonly [string, number, string, string | null]
      | undefined;
    if (row === undefined) return { state: undefined, records: [] };
    const [birth, revision, token, record] = row;
    return { state: { birth, revision, token }, records: record === null ? [] : [record] };
  }

  snapshot(id: string, { limit, operation, positions, base }: SnapshotQuery = {}): Snapshot {
    const known = operation === undefined ? undefined : this.#fingerprint(id, operation);
    const records =
      limit === undefined ? this.#values<string>(this.#sql.all, id) : this.window(id, limit);
    const state = this.#state(id);
    return {
      state,
      records,
      ...(positions && { positions: this.#positions(id, limit) }),
      ...(known !== undefined && { operation: known }),
      ...(base && { follows: hasFollowed(state, base) }),
    };
  }

  replaceTail(id: string, replacement: TailReplacement): Written | undefined {
    const { state: expected, drop, records, operation } = replacement;
    const replayed = this.#replay(id, operation);
    if (replayed) return replayed;
    const state = this.#raiseFrom(id, expected, records.length + 1);
    if (state === undefined) return undefined;
    this.#drop(id, drop);
    this.#insert(id, state.revision, records);
    this.#remember(id, operation);
    return { state };
  }

  rewrite(id: string, { state: expected, changes }: Rewrite): Written | undefined {
    const state = this.#raiseFrom(id, expected, 1);
    if (state === undefined) return undefined;
    for (const [position, text] of changes) {
      if (text === null) this.#execute(this.#sql.remove, id, position);
      else this.#execute(this.#sql.update, text, id, position);
    }
    return { state };
  }

  clear(id: string): void {
    const state = this.#state(id);
    if (state === undefined) return;
    this.#raiseFrom(id, state, 1);
    this.#execute(this.#sql.dropAll, id);
    this.#execute(this.#sql.forget, id);
  }

  #state(id: string): State | undefined {
    const row = this.#connection.statement(this.#sql.state, 'arrays').get(id) as
      | readonly [string, number, string]
      | undefined;
    if (row === undefined) return undefined;
    const [birth, revision, token] = row;
    return { birth, revision, token };
  }

  /** Raises the revision by `count`; a new session starts at 0. */
  #raise(id: string, count: number): State {
    const now = Date.now();
    const token = newToken();
    const [birth, revision] = this.#connection
      .statement(this.#sql.raise, 'arrays')
      .get(id, newToken(), count, token, now, now, count) as readonly [string, number];
    return { birth, revision, token };
  }

  /** Raises the revision if the session is still in the expected state. */
  #raiseFrom(id: string, expected: State | undefined, count: number): State | undefined {
    if (expected === undefined) {
      return this.#state(id) === undefined ? this.#raise(id, count) : undefined;
    }
    const { birth } = expected;
    const token = newToken();
    const revision = expected.revision + count;
    const changed = this.#execute(
      this.#sql.raiseFrom,
      revision,
      token,
      Date.now(),
      id,
      birth,
      expected.revision,
      expected.token,
    );
    return changed === 1 ? { birth, revision, token } : undefined;
  }

  #insert(id: string, revision: number, records: readonly string[]): void {
    if (records.length === 0) return;
    const now = Date.now();
    let position = revision - records.length;
    for (let start = 0; start < records.length; start += ROWS_PER_INSERT) {
      const batch = records.slice(start, start + ROWS_PER_INSERT);
      const values = batch.flatMap((record) => {
        position += 1;
        return [id, position, record, now];
      });
      this.#execute(this.#inserts[batch.length] ?? '', ...values);
    }
  }

  #drop(id: string, count: number | 'all'): void {
    if (count === 'all') this.#execute(this.#sql.dropAll, id);
    else if (count === 1) this.#execute(this.#sql.dropOne, id, id);
    else if (count > 1) this.#execute(this.#sql.dropNewest, id, id, count - 1);
  }

  #positions(id: string, limit = -1): number[] {
    return this.#values<number>(this.#sql.positions, id, limit).reverse();
  }

  #fingerprint(id: string, key: string): string | undefined {
    return this.#values<string>(this.#sql.fingerprint, id, key)[0];
  }

  #replay(id: string, operation?: Operation): Written | undefined {
    const replayed = operation && this.#fingerprint(id, operation.key);
    const state = replayed === undefined ? undefined : this.#state(id);
    return state && { state, ...(replayed !== undefined && { replayed }) };
  }

  #remember(id: string, operation?: Operation): void {
    if (operation === undefined) return;
    const { key, fingerprint } = operation;
    this.#execute(this.#sql.remember, id, key, fingerprint, Date.now());
  }

  /** The first column of each row. */
  #values<T>(sql: string, ...parameters: unknown[]): T[] {
    return this.#connection.statement(sql, 'values').all(...parameters) as T[];
  }

  #execute(sql: string, ...parameters: unknown[]): number {
    return this.#connection.statement(sql).run(...parameters).changes;
  }
}
