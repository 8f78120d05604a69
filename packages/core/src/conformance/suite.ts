import { type Absences, absencesOf } from './capabilities.ts';
import type { SessionHarness, TestFunctions } from './harness.ts';
import { repairStructuredClone } from './realm.ts';
import { type ConformanceReport, formatTable } from './report.ts';
import type { Rule } from './rule.ts';
import type { RunConformanceOptions } from './run.ts';
import { STOP_MS, Suite, TIMEOUT_MS } from './run-rule.ts';
import { setTimeoutOf, skipTest } from './skip.ts';
import { allRules } from './specs/index.ts';

/** The suite says better than the runner what took too long, so it is given the time to do so. */
const GRACE_MS = 5_000;

/** What {@link sessionConformance} returns. */
export interface ConformanceRun {
  /** What has come of the tests so far; complete once the runner is through. */
  report(): ConformanceReport;
}

/**
 * Registers the tests that every session passes, under `session conformance: <name>`. Pass the test
 * functions of vitest, `node:test`, Jest, Mocha, Bun or Deno. What the session does not offer is skipped with a
 * reason, and a table of what it offers is printed behind the last test.
 *
 * Jest cannot skip a running test. There the session is opened once while tests are registered, and
 * what it lacks is skipped by name. If `open` returns a promise, or needs a `beforeAll` hook, that
 * cannot be known so early: then a test of what the session lacks only notes the lack in the table.
 *
 * @throws Error if `harness.exempt` names a test that does not exist or states no reason
 *
 * @example
 * ```ts
 * import { describe, it } from 'node:test';
 * import { MemorySessionStore } from '@agent-sessions/core';
 * import { sessionConformance } from '@agent-sessions/core/conformance';
 *
 * const store = new MemorySessionStore();
 * sessionConformance({ describe, it }, { name: 'memory', open: (id) => store.session(id) });
 * ```
 */
export function sessionConformance(
  { describe, it, afterAll }: TestFunctions,
  harness: SessionHarness,
  { seed }: Pick<RunConformanceOptions, 'seed'> = {},
): ConformanceRun {
  repairStructuredClone();
  const suite = new Suite(harness, seed);
  const early = cannotSkipWhileRunning(it) ? probeAtOnce(harness) : new Map<never, never>();

  // Deno registers the tests of one `describe` after it has run those of the one before.
  for (const rule of hasSkip(it) ? allRules : []) {
    const reason = suite.whyNot(rule, early);
    if (reason === undefined) continue;
    suite.outcomes.note(rule, { state: 'skipped', reason, durationMs: 0 });
  }

  const register = (rule: Rule): void => {
    const reason = suite.whyNot(rule, early);
    if (reason !== undefined && hasSkip(it)) {
      it.skip(`${rule.name} — skipped: ${reason}`, async () => {});
      return;
    }
    // vitest would take named parameters for fixtures, and Mocha and Jest for callbacks.
    const body = async function body(this: unknown, ...context: unknown[]): Promise<void> {
      setTimeoutOf(this, TIMEOUT_MS + GRACE_MS);
      const { state, reason: why = '', error } = await suite.run(rule, TIMEOUT_MS);
      const isLast = suite.outcomes.count === allRules.length;
      if (isLast) printTable(suite);
      if (isLast && afterAll === undefined) await suite.stop(STOP_MS);
      if (state === 'failed') throw error;
      if (state === 'skipped') skipTest(this, context[0], why);
    };
    it(rule.name, body, TIMEOUT_MS + GRACE_MS);
  };

  describe(`session conformance: ${harness.name}`, () => {
    for (const [name, rules] of Map.groupBy(allRules, (rule) => rule.concern)) {
      describe(name, () => rules.forEach(register));
    }
    afterAll?.(() => suite.stop(STOP_MS));
  });
  return { report: () => suite.outcomes.toReport() };
}

function printTable({ outcomes }: Suite): void {
  console.log(`\n${formatTable(outcomes.toReport())}\n`);
}

type WithSkip = TestFunctions['it'] & {
  skip(name: string, body: () => Promise<void>): unknown;
};

function hasSkip(it: TestFunctions['it']): it is WithSkip {
  return 'skip' in it && typeof it.skip === 'function';
}

/** Jest and Bun, which an `it.failing` tells apart, have no skip at run time; Deno's has no effect. */
function cannotSkipWhileRunning(it: TestFunctions['it']): boolean {
  return 'failing' in it || 'Deno' in globalThis;
}

function probeAtOnce(harness: SessionHarness): Absences {
  try {
    const session = harness.open('conformance-probe');
    if (session instanceof Promise) {
      session.then((opened) => harness.close?.(opened)).catch(() => {});
      return new Map();
    }
    const absences = absencesOf(harness, session);
    harness.close?.(session);
    return absences;
  } catch {
    // The harness waits for a hook that runs later.
    return new Map();
  }
}
