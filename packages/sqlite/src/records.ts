import {
  type Operation,
  type Revision,
  type Rewrite,
  revisionAtBirth,
  type Snapshot,
  type SnapshotQuery,
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

  append(id: string, records: readonly string[], operation?: Operation): Written {
    const replayed = this.#replay(id, operation);
    if (replayed) return replayed;
    const revision = this.#raise(id, records.length);
    this.#insert(id, revision, records);
    this.#remember(id, operation);
    return { revision };
  }

  window(id: string, limit: number): string[] {
    return this.#values<string>(this.#sql.window, id, limit).reverse();
  }

  /** The newest record with the revision, by one statement; needs no transaction. */
  newest(id: string): Snapshot {
    const row = this.#connection.statement(this.#sql.newest, 'arrays').get(id) as
      | readonly [number, string | null]
      | undefined;
    const [revision, record] = row ?? [0, null];
    return { revision, records: record === null ? [] : [record] };
  }

  snapshot(id: string, { limit, operation, positions }: SnapshotQuery = {}): Snapshot {
    const known = operation === undefined ? undefined : this.#fingerprint(id, operation);
    const records =
      limit === undefined ? this.#values<string>(this.#sql.all, id) : this.window(id, limit);
    return {
      revision: this.#revision(id),
      records,
      ...(positions && { positions: this.#positions(id, limit) }),
      ...(known !== undefined && { operation: known }),
    };
  }

  replaceTail(id: string, replacement: TailReplacement): Written | undefined {
    const { revision, drop, records, operation } = replacement;
    const replayed = this.#replay(id, operation);
    if (replayed) return replayed;
    const raised = this.#raiseFrom(id, revision, records.length + 1);
    if (raised === undefined) return undefined;
    this.#drop(id, drop);
    this.#insert(id, raised, records);
    this.#remember(id, operation);
    return { revision: raised };
  }

  rewrite(id: string, { revision, changes }: Rewrite): Written | undefined {
    const raised = this.#raiseFrom(id, revision, 1);
    if (raised === undefined) return undefined;
    for (const [position, text] of changes) {
      if (text === null) this.#execute(this.#sql.remove, id, position);
      else this.#execute(this.#sql.update, text, id, position);
    }
    return { revision: raised };
  }

  clear(id: string): void {
    const revision = this.#revision(id);
    if (revision === 0) return;
    this.#raiseFrom(id, revision, 1);
    this.#execute(this.#sql.dropAll, id);
    this.#execute(this.#sql.forget, id);
  }

  #revision(id: string): Revision {
    return this.#values<number>(this.#sql.revision, id)[0] ?? 0;
  }

  /** Raises the revision by `count`, that of a new session from its revision at birth. */
  #raise(id: string, count: number): Revision {
    const now = Date.now();
    const born = revisionAtBirth() + count;
    return this.#values<number>(this.#sql.raise, id, born, now, now, count)[0] ?? born;
  }

  /** Raises the revision if it is still the expected one. */
  #raiseFrom(id: string, expected: Revision, count: number): Revision | undefined {
    if (expected === 0) return this.#revision(id) === 0 ? this.#raise(id, count) : undefined;
    const raised = expected + count;
    const changed = this.#execute(this.#sql.raiseFrom, raised, Date.now(), id, expected);
    return changed === 1 ? raised : undefined;
  }

  #insert(id: string, revision: Revision, records: readonly string[]): void {
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
    return replayed === undefined ? undefined : { revision: this.#revision(id), replayed };
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
