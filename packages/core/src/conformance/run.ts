import type { SessionHarness } from './harness.ts';
import type { ConformanceReport, TestOutcome } from './report.ts';
import { Suite, TIMEOUT_MS } from './run-rule.ts';
import { allRules } from './specs/index.ts';

/** Options of {@link runConformance}. */
export interface RunConformanceOptions {
  /** Only tests of which `<concern> <name>` matches. Default: all. */
  readonly grep?: RegExp;
  /** After how many milliseconds a test fails. Default: 60 000. */
  readonly timeoutMs?: number;
  /** Called after each test. */
  readonly onTest?: (outcome: TestOutcome) => void;
}

/**
 * Runs the suite without a test runner, one test after the other.
 *
 * @throws Error if `harness.exempt` names a test that does not exist
 *
 * @example
 * ```ts
 * import { MemorySessionStore } from '@agent-sessions/core';
 * import { runConformance } from '@agent-sessions/core/conformance';
 *
 * const store = new MemorySessionStore();
 * const report = await runConformance({ name: 'memory', open: (id) => store.session(id) });
 * console.log(`${report.passed} passed, ${report.failed} failed, ${report.skipped} skipped`);
 * ```
 */
export async function runConformance(
  harness: SessionHarness,
  { grep, timeoutMs = TIMEOUT_MS, onTest }: RunConformanceOptions = {},
): Promise<ConformanceReport> {
  const suite = new Suite(harness);
  for (const rule of allRules) {
    if (grep !== undefined && !grep.test(`${rule.concern} ${rule.name}`)) continue;
    const outcome = await suite.run(rule, timeoutMs);
    onTest?.(outcome);
  }
  return suite.outcomes.toReport();
}
