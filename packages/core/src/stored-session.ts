import { randomUUID } from 'node:crypto';
import {
  type AgentInputItem,
  getLogger,
  type RunContext,
  type RunContextAwareSession,
  type SessionHistoryRewriteArgs,
  type SessionHistoryRewriteAwareSession,
  type SessionHistoryTransactionArgs,
  type SessionHistoryTransactionAwareSession,
} from '@openai/agents-core';
import type { RecordCipher } from './cipher.ts';
import { keptByCompaction } from './compaction.ts';
import { SessionError } from './errors.ts';
import { History, type SessionLogger } from './history.ts';
import { encodeItems } from './items.ts';
import { planMutations, prepareMutations } from './mutations.ts';
import { assertOpen, inOrder } from './order.ts';
import { RecordCoder } from './record-coder.ts';
import { RunHistory } from './run-history.ts';
import { assertSessionId } from './session-id.ts';
import type { SessionStore, Written } from './store.ts';
import { noteItemCount, traceOperation } from './tracing.ts';
import { applyTransaction, prepareTransaction } from './transaction.ts';

/** Windows are counted in 32 bits by some drivers; no history is that long. */
const LARGEST_LIMIT = 2 ** 31 - 1;

/** Options that every session over a store takes. */
export interface StoredSessionOptions<TStore extends SessionStore = SessionStore> {
  /** Where the history is kept. */
  readonly store: TStore;
  /** Which history. Default: a new random UUID. */
  readonly sessionId?: string;
  /** Gets warnings about damaged records. Default: the SDK's logger named `agent-sessions`. */
  readonly logger?: SessionLogger;
  /** Encrypts what is stored. Default: items are stored as plain JSON. */
  readonly cipher?: RecordCipher;
  /** Whether closing the session closes the store. Default: false. */
  readonly ownsStore?: boolean;
}

/**
 * A session for `run(agent, input, { session })` over any {@link SessionStore}, with every optional
 * capability of the SDK's protocol: history transactions, mutations, compaction and run context.
 *
 * Making one is cheap and touches no database: use one store a process and one session a request.
 * Calls on one session id through one store take effect in the order in which they were made.
 *
 * Besides what they throw themselves, its methods pass on what the store and the cipher reject with.
 *
 * @example
 * ```ts
 * import { MemorySessionStore, StoredSession } from '@agent-sessions/core';
 *
 * const store = new MemorySessionStore();
 * await using session = new StoredSession({ store, sessionId: 'user-123' });
 * await session.addItems([{ role: 'user', content: 'Hello' }]);
 * ```
 */
