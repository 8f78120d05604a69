import { randomUUID } from 'node:crypto';
import {
  type SessionDirectory,
  type SessionLogger,
  type SessionStore,
  StoredSession,
} from '@agent-sessions/core';
import {
  assertSessionId,
  inOrder,
  OF_SHARED_STORE,
  type RecordCipher,
  refuseOptions,
  traceOperation,
} from '@agent-sessions/core/adapter';
import {
  type AgentInputItem,
  getLogger,
  type RunContext,
  type SessionHistoryTransactionArgs,
} from '@openai/agents-core';
import { AdvancedSessionStore, databaseOf } from './advanced-store.ts';
import { assertBranchId, type BranchInfo, BranchManager } from './branch-manager.ts';
import { BranchStore } from './branch-store.ts';
import { createFromContent } from './content-branch.ts';
import {
  Conversation,
  type ConversationTurn,
  type ToolUsage,
  type TurnItem,
} from './conversation.ts';
import { Cursor, firstPlace, type Place } from './cursor.ts';
import { itemDecoder } from './items/decode.ts';
import { outlineOf } from './items/outline.ts';
import type { AdvancedSessionOptions, BranchOptions } from './options.ts';
import type { RunUsageSource } from './usage/run-identity.ts';
import { RunWrites } from './usage/run-writes.ts';
import { type SessionUsage, type TurnUsage, UsageLedger } from './usage/usage-ledger.ts';

/** The place of a session, for the view of the same session through a cipher. */
const places = new WeakMap<object, Place>();

/**
 * A conversation with branches, token usage and structured queries, in any SQL database that Kysely
 * speaks to. All that a plain session does, it does on the branch that it is on.
 *
 * @throws SessionError from every call on the branch: `branch_deleted` if it was deleted meanwhile,
 * `branch_not_found` if `branchId` names none; from every call: `closed`, and what an
 * {@link AdvancedSessionStore} rejects with
 *
 * @example
 * ```ts
 * import { AdvancedSession, AdvancedSessionStore } from '@agent-sessions/advanced';
 * import { Agent, run } from '@openai/agents';
 *
 * const agent = new Agent({ name: 'Assistant' });
 * await using store = AdvancedSessionStore.fromUrl({
 *   url: 'postgres://app@localhost/app',
 *   createTables: true,
 * });
 * const session = new AdvancedSession({ store, sessionId: 'user-123' });
 * await session.storeRunUsage(await run(agent, 'What is the weather in Paris?', { session }));
 * await session.createBranchFromTurn(1, 'another_city');
 * await run(agent, 'What is the weather in Rome?', { session });
 * await session.switchToBranch('main');
 * ```
 */
export class AdvancedSession extends StoredSession<SessionStore & SessionDirectory> {
  readonly #store: BranchStore;
  readonly #sessions: AdvancedSessionStore;
  readonly #options: BranchOptions & { readonly sessionId: string; readonly logger: SessionLogger };
  readonly #branches: BranchManager;
  readonly #conversation: Conversation;
  readonly #usage: UsageLedger;
  readonly #runs: RunWrites;

  /**
   * Connects to nothing yet: the first call does.
   *
   * @throws SessionError `invalid_session_id`, `invalid_options`; `unsupported` for SQL Server
   */
  constructor(options: AdvancedSessionOptions) {
    const { sessionId = randomUUID(), logger = getLogger('agent-sessions'), branchId } = options;
    const { cipher, archiveOnCompaction = false } = options;
    assertSessionId(sessionId);
    if (branchId !== undefined) assertBranchId(branchId);
    const shared = options.db === undefined;
    const ofStore = shared ? ['createTables', 'retryTimeoutMs', 'schema'] : ['store'];
    refuseOptions(options, ofStore, shared ? OF_SHARED_STORE : 'there is a `db`');
    const sessions = shared ? options.store : new AdvancedSessionStore(options);
    const decode = itemDecoder(cipher);
    const describe = async (records: readonly string[]) =>
      (await decode(records)).map((item) => item && outlineOf(item));
    const place = places.get(options) ?? firstPlace(branchId);
    const cursor = new Cursor(databaseOf(sessions), sessionId, place, describe);
    const store = new BranchStore({ cursor, sessions, archiveOnCompaction });
    super({
      sessionId,
      logger,
      ...(cipher !== undefined && { cipher }),
      store,
      ownsStore: shared ? (options.ownsStore ?? false) : true,
    });
    this.#store = store;
    this.#sessions = sessions;
    this.#options = { sessionId, logger, archiveOnCompaction };
    this.#branches = new BranchManager(cursor);
    this.#conversation = new Conversation(cursor, decode);
    this.#usage = new UsageLedger(cursor);
    this.#runs = new RunWrites(this.#store, sessionId);
  }

