import {
  type AgentInputItem,
  type RunContext,
  type RunContextAwareSession,
  RunState,
  type SessionHistoryRewriteArgs,
  type SessionHistoryRewriteAwareSession,
  type SessionHistoryTransactionArgs,
  type SessionHistoryTransactionAwareSession,
} from '@openai/agents';
import { assertCloseOptions, type CloseOptions } from './call-options.ts';
import type { CallQueue } from './call-queue.ts';
import type { RecordCipher } from './cipher.ts';
import { encodeItems } from './codec.ts';
import { keptByCompaction } from './compaction.ts';
import { SessionError } from './errors.ts';
import { History } from './history.ts';
import { setSessionInternals, storeInternals } from './internals.ts';
import { assertLimit } from './limit.ts';
import { planMutations, prepareMutations } from './mutations.ts';
import { RecordCoder } from './record-coder.ts';
import { RunHistory } from './run-history.ts';
import {
  type AnyAgent,
  assertOpenStateOptions,
  type InterruptedRun,
  type OpenStateOptions,
  otherBranchError,
  type RunStateClass,
  readRunState,
  writeRunState,
} from './run-state.ts';
import { sessionKey } from './session-key.ts';
import { openStoredSession, type SessionIdentity, SessionParts } from './session-parts.ts';
import type { SessionStore } from './session-store.ts';
import { isSettledWithin } from './time-limit.ts';
import { noteItemCount, traceOperation } from './tracing.ts';
import { applyTransaction, prepareTransaction } from './transaction.ts';

/** Windows are counted in 32 bits by some drivers; no history is that long. */
const LARGEST_LIMIT = 2 ** 31 - 1;