export class StoredSession<TStore extends SessionStore = SessionStore>
  implements
    RunContextAwareSession,
    SessionHistoryTransactionAwareSession,
    SessionHistoryRewriteAwareSession,
    AsyncDisposable
{
  /** Tells the SDK to pass its run context, by which compaction knows what a run has read. */
  readonly acceptsRunContext: true = true;
  /** The store that keeps this session, for example to list others. */
  readonly store: TStore;
  readonly #sessionId: string;
  readonly #logger: SessionLogger;
  readonly #history: History;
  readonly #runs: RunHistory = new RunHistory();
  readonly #ownsStore: boolean;
  #closed = false;

  /** @throws SessionError `invalid_session_id`, `invalid_options` */
  constructor(options: StoredSessionOptions<TStore>) {
    if (typeof options?.store?.append !== 'function') {
      throw new SessionError(
        'invalid_options',
        'Invalid session options: `store` is not a session store. Pass one, such as a MemorySessionStore.',
      );
    }
    const { store, sessionId = randomUUID(), logger = getLogger('agent-sessions') } = options;
    assertSessionId(sessionId);
    this.store = store;
    this.#sessionId = sessionId;
    this.#logger = logger;
    const coder = new RecordCoder(options.cipher, store.maxRecordBytes);
    this.#history = new History({ store, sessionId, coder, logger });
    this.#ownsStore = options.ownsStore ?? false;
  }

  /** How many damaged records the newest read passed over. They stay stored. */
  get damagedRecords(): number {
    return this.#history.damaged;
  }

  /**
   * The session's id.
   *
   * @throws SessionError `closed`
   */
  async getSessionId(): Promise<string> {
    this.#assertOpen();
    return this.#sessionId;
  }

  /**
   * The whole history, or its newest `limit` items, oldest first. Damaged records are passed over.
   *
   * @param limit - A whole number, or `Infinity` for everything; 0 or less gives `[]`. Default:
   * everything.
   * @throws SessionError `closed`, `invalid_limit`
   */
  async getItems(limit?: number, runContext?: RunContext<unknown>): Promise<AgentInputItem[]> {
    this.#assertOpen();
    if (limit === undefined || limit === Number.POSITIVE_INFINITY) {
      return await this.#reading(() => this.#readAll(runContext));
    }
    assertLimit(limit);
    if (limit <= 0) return [];
    return await this.#reading(() => this.#history.newest(Math.min(limit, LARGEST_LIMIT)));
  }

  /**
   * Adds items at the end, as one atomic batch. The items are copied before this method returns.
   *
   * @throws SessionError `closed`, `invalid_item`, `item_too_large`; then nothing was written
   */
  async addItems(items: AgentInputItem[], runContext?: RunContext<unknown>): Promise<void> {
    this.#assertOpen();
    const texts = encodeItems(items);
    if (texts.length === 0) return;
    await this.#inOrder('addItems', async () => {
      const { revision } = await this.#history.append(texts);
      noteItemCount(texts.length);
      this.#runs.wrote(runContext ?? this, revision, texts.length);
    });
  }

  /**
   * Removes and returns the newest item. A damaged record behind it stays where it is.
   *
   * @returns the item, or `undefined` if there is none
   * @throws SessionError `closed`; `conflict` if others change the session during every attempt for
   * ten seconds
   */
  async popItem(_runContext?: RunContext<unknown>): Promise<AgentInputItem | undefined> {
    this.#assertOpen();
    return await this.#inOrder('popItem', () =>
      this.#history.changeTail<AgentInputItem | undefined>(1, (entries) => {
        const from = entries.findLastIndex(({ item }) => item !== undefined);
        const popped = entries[from]?.item;
        noteItemCount(popped === undefined ? 0 : 1);
        if (popped === undefined) return { value: undefined };
        return { from, added: [], kept: entries.slice(from + 1), result: () => popped };
      }),
    );
  }

  /**
   * Removes all items and forgets all operations. The session id stays.
   *
   * @throws SessionError `closed`
   */
  async clearSession(_runContext?: RunContext<unknown>): Promise<void> {
    this.#assertOpen();
    await this.#inOrder('clearSession', () => this.#history.clear());
  }

  /**
   * Applies a change atomically and once: the same operation id again does nothing, in any process.
   *
   * @throws UserError with the SDK's own messages for invalid arguments, for an operation id used
   * with another transaction, and for a suffix that no longer matches
   * @throws SessionError `closed`, `invalid_item`, `item_too_large`; `conflict` as {@link popItem}
   */
  async applyHistoryTransaction(
    args: SessionHistoryTransactionArgs,
    runContext?: RunContext<unknown>,
  ): Promise<void> {
    this.#assertOpen();
    const prepared = prepareTransaction(args);
    await this.#inOrder('applyHistoryTransaction', async () => {
      const { position, added } = await applyTransaction(this.#history, prepared);
      noteItemCount(added);
      this.#runs.wrote(runContext ?? this, position, added);
    });
  }

  /**
   * Replaces function calls in place: the first of each call id is kept, duplicates go.
   *
   * @throws SessionError `closed`, `invalid_options`, `invalid_item`, `item_too_large`; `conflict` as
   * {@link popItem}
   */
  async applyHistoryMutations(args: SessionHistoryRewriteArgs): Promise<void> {
    this.#assertOpen();
    const mutations = prepareMutations(args);
    await this.#inOrder('applyHistoryMutations', () =>
      this.#history.rewrite((entries) => planMutations(entries, mutations)),
    );
  }

  /**
   * Replaces the history atomically by a compaction item and what follows it. What others added since
   * the run first read the history (outside a run: since this session last read all of it) is kept
   * behind the replacement.
   *
   * @throws SessionError `closed`, `invalid_item`, `item_too_large`; `conflict` as {@link popItem}
   */
  async replaceHistoryWithCompaction(
    items: AgentInputItem[],
    runContext?: RunContext<unknown>,
  ): Promise<void> {
    this.#assertOpen();
    const added = encodeItems(items);
    const run = runContext ?? this;
    await this.#inOrder('replaceHistoryWithCompaction', () =>
      this.#history.changeAll((entries) => {
        noteItemCount(added.length);
        const kept = keptByCompaction(entries, (position) => this.#runs.isForeign(run, position));
        const result = ({ revision }: Written) =>
          this.#runs.wrote(run, revision - kept.length, added.length);
        return { added, kept, result };
      }),
    );
  }

  /**
   * The same session seen through a cipher: what it writes is encrypted, and what it reads must be.
   * Closing it leaves the store open.
   */
  withCipher(cipher: RecordCipher): StoredSession<TStore> {
    const { store } = this;
    return new StoredSession({ store, sessionId: this.#sessionId, logger: this.#logger, cipher });
  }

  /**
   * Closes this session, and its store if the session opened it. Settles after the calls made before;
   * later ones reject.
   */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#ownsStore) return await this.store.close();
    // A store that was closed waits for its calls itself.
    await inOrder(this.store.order ?? this.store, this.#sessionId, async () => {}).catch(() => {});
  }

  /** Closes the session, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #readAll(runContext?: RunContext<unknown>): Promise<AgentInputItem[]> {
    const { items, revision } = await this.#history.all();
    if (runContext === undefined) this.#runs.readAgainAt(this, revision);
    else this.#runs.readAt(runContext, revision);
    return items;
  }

  #reading(read: () => Promise<AgentInputItem[]>): Promise<AgentInputItem[]> {
    return this.#inOrder('getItems', async () => {
      const items = await read();
      noteItemCount(items.length);
      return items;
    });
  }

  #inOrder<T>(operation: string, work: () => Promise<T>): Promise<T> {
    const store = this.store.order ?? this.store;
    const call = { operation, store, sessionId: () => this.#sessionId };
    return traceOperation(call, () => inOrder(store, this.#sessionId, work));
  }

  #assertOpen(): void {
    assertOpen(this.store.order ?? this.store);
    if (this.#closed) throw new SessionError('closed', 'The session is closed. Open a new one.');
  }
}

function assertLimit(limit: unknown): asserts limit is number {
  if (!Number.isInteger(limit)) {
    throw new SessionError(
      'invalid_limit',
      `Invalid limit: ${typeof limit === 'number' ? limit : `a value of type ${typeof limit}`}. Use a whole number, or none for the whole history.`,
    );
  }
}
