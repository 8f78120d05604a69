import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { AgentInputItem, Session } from '@openai/agents';
import type { Absences, Capability } from './capabilities.ts';
import { comparableItems, describeDifference } from './compare.ts';
import type { SessionHarness } from './harness.ts';
import type { SessionProcess, SessionProcesses } from './processes.ts';
import type { Random } from './random.ts';
import type { Setting } from './rule.ts';
import { within } from './time-limit.ts';

/** How long a rule that goes on for as long as there is time goes on. */
const BUDGET_MS = 1_500;

/** How long closing what a rule opened may take. */
const CLEAN_UP_MS = 60_000;

/** Ends a test as skipped. */
export class Skip extends Error {}

/** What a rule is tested with. */
export interface RuleContextOptions {
  readonly harness: SessionHarness;
  readonly absences: Absences;
  readonly processes: SessionProcesses;
  readonly random: Random;
  readonly seed: number;
  readonly setting?: Setting | undefined;
}

/** What a rule gets: sessions under new ids, and the assertions that every rule needs. */
export class RuleContext {
  readonly harness: SessionHarness;
  /** Draws what no rule fixes: sizes, places, orders. */
  readonly random: Random;
  /** The seed of the run, for what draws by itself. */
  readonly seed: number;
  readonly #absences: Absences;
  readonly #processes: SessionProcesses;
  /** What is between two instances, or how what keeps them ends, if the rule is tested again. */
  readonly setting: Setting | undefined;
  readonly #opened = new Set<Session>();
  readonly #started = performance.now();
  #over = false;

  constructor({ harness, absences, processes, random, seed, setting }: RuleContextOptions) {
    this.harness = harness;
    this.random = random;
    this.seed = seed;
    this.#absences = absences;
    this.#processes = processes;
    this.setting = setting;
  }

  /** True if the session has this capability; for what a rule does besides. */
  has(capability: Capability): boolean {
    return !this.#absences.has(capability);
  }

  /** True once the test has ended, be it that its time was up. */
  get over(): boolean {
    return this.#over;
  }

  /** True while a rule may go on with what is good to have but costs time on a slow backend. */
  get hasTime(): boolean {
    return performance.now() - this.#started < BUDGET_MS;
  }

  /** Ends the test as skipped, for what only the test itself can find out. */
  skip(reason: string): never {
    throw new Skip(reason);
  }

  /** An id that no run has used before: backends may be persistent. */
  newId(): string {
    return `conformance-${randomUUID()}`;
  }

  /** Opens a session, by default under a new id. It is closed after the test. */
  async open(sessionId: string = this.newId()): Promise<Session> {
    if (this.setting === 'processes') return (await this.#processes.first()).open(sessionId);
    return this.#keep(await this.harness.open(sessionId));
  }

  /** Two instances that share one history, and in some settings nothing else. */
  async openTwo(sessionId: string = this.newId()): Promise<[Session, Session]> {
    return [await this.open(sessionId), await this.#openOther(sessionId)];
  }

  /** So many instances that share one history; in some settings every other one is elsewhere. */
  async openMany(count: number, sessionId: string = this.newId()): Promise<Session[]> {
    return Promise.all(
      Array.from({ length: count }, (_, n) =>
        n % 2 === 0 ? this.open(sessionId) : this.#openOther(sessionId),
      ),
    );
  }

  /** A session with a history. */
  async openWith(items: readonly AgentInputItem[]): Promise<Session> {
    const session = await this.open();
    await session.addItems([...items]);
    return session;
  }

  /** A process of its own, for a rule that kills it. */
  startProcess(): Promise<SessionProcess> {
    return this.#processes.start();
  }

  /** Restarts what keeps the histories. Sessions that were opened before are not used again. */
  async restart(...opened: readonly Session[]): Promise<void> {
    for (const session of opened) this.closed(session);
    if (this.setting === 'killed') await this.harness.kill?.();
    else await this.harness.restart?.();
  }

  /** Says that the rule closed the session itself. */
  closed(session: Session): void {
    this.#opened.delete(session);
  }

  /** Frees every session that the rule opened and did not close. */
  async cleanUp(timeoutMs: number = CLEAN_UP_MS): Promise<void> {
    const opened = [...this.#opened];
    this.#opened.clear();
    await within(timeoutMs, 'harness.close()', async () => {
      for (const session of opened) await this.harness.close?.(session);
      if (this.setting === 'processes') await this.#processes.closeSessions();
    });
  }

  /** Ends what the rule left running. */
  end(): void {
    this.#over = true;
  }

  /** Fails unless the session's whole history is `expected`. */
  async expectHistory(
    session: Session,
    expected: readonly AgentInputItem[],
    message?: string,
  ): Promise<void> {
    this.expectItems(session, await session.getItems(), expected, message);
  }

  /** Fails unless two lists of items are equal. */
  expectItems(
    session: Session,
    actual: readonly AgentInputItem[],
    expected: readonly AgentInputItem[],
    message?: string,
  ): void {
    assert.ok(Array.isArray(actual), 'the session did not give an array of items');
    const left = comparableItems(this.harness, session, actual);
    const right = comparableItems(this.harness, session, expected);
    if (isDeepStrictEqual(left, right)) return;
    const counts = `read ${left.length} items, expected ${right.length}`;
    const difference = describeDifference(left, right);
    assert.fail([message, counts, difference].filter((part) => part !== undefined).join('; '));
  }

  async #openOther(sessionId: string): Promise<Session> {
    if (this.setting === 'processes') return (await this.#processes.second()).open(sessionId);
    if (this.setting !== 'stores') return this.open(sessionId);
    const open = this.harness.openElsewhere;
    assert.ok(open, 'the harness has no openElsewhere function');
    return this.#keep(await Reflect.apply(open, this.harness, [sessionId]));
  }

  #keep(session: Session): Session {
    this.#opened.add(session);
    return session;
  }
}
