import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { AgentInputItem, Session } from '@openai/agents-core';
import type { Absences, Capability } from './capabilities.ts';
import { comparableItems, describeDifference } from './compare.ts';
import type { SessionHarness } from './harness.ts';

/** Ends a test as skipped. */
export class Skip extends Error {}

/** What a rule gets: sessions under new ids, and the assertions that every rule needs. */
export class RuleContext {
  readonly harness: SessionHarness;
  readonly #absences: Absences;
  readonly #opened = new Set<Session>();

  constructor(harness: SessionHarness, absences: Absences) {
    this.harness = harness;
    this.#absences = absences;
  }

  /** True if the session has this capability; for what a rule does besides. */
  has(capability: Capability): boolean {
    return !this.#absences.has(capability);
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
    const session = await this.harness.open(sessionId);
    this.#opened.add(session);
    return session;
  }

  /** Two instances that share one history. */
  async openTwo(sessionId: string = this.newId()): Promise<[Session, Session]> {
    return [await this.open(sessionId), await this.open(sessionId)];
  }

  /** A session with a history. */
  async openWith(items: readonly AgentInputItem[]): Promise<Session> {
    const session = await this.open();
    await session.addItems([...items]);
    return session;
  }

  /** Says that the rule closed the session itself. */
  closed(session: Session): void {
    this.#opened.delete(session);
  }

  /** Frees every session that the rule opened and did not close. */
  async cleanUp(): Promise<void> {
    const opened = [...this.#opened];
    this.#opened.clear();
    for (const session of opened) await this.harness.close?.(session);
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
}
