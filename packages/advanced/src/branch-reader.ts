import type { Snapshot, SnapshotQuery } from '@agent-sessions/core/backend';
import { isOn, rangesOf } from './branches/branch.ts';
import { directSnapshot, directWindow } from './branches/direct.ts';
import { hasComeFrom } from './branches/lineage.ts';
import { type Rows, type RowsQuery, readRows, type Shown } from './branches/read.ts';
import type { Cursor } from './cursor.ts';

/** Reads the records of the branch that a session object is on. */
export class BranchReader {
  readonly #cursor: Cursor;
  #shown: Shown | undefined;

  constructor(cursor: Cursor) {
    this.#cursor = cursor;
  }

  /** The newest records, oldest first. */
  async window(limit: number): Promise<string[]> {
    const direct = this.#stillShown() ? undefined : await directWindow(this.#cursor, limit);
    return direct ?? (await this.#read({ limit }))?.records ?? [];
  }

  async snapshot(query: SnapshotQuery = {}): Promise<Snapshot> {
    const { base } = query;
    const snapshot = await this.#snapshot(query);
    if (base === undefined) return snapshot;
    const { key, database } = this.#cursor;
    const follows = await hasComeFrom(database, key, snapshot.state, base);
    return { ...snapshot, follows };
  }

  async #snapshot(query: SnapshotQuery): Promise<Snapshot> {
    // Positions are kept with the structure. What is known to have branches is not asked again.
    const { positions: isPlaced, before, after, times: isTimed } = query;
    const isWhole = !isPlaced && before === undefined && after === undefined;
    const isDirect = isWhole && this.#stillShown() === undefined;
    const direct = isDirect ? await directSnapshot(this.#cursor, query) : undefined;
    if (direct !== undefined) return direct;
    const rows = await this.#read(query);
    const { records = [], positions = [], times = [], state, operation } = rows ?? {};
    return {
      state,
      records,
      ...(isPlaced && { positions }),
      ...(isTimed && { times }),
      ...(operation !== undefined && { operation }),
    };
  }

  /** Reads rows; `undefined` if the session does not exist. */
  async #read(query: RowsQuery): Promise<Rows | undefined> {
    const { key, database } = this.#cursor;
    for (;;) {
      const shown = this.#stillShown() ?? (await this.#look());
      if (shown === undefined) return undefined;
      const rows = await database.read((sql) => readRows(sql, key, shown, query));
      // A savepoint of the caller's may take a branch back, and then its revision and keys come again.
      const isLasting = typeof rows !== 'string' && !database.inTransaction;
      this.#shown = isLasting ? shown : undefined;
      if (typeof rows !== 'string') return rows;
    }
  }

  /** What was shown last, if this session object is still on that branch. */
  #stillShown(): Shown | undefined {
    const shown = this.#shown;
    return shown && isOn(this.#cursor.place.binding, shown.branch) ? shown : undefined;
  }

  async #look(): Promise<Shown | undefined> {
    const branch = await this.#cursor.look();
    if (branch === undefined) return undefined;
    const ranges = await this.#cursor.database.read((sql) => rangesOf(sql, branch.key));
    return { branch, ranges };
  }
}
