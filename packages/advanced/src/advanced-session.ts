import { type AbortOptions, SessionStore, StoredSession } from '@agent-sessions/core';
import {
  assertAbortOptions,
  assertOptions,
  isStoreParts,
  openSession,
  type RecordCipher,
  type SessionParts,
  type StoreParts,
  sessionKey,
  storeInternals,
  traceOperation,
} from '@agent-sessions/core/backend';
import { openDatabase } from '@agent-sessions/kysely/engine';
import type { AgentInputItem, RunContext, SessionHistoryTransactionArgs } from '@openai/agents';
import { AdvancedBackend } from './advanced-backend.ts';
import { BranchBackend } from './branch-backend.ts';
import { type BranchInfo, BranchManager } from './branch-manager.ts';
import { BranchParts } from './branch-parts.ts';
import { createFromContent } from './content-branch.ts';
import {
  Conversation,
  type ConversationTurn,
  type ToolUsage,
  type TurnItem,
} from './conversation.ts';
import { Cursor } from './cursor.ts';
import { describer, itemDecoder } from './describe-records.ts';
import {
  type AdvancedSessionOptions,
  type AdvancedSessionStoreOptions,
  type BranchOptions,
  branchChecks,
  type DeleteBranchOptions,
  deleteBranchChecks,
  EXAMPLE,
  storeChecks,
} from './options.ts';
import type { RunUsageSource } from './usage/run-identity.ts';
import { RunWrites } from './usage/run-writes.ts';
import { type SessionUsage, type TurnUsage, UsageLedger } from './usage/usage-ledger.ts';

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
 * import { AdvancedSessionStore } from '@agent-sessions/advanced';
 * import { Agent, run } from '@openai/agents';
 *
 * const agent = new Agent({ name: 'Assistant' });
 * await using store = new AdvancedSessionStore({
 *   url: 'postgres://app@localhost/app',
 *   createTables: true,
 * });
 * const session = store.session('user-123');
 * await session.storeRunUsage(await run(agent, 'What is the weather in Paris?', { session }));
 * await session.createBranchFromTurn(1, 'another_city');
 * await run(agent, 'What is the weather in Rome?', { session });
 * await session.switchToBranch('main');
 * ```
 */
export class AdvancedSession extends StoredSession<AdvancedSessionStore> {
  readonly #parts: SessionParts<AdvancedSessionStore>;
  readonly #key: string;
  readonly #branches: BranchManager;
  readonly #conversation: Conversation;
  readonly #usage: UsageLedger;
  readonly #runs: RunWrites;

  /**
   * Connects to nothing yet: the first call does.
   *
   * @param options - Or the parts of a session, from the constructor of a class that extends this one.
   * @throws SessionError `invalid_session_id`, `invalid_options`; `unsupported` for SQL Server
   */
  constructor(options: AdvancedSessionOptions | BranchParts) {
    const given = options instanceof BranchParts ? options : openOptions(options);
    const { parts, place, archiveOnCompaction } = given;
    const { store, sessionId } = parts;
    const { queue, owner } = storeInternals(store);
    const { database, maxRecordBytes } = backendOf(store);
    const key = sessionKey(owner, sessionId);
    const decode = itemDecoder(parts.cipher, sessionId);
    const cursor = new Cursor(database, key, place, describer(decode));
    const backend = new BranchBackend({ cursor, maxRecordBytes, archiveOnCompaction });
    const withCipher = (cipher: RecordCipher) => new AdvancedSession(given.withCipher(cipher));
    const branches = new BranchManager(cursor);
    const branch = () => branches.currentId();
    super(parts.with({ backend, backends: () => backend.branches(), branch, withCipher }));
    this.#parts = parts;
    this.#key = key;
    this.#branches = branches;
    this.#conversation = new Conversation(cursor, decode);
    this.#usage = new UsageLedger(cursor);
    this.#runs = new RunWrites(queue, backend, key);
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
   * @throws SessionError `branch_not_found`, `branch_deleted`; `invalid_options` for `main`, without
   * `force` for the current branch, for an id that is none, and for other options
   */
  async deleteBranch(branchId: string, options: DeleteBranchOptions = {}): Promise<void> {
    assertOptions<DeleteBranchOptions>(options, {
      of: 'deleteBranch()',
      example: '{ force: true }',
      checks: deleteBranchChecks,
    });
    const { force = false } = options;
    await this.#run('deleteBranch', () => this.#branches.remove(branchId, force));
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
  async findTurnsByContent(text: string, options: AbortOptions = {}): Promise<ConversationTurn[]> {
    assertAbortOptions('findTurnsByContent', options);
    const find = async () => this.#conversation.find(text);
    return this.#run('findTurnsByContent', find, options.signal);
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

  /** Runs after the calls made before; rejects if the session is closed. */
  async #run<T>(operation: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    // The call takes its place at once: it must not fall behind those that are made after it.
    const open = this.getSessionId();
    const { store, sessionId } = this.#parts;
    const done = traceOperation({ operation, store, sessionId: () => sessionId }, () =>
      storeInternals(store).queue.run(this.#key, () => open.then(work), signal),
    );
    const [value] = await Promise.all([done, open]);
    return value;
  }

  #warn(problem: string, error?: unknown): void {
    const { sessionId, logger } = this.#parts;
    const reason =
      error === undefined ? '' : `: ${error instanceof Error ? error.message : 'unknown error'}`;
    logger.warn(`Session ${JSON.stringify(sessionId)}: ${problem}${reason}.`);
  }
}

/**
 * Keeps sessions with branches in a SQL database: Postgres, MySQL, MariaDB, PGlite or SQLite. Make
 * one a process and share it. Rejects with the errors of `KyselySessionStore`.
 *
 * @example
 * ```ts
 * import { AdvancedSessionStore } from '@agent-sessions/advanced';
 *
 * await using store = new AdvancedSessionStore({
 *   url: 'postgres://app@localhost/app',
 *   createTables: true,
 * });
 * const session = store.session('user-123');
 * const { sessions } = await store.listSessions({ prefix: 'user-' });
 * ```
 */
export class AdvancedSessionStore extends SessionStore {
  readonly #backend: AdvancedBackend;

  /**
   * Connects to nothing yet: the first call does.
   *
   * @param options - Or a backend, from the constructor of a class that extends this one, or what is
   * inside of another store and an owner, from its `forOwner`.
   * @throws SessionError `invalid_options`; `unsupported` for SQL Server
   */
  constructor(options: AdvancedSessionStoreOptions | AdvancedBackend | StoreParts) {
    const backend =
      options instanceof AdvancedBackend || isStoreParts(options) ? options : openBackend(options);
    super(backend);
    this.#backend = backendOf(this);
  }

  /**
   * The store as one owner sees it: its sessions have branches, too.
   *
   * @param owner - At most 255 bytes of UTF-8.
   * @throws SessionError `invalid_owner`; `invalid_options` on a store that is one owner's already
   */
  override forOwner(owner: string): AdvancedSessionStore {
    return new AdvancedSessionStore(this.ownedBy(owner));
  }

  /**
   * A session of this store: `session(sessionId, { branchId })`. Making one is cheap and touches no
   * database. Without a `sessionId` it is a new conversation, whose id is a random UUID; without a
   * `branchId` it is on the branch that was current when the session was last used.
   *
   * @throws SessionError `invalid_session_id`; `invalid_options` for an id that is `undefined`, and for
   * options that are none
   */
  override session(...args: [sessionId?: string, options?: BranchOptions]): AdvancedSession {
    const [sessionId, options = {}] = args;
    assertOptions<BranchOptions>(options, {
      of: 'session()',
      example: '{ branchId }',
      checks: branchChecks,
    });
    const branch: AdvancedSessionOptions = { ...options, store: this };
    return new AdvancedSession(
      args.length === 0 ? branch : { ...branch, sessionId: sessionId as string },
    );
  }

  /**
   * Creates the tables, those of branches too; for a deployment step of its own.
   *
   * @throws SessionError as every call; `schema_missing` only if `db` is a transaction on MySQL, which
   * creating tables would commit
   */
  async migrate(): Promise<void> {
    await this.#backend.migrate();
  }
}

function openBackend(options: AdvancedSessionStoreOptions): AdvancedBackend {
  const of = 'AdvancedSessionStore';
  assertOptions<AdvancedSessionStoreOptions>(options, {
    of,
    example: EXAMPLE,
    checks: storeChecks,
  });
  return new AdvancedBackend(openDatabase(of, options), options);
}

function openOptions(options: AdvancedSessionOptions): BranchParts {
  const parts = openSession(options, {
    of: 'AdvancedSession',
    example: EXAMPLE,
    Store: AdvancedSessionStore,
    storeChecks,
    ownChecks: branchChecks,
  });
  return new BranchParts(parts, options);
}

function backendOf(store: AdvancedSessionStore): AdvancedBackend {
  const { backend } = storeInternals(store);
  if (backend instanceof AdvancedBackend) return backend;
  throw new TypeError('the store of an AdvancedSession has an AdvancedBackend');
}
