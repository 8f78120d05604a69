import type { Capability } from '../../packages/core/src/conformance/capabilities.ts';
import { allRules } from '../../packages/core/src/conformance/specs/index.ts';

/** The part of vitest's JSON report that is read here. */
export interface TestReport {
  readonly testResults: readonly { readonly assertionResults: readonly Assertion[] }[];
}

interface Assertion {
  readonly ancestorTitles: readonly string[];
  readonly title: string;
  readonly status: string;
}

/** What the tests of one conformance suite came to, by rule. */
export type Suite = ReadonlyMap<string, string>;

const prefix = 'session conformance: ';

/** Conformance suites of a test run, by the name of the backend. */
export function suitesOf({ testResults }: TestReport): Map<string, Suite> {
  const suites = new Map<string, Map<string, string>>();
  for (const { ancestorTitles, title, status } of testResults.flatMap((r) => r.assertionResults)) {
    const [suite = '', concern = ''] = ancestorTitles;
    if (!suite.startsWith(prefix)) continue;
    const name = suite.slice(prefix.length);
    const tests = suites.get(name) ?? new Map<string, string>();
    suites.set(name, tests.set(keyOf(concern, title), status));
  }
  return suites;
}

/** Whether a suite ran, and how many of its tests failed; why not, if nothing follows from it. */
export function problemOf(name: string, suite: Suite | undefined): string | undefined {
  const count = (status: string): number =>
    [...(suite?.values() ?? [])].filter((other) => other === status).length;
  if (count('failed') > 0) return `${name}: ${count('failed')} tests failed`;
  return count('passed') === 0 ? `${name}: no test of it ran` : undefined;
}

/**
 * True if tests that need a capability passed: the suite skips those of what a session lacks. That a
 * method refuses bad input well does not show that it does what it is for.
 */
export function hasCapability(suite: Suite, capability: Capability): boolean {
  return allRules.some(
    ({ concern, name, needs }) =>
      concern !== 'errors' &&
      needs.includes(capability) &&
      suite.get(keyOf(concern, name)) === 'passed',
  );
}

function keyOf(concern: string, rule: string): string {
  return `${concern}: ${rule}`;
}