  /**
   * Makes a branch that shows what comes before a turn, and moves to it. Costs the same for short and
   * long histories: no item is copied.
   *
   * @param turn - The number of a turn of the current branch, 1 or more.
   * @param branchName - The new branch's id: 1 to 200 characters, never used before in this session.
   * Default: `branch_from_turn_<turn>_<seconds since 1970>`.
   * @returns the branch's id
   * @throws SessionError `turn_not_found`, `branch_exists`; `invalid_options` for an id that is none
   */
  createBranchFromTurn(turn: number, branchName?: string): Promise<string> {
    return this.#run('createBranchFromTurn', () => this.#branches.createFromTurn(turn, branchName));
  }

  /**
   * Makes a branch from the first turn of the current branch in which a text occurs, as
   * {@link findTurnsByContent} finds it, and moves to it. `branchName` is as for
   * {@link createBranchFromTurn}.
   *
   * @returns the branch's id
   * @throws SessionError `turn_not_found`, `branch_exists`; `invalid_options` for an empty text, and for
   * an id that is none
   */
  createBranchFromContent(text: string, branchName?: string): Promise<string> {
    return this.#run('createBranchFromContent', () =>
      createFromContent(this.#branches, this.#conversation, text, branchName),
    );
  }

  /**
   * Moves to a branch. Calls made before still take effect on the branch left.
   *
   * @throws SessionError `branch_not_found`, `branch_deleted`; `invalid_options` for an id that is none
   */
  switchToBranch(branchId: string): Promise<void> {
    return this.#run('switchToBranch', () => this.#branches.switchTo(branchId));
  }

  /** All branches: `main`, then the others in the order in which they were made. */
  listBranches(): Promise<BranchInfo[]> {
    return this.#run('listBranches', () => this.#branches.list());
  }

  /**
   * Deletes a branch, its usage, and the items that no other branch shows. Its id stays taken.
   *
   * @param options - `force` allows deleting the current branch; then the session is on `main`.
   * @throws SessionError `branch_not_found`, `branch_deleted`; `invalid_options` for `main`, without
   * `force` for the current branch, and for an id that is none
   */
  deleteBranch(branchId: string, { force = false }: { force?: boolean } = {}): Promise<void> {
    return this.#run('deleteBranch', () => this.#branches.remove(branchId, force));
  }

  /** The id of the branch that this session is on. */
  currentBranchId(): Promise<string> {
    return this.#run('currentBranchId', () => this.#branches.currentId());
  }

  /**
   * Drops a turn and what follows it from the current branch, to undo it or to ask again. Their
   * usage is dropped with them. Other branches keep what they show.
   *
   * @param turn - The number of a turn of the current branch, 1 or more.
   * @throws SessionError `turn_not_found`
   */
  rewindToTurn(turn: number): Promise<void> {
    return this.#run('rewindToTurn', () => this.#branches.rewind(turn));
  }

  /** The turns of the current branch, in order. */
  getConversationTurns(): Promise<ConversationTurn[]> {
    return this.#run('getConversationTurns', () => this.#conversation.turns());
  }

  /**
   * The turns of the current branch in which a text occurs: in messages, arguments of tools or their
   * outputs, whatever the case, in any language. `%` and `_` are characters like others.
   *
   * @throws SessionError `invalid_options` for an empty text
   */
  findTurnsByContent(text: string): Promise<ConversationTurn[]> {
    return this.#run('findTurnsByContent', async () => this.#conversation.find(text));
  }

