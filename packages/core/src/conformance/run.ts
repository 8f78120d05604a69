import type { SessionHarness } from './harness.ts';
import type { ConformanceReport, TestOutcome } from './report.ts';
import { STOP_MS, Suite, TIMEOUT_MS } from './run-rule.ts';
import { allRules } from './specs/index.ts';

/** Options of {@link runConformance}. */
export interface RunConformanceOptions {
  /** Only tests of which `<concern> <name>` matches. Default: all. */
  readonly grep?: RegExp;
  /** Only tests of these very names. Default: all. */
  readonly only?: readonly string[];
  /**
   * What the tests draw sizes and orders from: a whole number from 0 to 2 147 483 647. Default: that of
   * the environment variable `SESSION_CONFORMANCE_SEED`, or else a new one.
   */
  readonly seed?: number;
  /** After how many milliseconds a test fails. Default: 60 000. */
  readonly timeoutMs?: number;
  /** Called after each test. */
  readonly onTest?: (outcome: TestOutcome) => void;
}

/**
 * Runs the suite without a test runner, one test after the other, and stops the harness.
 *
 * @throws Error if `harness.exempt` or `only` names a test that does not exist, if an exemption has no
 * reason, or if the seed is none
 *
 * @example
 * ```ts
 * import { MemorySessionStore } from '@agent-sessions/core';
 * import { runConformance } from '@agent-sessions/core/conformance';
 *
 * const store = new MemorySessionStore();
 * const report = await runConformance({ name: 'memory', open: (id) => store.session(id) });
 * console.log(report.summary);
 * ```
 */
export async function runConformance(
  harness: SessionHarness,
  { grep, only, seed, timeoutMs = TIMEOUT_MS, onTest }: RunConformanceOptions = {},
): Promise<ConformanceReport> {
  const suite = new Suite(harness, seed);
  const missing = only?.find((name) => !allRules.some((rule) => rule.name === name));
  if (missing !== undefined) throw new Error(`No test is named ${JSON.stringify(missing)}.`);
  for (const rule of allRules) {
    if (grep !== undefined && !grep.test(`${rule.concern} ${rule.name}`)) continue;
    if (only !== undefined && !only.includes(rule.name)) continue;
    const outcome = await suite.run(rule, timeoutMs);
    onTest?.(outcome);
  }
  const report = suite.outcomes.toReport();
  try {
    await suite.stop(Math.min(timeoutMs, STOP_MS));
    return report;
  } catch (error) {
    return { ...report, stopError: error instanceof Error ? error.message : String(error) };
  }
}
