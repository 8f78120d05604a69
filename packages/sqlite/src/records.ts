import {
  type Append,
  type Appended,
  hasFollowed,
  newToken,
  type Operation,
  type Rewrite,
  rowKey,
  type Snapshot,
  type SnapshotQuery,
  type State,
  type TableNames,
  type TailReplacement,
  type Written,
} from '@agent-sessions/core/backend';
import type { Connection } from './connection.ts';
import { createSession } from './new-session.ts';
import { type RecordsSql, recordsSql } from './records-sql.ts';

/** Rows that one statement inserts: each call of the driver costs, and most turns are smaller. */
const ROWS_PER_INSERT = 8;
/** More records than any session has. */
const EVERY = Number.MAX_SAFE_INTEGER;

type StateRow = readonly [
  birth: string,
  revision: number,
  edition: number,
  view: number,
  token: string,
];

/** The records of sessions. Each method is one unit of work, to be run inside a transaction. */
export class Records {
  readonly #connection: Connection;
  readonly #tables: TableNames;
  readonly #sql: RecordsSql;
  readonly #inserts: readonly string[];

  constructor(connection: Connection, tables: TableNames) {
    this.#connection = connection;
    this.#tables = tables;
    this.#sql = recordsSql(tables);
    this.#inserts = Array.from({ length: ROWS_PER_INSERT + 1 }, (_, rows) =>
      this.#sql.insert(rows),
    );
  }

  append(key: string, { records, operation, birth }: Append): Appended | undefined {
    const id = rowKey(key);
    const replayed = this.#replay(id, operation);
    if (replayed) {
      return birth === undefined || birth === replayed.state.birth
        ? { ...replayed.state, ...replayed }
        : undefined;
    }
    const added = this.#raise(key, records.length, birth);
    if (added === undefined) return undefined;
    this.#insert(id, added.revision, records);
    this.#remember(id, operation);
    return added;
  }

  window(key: string, limit: number): string[] {
    return this.#values<string>(this.#sql.window, rowKey(key), limit).reverse();
  }

  /** The newest record with the state, by one statement; needs no transaction. */
  newest(key: string): Snapshot {
    const row = this.#connection.statement(this.#sql.newest, 'arrays').get(rowKey(key)) as
      | readonly [...StateRow, record: string | null]
      | undefined;
    if (row === undefined) return { state: undefined, records: [] };
    const record = row[5];
    return { state: stateOf(row), records: record === null ? [] : [record] };
  }

  snapshot(key: string, query: SnapshotQuery = {}): Snapshot {
    const { limit = -1, before = EVERY, after = 0, operation, base } = query;
    const id = rowKey(key);
    const column = <T>(name: Parameters<RecordsSql['range']>[0]) =>
      this.#values<T>(this.#sql.range(name), id, after, before, limit).reverse();
    const known = operation === undefined ? undefined : this.#fingerprint(id, operation);
    const state = this.#state(id);
    return {
      state,
      records: column<string>('message_data'),
      ...(query.positions && { positions: column<number>('position') }),
      ...(query.times && { times: column<number>('created_at') }),
      ...(known !== undefined && { operation: known }),
      ...(base && { follows: hasFollowed(state, base) }),
    };
  }

  replaceTail(key: string, replacement: TailReplacement): Written | undefined {
    const { drop, records, operation } = replacement;
    const id = rowKey(key);
    const replayed = this.#replay(id, operation);
    if (replayed) return replayed;
    const state = this.#raiseFrom(key, replacement);
    if (state === undefined) return undefined;
    this.#drop(id, drop);
    this.#insert(id, state.revision, records);
    this.#remember(id, operation);
    return { state };
  }

  rewrite(key: string, rewrite: Rewrite): Written | undefined {
    const { state, changes, removed = [], isCompaction, unlessAppended } = rewrite;
    const id = rowKey(key);
    const row = this.#connection
      .statement(this.#sql.edit, 'arrays')
      .get(
        newToken(),
        Date.now(),
        isCompaction ? 1 : 0,
        id,
        state.birth,
        state.edition,
        unlessAppended ? Number.MAX_SAFE_INTEGER : state.revision,
        state.revision,
        state.token,
      );
    if (row === undefined) return undefined;
    for (const [position, text] of changes) this.#execute(this.#sql.update, text, id, position);
    let gone = 0;
    for (const [first, last] of removed) gone += this.#execute(this.#sql.remove, id, first, last);
    if (gone > 0) this.#execute(this.#sql.uncount, gone, id);
    return { state: stateOf(row as StateRow) };
  }

  clear(key: string): void {
    const id = rowKey(key);
    if (this.#execute(this.#sql.empty, newToken(), Date.now(), id) === 0) return;
    this.#execute(this.#sql.dropAll, id);
    this.#execute(this.#sql.forget, id);
  }

  #state(id: string): State | undefined {
    const row = this.#connection.statement(this.#sql.state, 'arrays').get(id);
    return row === undefined ? undefined : stateOf(row as StateRow);
  }

  /** Makes room for records at the end; creates the session, unless it is to be of a birth. */
  #raise(key: string, count: number, birth: string | undefined): Appended | undefined {
    const row = this.#connection
      .statement(this.#sql.raise, 'arrays')
      .get(count, newToken(), count, Date.now(), rowKey(key), birth ?? null) as
      | readonly [string, number]
      | undefined;
    if (row !== undefined) return { birth: row[0], revision: row[1] };
    if (birth !== undefined) return undefined;
    return this.#create(key, { revision: count, edition: 0, itemCount: count });
  }

  /** Makes room for records at the end if the session is still in the expected state. */
  #raiseFrom(key: string, { state, drop, records }: TailReplacement): State | undefined {
    const id = rowKey(key);
    const revision = (state?.revision ?? 0) + records.length + 1;
    const edition = drop === 0 ? (state?.edition ?? 0) : revision;
    if (state === undefined) {
      if (this.#state(id) !== undefined) return undefined;
      return this.#create(key, { revision, edition, itemCount: records.length });
    }
    const token = newToken();
    const changed = this.#execute(
      this.#sql.raiseFrom,
      revision,
      edition,
      token,
      drop === 'all' ? EVERY : drop,
      records.length,
      Date.now(),
      id,
      state.birth,
      state.revision,
      state.token,
    );
    return changed === 1 ? { ...state, revision, edition, token } : undefined;
  }

  #create(key: string, counts: Omit<Parameters<typeof createSession>[3], 'metadata'>): State {
    return createSession(this.#connection, this.#tables, key, { ...counts, metadata: null });
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

  #fingerprint(id: string, operationKey: string): string | undefined {
    return this.#values<string>(this.#sql.fingerprint, id, operationKey)[0];
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

function stateOf(row: readonly [...StateRow, ...unknown[]]): State {
  const [birth, revision, edition, view, token] = row;
  return { birth, revision, edition, view, token };
}
