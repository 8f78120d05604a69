import { type Absences, type Capability, capabilities, meanings } from './capabilities.ts';
import type { SessionHarness } from './harness.ts';
import type { Rule } from './rule.ts';

/** What came of one test. */
export interface TestOutcome {
  /** The matter that it is about, for example `limits`. */
  readonly concern: string;
  /** The rule, as a sentence. */
  readonly name: string;
  /** How it ended. */
  readonly state: 'passed' | 'failed' | 'skipped';
  /** How long it took, in milliseconds. */
  readonly durationMs: number;
  /** Why it was skipped, or the message with which it failed. */
  readonly reason?: string;
  /** What it failed with. */
  readonly error?: unknown;
}

/** What the session turned out to offer, and what its tests came to. */
export interface CapabilityOutcome {
  /** How the capability is called, for example `applyHistoryTransaction`. */
  readonly name: string;
  /** What having it means. */
  readonly meaning: string;
  /** Whether the session has it. */
  readonly present: boolean;
  /** Why it is absent. */
  readonly reason?: string;
  /** How many of its tests passed. */
  readonly passed: number;
  /** How many of its tests failed. */
  readonly failed: number;
  /** How many of its tests were skipped. */
  readonly skipped: number;
}

/** What a run of the suite came to. */
export interface ConformanceReport {
  /** The name in the harness. */
  readonly name: string;
  /** What it came to in a few words, for a badge. */
  readonly summary: string;
  /** What the tests drew sizes and orders from; a run with the same seed draws the same. */
  readonly seed: number;
  /** How many tests passed. */
  readonly passed: number;
  /** How many tests failed. */
  readonly failed: number;
  /** How many tests were skipped. */
  readonly skipped: number;
  /** The required methods as one, then each optional capability. */
  readonly capabilities: readonly CapabilityOutcome[];
  /** Rules that the harness declares broken, with the reason. */
  readonly exempt: Readonly<Record<string, string>>;
  /** Every test, in the order in which they ran. */
  readonly tests: readonly TestOutcome[];
  /** Why `harness.stop` failed, if it did. */
  readonly stopError?: string;
}

const REQUIRED = 'The methods that the SDK requires of every session.';

/** Notes outcomes while the runner runs the tests. */
export class Outcomes {
  readonly #harness: SessionHarness;
  readonly #seed: number;
  readonly #noted = new Map<Rule, TestOutcome>();
  #absences: Absences = new Map();

  constructor(harness: SessionHarness, seed: number) {
    this.#harness = harness;
    this.#seed = seed;
  }

  /** How many tests have ended. */
  get count(): number {
    return this.#noted.size;
  }

  noteAbsences(absences: Absences): void {
    this.#absences = absences;
  }

  note(rule: Rule, result: Omit<TestOutcome, 'concern' | 'name'>): TestOutcome {
    const outcome = { concern: rule.concern, name: rule.name, ...result };
    this.#noted.set(rule, outcome);
    return outcome;
  }

  toReport(): ConformanceReport {
    const tests = [...this.#noted.values()];
    const every = Object.keys(capabilities) as Capability[];
    const { passed, failed, skipped } = tally(tests);
    return {
      name: this.#harness.name,
      summary: `${passed} passed, ${failed} failed, ${skipped} skipped`,
      seed: this.#seed,
      passed,
      failed,
      skipped,
      exempt: this.#harness.exempt ?? {},
      capabilities: [
        this.#outcomeOf('getItems, addItems, popItem, clearSession', REQUIRED),
        ...every.map((each) => this.#outcomeOf(capabilities[each], meanings[each], each)),
      ],
      tests,
    };
  }

  #outcomeOf(name: string, meaning: string, capability?: Capability): CapabilityOutcome {
    const tests = [...this.#noted]
      .filter(([{ needs }]) =>
        capability === undefined ? needs.length === 0 : needs.includes(capability),
      )
      .map(([, outcome]) => outcome);
    const reason = capability && this.#absences.get(capability);
    const present = reason === undefined;
    return { name, meaning, present, ...(reason && { reason }), ...tally(tests) };
  }
}

/** One line for each capability, and one for each exempted rule. */
export function formatTable(report: ConformanceReport): string {
  const rows = [['capability', '', 'passed', 'failed', 'skipped', 'why not']];
  for (const { name, present, passed, failed, skipped, reason } of report.capabilities) {
    const counts = [passed, failed, skipped].map(String);
    rows.push([name, present ? 'yes' : 'no', ...counts, reason ?? '']);
  }
  const widths = [0, 1, 2, 3, 4].map((column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  const lines = rows.map((row) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return column >= 2 && column <= 4 ? cell.padStart(width) : cell.padEnd(width);
      })
      .join('  ')
      .trimEnd(),
  );
  const exemptions = Object.entries(report.exempt).map(
    ([name, reason]) => `exempt: ${name} (${reason})`,
  );
  const title = `session conformance: ${report.name} (seed ${report.seed})`;
  return [title, ...lines, ...exemptions].join('\n');
}

function tally(tests: readonly TestOutcome[]): { passed: number; failed: number; skipped: number } {
  const count = (state: TestOutcome['state']): number =>
    tests.filter((test) => test.state === state).length;
  return { passed: count('passed'), failed: count('failed'), skipped: count('skipped') };
}