  /** What kinds of items each turn of the current branch has; items before turn 1 are turn 0. */
  getConversationByTurns(): Promise<Map<number, TurnItem[]>> {
    return this.#run('getConversationByTurns', () => this.#conversation.byTurns());
  }

  /** How often each tool was called in each turn of the current branch. */
  getToolUsage(): Promise<ToolUsage[]> {
    return this.#run('getToolUsage', () => this.#conversation.toolUsage());
  }

  /**
   * Stores what a run has used, in the turn to which the run belongs. A run counts once: storing the
   * result again, or after an interrupted run has gone on, stores what has been added since. Never
   * throws; what goes wrong is logged.
   *
   * @param result - The result of `run()`; if it streams, await its `completed` first.
   */
  async storeRunUsage(result: RunUsageSource): Promise<void> {
    try {
      const refusal = await this.#run('storeRunUsage', () =>
        this.#usage.store(result, this.#runs.of(result.runContext)),
      );
      if (refusal !== undefined) this.#warn(`no usage was stored, for ${refusal}`);
    } catch (error) {
      this.#warn('storing the usage of a run failed', error);
    }
  }

  /**
   * What was used on a branch, or without `branchId` on all branches, where each run counts once;
   * `undefined` if nothing was stored.
   */
  getSessionUsage(branchId?: string): Promise<SessionUsage | undefined> {
    return this.#run('getSessionUsage', () => this.#usage.session(branchId));
  }

  /** What each turn used on the current branch. */
  getTurnUsage(): Promise<TurnUsage[]>;
  /** What one turn used on the current branch; `undefined` if nothing was stored. */
  getTurnUsage(turn: number): Promise<TurnUsage | undefined>;
  async getTurnUsage(turn?: number): Promise<TurnUsage[] | TurnUsage | undefined> {
    const usage = await this.#run('getTurnUsage', () => this.#usage.turns(turn));
    return turn === undefined ? usage : usage[0];
  }

  override async addItems(
    items: AgentInputItem[],
    runContext?: RunContext<unknown>,
  ): Promise<void> {
    await this.#runs.noting(runContext, () => super.addItems(items, runContext));
  }

  override async applyHistoryTransaction(
    args: SessionHistoryTransactionArgs,
    runContext?: RunContext<unknown>,
  ): Promise<void> {
    await this.#runs.noting(runContext, () => super.applyHistoryTransaction(args, runContext));
  }

  override async replaceHistoryWithCompaction(
    items: AgentInputItem[],
    runContext?: RunContext<unknown>,
  ): Promise<void> {
    await this.#runs.noting(runContext, () =>
      super.replaceHistoryWithCompaction(items, runContext),
    );
  }

  /**
   * The same session, on the same branch also after either moves, seen through a cipher: what it
   * writes is encrypted, and what it reads must be. Closing it leaves the store open.
   */
  override withCipher(cipher: RecordCipher): AdvancedSession {
    const options = { ...this.#options, store: this.#sessions, cipher };
    places.set(options, this.#store.cursor.place);
    return new AdvancedSession(options);
  }

  /** Runs behind the calls made before; rejects if the session is closed. */
  async #run<T>(operation: string, work: () => Promise<T>): Promise<T> {
    // The call takes its place at once: it must not fall behind those that are made after it.
    const open = this.getSessionId();
    const { sessionId } = this.#options;
    const store = this.#store.order;
    const done = traceOperation({ operation, store, sessionId: () => sessionId }, () =>
      inOrder(store, sessionId, () => open.then(work)),
    );
    const [value] = await Promise.all([done, open]);
    return value;
  }

  #warn(problem: string, error?: unknown): void {
    const id = JSON.stringify(this.#options.sessionId);
    const reason =
      error === undefined ? '' : `: ${error instanceof Error ? error.message : 'unknown error'}`;
    this.#options.logger.warn(`Session ${id}: ${problem}${reason}.`);
  }
}