/** Options of a session over a shared store. */
export interface StoredSessionOptions<TStore extends SessionStore = SessionStore>
  extends SessionIdentity {
  /** Where the history is kept. Closing the session leaves it open. */
  readonly store: TStore;
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
 * // The same as store.session('user-123').
 * const session = new StoredSession({ store, sessionId: 'user-123' });
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
  readonly #parts: SessionParts<TStore>;
  readonly #key: string;
  readonly #queue: CallQueue;
  readonly #history: History;
  readonly #runs: RunHistory = new RunHistory();
  #closed = false;

  /** @throws SessionError `invalid_session_id`, `invalid_options` */
  constructor(options: StoredSessionOptions<TStore>);
  /** For the constructor of a class that extends this one: see `openSession`. */
  constructor(parts: SessionParts<TStore>);
  constructor(options: StoredSessionOptions<TStore> | SessionParts<TStore>) {
    const parts = options instanceof SessionParts ? options : openStoredSession<TStore>(options);
    const { store, sessionId, logger, cipher } = parts;
    const inside = storeInternals(store);
    this.#key = sessionKey(inside.owner, sessionId);
    const { backend = inside.backend, backends = async () => [backend] } = parts;
    this.store = store;
    this.#parts = parts;
    this.#queue = inside.queue;
    const coder = new RecordCoder(cipher, backend.maxRecordBytes, sessionId);
    this.#history = new History({
      backend,
      key: this.#key,
      coder,
      logger,
      timeoutMs: this.#queue.timeoutMs,
    });
    const withCipher = (given: RecordCipher) =>
      parts.withCipher?.(given) ??
      new StoredSession(parts.with({ ownsStore: false, cipher: given }));
    const { queue } = inside;
    setSessionInternals(this, {
      backend,
      queue,
      key: this.#key,
      backends,
      isSealed: cipher !== undefined,
      withCipher,
    });
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
    return this.#parts.sessionId;
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
      return await this.#reading((history) => this.#readAll(history, runContext));
    }
    assertLimit(limit);
    if (limit <= 0) return [];
    return await this.#reading((history) =>
      this.#readNewest(history, Math.min(limit, LARGEST_LIMIT), runContext),
    );
  }

  /**
   * Adds items at the end, as one atomic batch. The items are copied before this method returns.
   *
   * @throws SessionError `closed`, `invalid_item`, `item_too_large`; then nothing was written.
   * `session_deleted` in a run that saw a session which was deleted since
   */
  async addItems(items: AgentInputItem[], runContext?: RunContext<unknown>): Promise<void> {
    this.#assertOpen();
    const texts = encodeItems(items);
    if (texts.length === 0) return;
    await this.#inOrder('addItems', async (history) => {
      const added = await history.append(texts, this.#runs.seenBy(runContext));
      noteItemCount(texts.length);
      this.#runs.appended(runContext ?? this, added);
    });
  }

  /**
   * Removes and returns the newest item. A damaged record behind it stays where it is.
   *
   * @returns the item, or `undefined` if there is none
   * @throws SessionError `closed`; `conflict` if others change the session during every attempt for
   * ten seconds
   */
  async popItem(runContext?: RunContext<unknown>): Promise<AgentInputItem | undefined> {
    this.#assertOpen();
    return await this.#inOrder('popItem', (history) => {
      const birth = this.#runs.birthOf(runContext);
      return history.changeTail<AgentInputItem | undefined>(1, { birth }, (entries) => {
        const from = entries.findLastIndex(({ item }) => item !== undefined);
        const popped = entries[from]?.item;
        noteItemCount(popped === undefined ? 0 : 1);
        if (popped === undefined) return { value: undefined };
        return { from, added: [], kept: entries.slice(from + 1), result: () => popped };
      });
    });
  }

  /**
   * Removes all items and forgets all operations. The session id stays.
   *
   * @throws SessionError `closed`
   */
  async clearSession(_runContext?: RunContext<unknown>): Promise<void> {
    this.#assertOpen();
    await this.#inOrder('clearSession', (history) => history.clear());
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
    await this.#inOrder('applyHistoryTransaction', async (history) => {
      const seen = this.#runs.seenBy(runContext);
      const applied = await applyTransaction(history, prepared, seen);
      noteItemCount(applied?.records.length ?? 0);
      if (applied === undefined) return;
      this.#runs.wrote(runContext ?? this, applied);
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
    await this.#inOrder('applyHistoryMutations', (history) =>
      history.rewrite((entries) => planMutations(entries, mutations)),
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
    await this.#inOrder('replaceHistoryWithCompaction', (history) => {
      const expected = { birth: this.#runs.birthOf(runContext), base: this.#runs.baseOf(run) };
      return history.replaceAll(expected, (entries, follows) => {
        noteItemCount(added.length);
        const kept = keptByCompaction(entries, this.#runs.foreignAmong(run, entries, follows));
        return { added, kept, result: (wrote) => this.#runs.wrote(run, wrote) };
      });
    });
  }

  /**
   * The state of an interrupted run as text, to be kept until somebody has decided, together with what it
   * belongs to: this session, as the run saw it, and its branch. It holds the whole history that the run
   * has; of an encrypted session it is encrypted.
   *
   * @param run - What `run()` resolved to, on this session.
   * @throws SessionError `closed`
   *
   * @example
   * ```ts
   * import type { StoredSession } from '@agent-sessions/core';
   * import { type Agent, run } from '@openai/agents';
   *
   * async function ask(agent: Agent, session: StoredSession): Promise<string> {
   *   return session.sealState(await run(agent, 'Refund order 42.', { session }));
   * }
   *
   * async function approve(agent: Agent, session: StoredSession, text: string): Promise<void> {
   *   const state = await session.openState(agent, text);
   *   for (const interruption of state.getInterruptions()) state.approve(interruption);
   *   await run(agent, state, { session });
   * }
   * ```
   */
  async sealState({ state }: InterruptedRun): Promise<string> {
    this.#assertOpen();
    const { cipher, branch } = this.#parts;
    const birth = this.#runs.birthOf(state._context);
    const kept = { key: this.#key, birth, state: state.toString() };
    return this.#inOrder('sealState', async () => {
      const text = writeRunState({ ...kept, branch: await branch?.() });
      const [sealed = text] = (await cipher?.seal([text])) ?? [];
      return sealed;
    });
  }

  /**
   * The state of a run from what {@link sealState} returned, in any process: approve or reject its
   * interruptions, and pass it to `run()` with this session. The run goes on with the session that it
   * saw: once that was deleted, or has expired, it is refused.
   *
   * @throws SessionError `closed`; `session_deleted`; `invalid_options` for another text, and for a state
   * of another session or branch; `decryption_failed`, `key_unavailable` of an encrypted session
   */
  async openState<TAgent extends AnyAgent, TState = RunState<unknown, TAgent>>(
    agent: TAgent,
    text: string,
    options: OpenStateOptions<TState> = {},
  ): Promise<TState> {
    assertOpenStateOptions(options);
    this.#assertOpen();
    const { cipher, branch } = this.#parts;
    const kept = await this.#inOrder('openState', async (history) => {
      const [opened] = cipher === undefined ? [text] : await cipher.unseal([text]);
      if (opened === undefined) throw history.deleted();
      const read = readRunState(opened, this.#key);
      if (read.birth !== undefined) await history.assertNotDeleted(read.birth);
      const here = await branch?.();
      if (read.branch !== here) throw otherBranchError(read.branch, here);
      return read;
    });
    const Class = (options.RunState ?? RunState) as RunStateClass<TState>;
    const state = await Class.fromString(agent as never, kept.state);
    const { _context } = state as InterruptedRun['state'];
    if (kept.birth !== undefined) this.#runs.saw(_context, { birth: kept.birth });
    return state;
  }

  /**
   * Closes this session, and its store if the session opened it. Settles after the calls made before, or
   * when its time is up; later ones reject.
   *
   * @throws SessionError `invalid_options`; `connection_lost` if the database keeps the store from closing
   */
  async close(options: CloseOptions = {}): Promise<void> {
    assertCloseOptions(options);
    this.#closed = true;
    if (this.#parts.ownsStore) return await this.store.close(options);
    // A store that was closed waits for its calls itself.
    const { timeoutMs = this.#queue.timeoutMs } = options;
    const mine = this.#queue.run(this.#key, async () => {});
    await isSettledWithin(timeoutMs, mine);
  }

  /** Closes the session, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #readAll(history: History, runContext?: RunContext<unknown>): Promise<AgentInputItem[]> {
    const birth = this.#runs.birthOf(runContext);
    const { items, state } = await history.newestOf(Number.POSITIVE_INFINITY, { birth });
    if (runContext === undefined) this.#runs.readAgainAt(this, state);
    else this.#runs.readAt(runContext, state);
    return items;
  }

  async #readNewest(
    history: History,
    limit: number,
    runContext?: RunContext<unknown>,
  ): Promise<AgentInputItem[]> {
    if (runContext === undefined) return history.newest(limit);
    const birth = this.#runs.birthOf(runContext);
    const { items, state } = await history.newestOf(limit, { birth });
    this.#runs.saw(runContext, state);
    return items;
  }

  #reading(read: (history: History) => Promise<AgentInputItem[]>): Promise<AgentInputItem[]> {
    return this.#inOrder('getItems', async (history) => {
      const items = await read(history);
      noteItemCount(items.length);
      return items;
    });
  }

  #inOrder<T>(operation: string, work: (history: History) => Promise<T>): Promise<T> {
    const { store, sessionId } = this.#parts;
    const call = { operation, store, sessionId: () => sessionId };
    return traceOperation(call, () =>
      this.#queue.run(this.#key, (leftMs) => work(this.#history.within(leftMs))),
    );
  }

  #assertOpen(): void {
    this.#queue.assertOpen();
    if (this.#closed) throw new SessionError('closed', 'The session is closed. Open a new one.');
  }
}
