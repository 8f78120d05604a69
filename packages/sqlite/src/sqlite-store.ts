import { SessionStore } from '@agent-sessions/core';
import {
  assertNode,
  assertOptions,
  CallQueue,
  DEFAULT_TIMEOUT_MS,
  expecting,
  invalidOptions,
  isDatabasePath,
  isTimeout,
  type OptionChecks,
  optional,
  resolveTableNames,
  storeInternals,
  type TableNames,
} from '@agent-sessions/core/backend';
import type { Database } from 'better-sqlite3';
import { DatabaseBackend } from './database-backend.ts';
import { transactionOverError } from './errors.ts';

/** Options of a store. Give a `path`, or a `database`, or neither for one in memory. */
export type SQLiteSessionStoreOptions = {
  /**
   * Names of the tables, of at most 50 letters, digits and `_`, no digit first. Default:
   * `agent_sessions`, `agent_messages`, and so on.
   */
  readonly tables?: Partial<TableNames>;
  /**
   * How long a call may take from when it is made, in milliseconds: waits for other calls and for locks
   * of other connections count. A statement that has begun is finished. Default: 30 000.
   */
  readonly timeoutMs?: number;
} & (
  | {
      /** The database file, created if need be; its folder must exist. Default: in memory. */
      readonly path?: string;
      /**
       * When a write counts as done. `'FULL'`: it survives power loss. `'NORMAL'`: it survives the
       * death of the process, and power loss may take the newest ones. Default: `'FULL'`.
       */
      readonly synchronous?: 'FULL' | 'NORMAL';
      readonly database?: never;
    }
  | {
      /** An open database. Its settings stay as they are, and it is never closed here. */
      readonly database: Database;
      readonly path?: never;
      readonly synchronous?: never;
    }
);

/** What options look like, for errors. */
export const EXAMPLE = "{ path: 'conversations.db' }";

export const storeChecks: OptionChecks<SQLiteSessionStoreOptions> = {
  tables: () => undefined,
  timeoutMs: optional(isTimeout),
  path: isDatabasePath,
  synchronous: optional(
    expecting("'FULL' or 'NORMAL'", (value) => value === 'FULL' || value === 'NORMAL'),
  ),
  database: expecting(
    'an open database of better-sqlite3',
    // Those of Node and Bun have no `pragma`.
    (value) => typeof Object(value).prepare === 'function' && 'pragma' in Object(value),
  ),
};

/**
 * Keeps sessions in an SQLite database. Make one a process and share it; many processes may use one
 * file at once.
 *
 * @throws SessionError from every call that uses the database: `closed`, `busy`, `cannot_open`,
 * `not_a_database`, `schema_mismatch`, `schema_newer`, `read_only`, `storage_full`, `item_too_large`,
 * `unsupported`, `backend`
 *
 * @example
 * ```ts
 * import { SQLiteSessionStore } from '@agent-sessions/sqlite';
 *
 * await using store = new SQLiteSessionStore({ path: 'conversations.db' });
 * const session = store.session('user-123');
 * const { sessions } = await store.listSessions({ prefix: 'user-' });
 * ```
 */
export class SQLiteSessionStore extends SessionStore {
  readonly #backend: DatabaseBackend;

  /**
   * Opens the file. The tables are created, if need be, by the first call that needs them.
   *
   * @throws SessionError `cannot_open` if the folder is missing or the file not accessible,
   * `invalid_options`, `unsupported` if the driver cannot run on this Node
   */
  constructor(options: SQLiteSessionStoreOptions = {}) {
    const backend = openBackend(options);
    super({
      backend,
      queue: new CallQueue({ refusal: () => backend.refusal(), timeoutMs: options.timeoutMs }),
    });
    this.#backend = backend;
  }

  /**
   * Runs `work` in one write transaction: what it does on `tx` takes effect when it fulfils, all of it,
   * and nothing of it if it rejects. Over a `database` of your own, statements on that take part, too.
   *
   * The transaction begins after the calls that were made before on this store. Until it is over, other
   * calls on the store wait, and other processes find the file locked: ask no model in it. Calls on `tx`
   * that were not awaited are finished first.
   *
   * @param work - Gets the store as the transaction sees it: open sessions by `tx.session(id)`, or an
   * owner's by `tx.forOwner(owner)`.
   * @returns what `work` fulfils with
   * @throws what `work` rejects with, unchanged; SessionError `busy`; `unsupported` inside the callback
   * of another transaction of this store, and in a transaction that was begun on `database` directly
   *
   * @example
   * ```ts
   * import { SQLiteSessionStore } from '@agent-sessions/sqlite';
   *
   * await using store = new SQLiteSessionStore({ path: 'conversations.db' });
   * await store.transaction(async (tx) => {
   *   const items = await tx.session('draft').getItems();
   *   await tx.session('user-123').addItems(items);
   *   await tx.deleteSession('draft');
   * });
   * ```
   */
  async transaction<T>(work: (tx: SessionStore) => Promise<T>): Promise<T> {
    if (typeof work !== 'function') {
      throw invalidOptions('transaction()', 'expected a function such as async (tx) => { … }');
    }
    const { queue } = storeInternals(this);
    const begun = await queue.runAlone((leftMs) => this.#backend.begin(leftMs));
    return begun.run(async (inside) => {
      const tx = new SessionStore(inside);
      try {
        return await work(tx);
      } finally {
        await storeInternals(tx).queue.close(() => {}, { error: transactionOverError });
      }
    });
  }
}

function openBackend(options: SQLiteSessionStoreOptions): DatabaseBackend {
  const of = 'SQLiteSessionStore';
  assertOptions<SQLiteSessionStoreOptions>(options, { of, example: EXAMPLE, checks: storeChecks });
  const tables = resolveTableNames(options.tables);
  const {
    path = ':memory:',
    database,
    synchronous = 'FULL',
    timeoutMs = DEFAULT_TIMEOUT_MS,
  } = options;
  if (database !== undefined) {
    for (const name of ['path', 'synchronous'] as const) {
      if (options[name] !== undefined)
        throw invalidOptions(of, `\`${name}\` has no effect on a \`database\``);
    }
  } else {
    assertNode('better-sqlite3');
  }
  return new DatabaseBackend({ path, database, synchronous, timeoutMs, tables });
}
