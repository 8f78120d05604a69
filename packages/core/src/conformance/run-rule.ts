import { type Absences, probe } from './capabilities.ts';
import { RuleContext, Skip } from './context.ts';
import type { SessionHarness } from './harness.ts';
import { Outcomes, type TestOutcome } from './report.ts';
import type { Rule } from './rule.ts';
import { allRules } from './specs/index.ts';

/** For a database server on a busy machine; tests of a session in memory take milliseconds. */
export const TIMEOUT_MS = 60_000;

/** Runs rules against one harness, which it prepares before the first, and notes what came of them. */
export class Suite {
  readonly outcomes: Outcomes;
  readonly #harness: SessionHarness;
  #prepared: Promise<Absences> | undefined;

  /** @throws Error if `harness.exempt` names a test that does not exist */
  constructor(harness: SessionHarness) {
    assertExemptionsExist(harness);
    this.#harness = harness;
    this.outcomes = new Outcomes(harness);
  }

  /** Why a rule is not tested, if so. */
  whyNot(rule: Rule, absences: Absences): string | undefined {
    const exemption = this.#harness.exempt?.[rule.name];
    if (exemption !== undefined) return `exempt: ${exemption}`;
    const missing = rule.needs.find((capability) => absences.has(capability));
    return missing && absences.get(missing);
  }

  /** Tests one rule, for at most so many milliseconds. */
  async run(rule: Rule, timeoutMs: number): Promise<TestOutcome> {
    try {
      this.#prepared ??= this.#prepare();
      const absences = await this.#prepared;
      const reason = this.whyNot(rule, absences);
      if (reason !== undefined) return this.outcomes.note(rule, { state: 'skipped', reason });
      await test(rule, new RuleContext(this.#harness, absences), timeoutMs);
      return this.outcomes.note(rule, { state: 'passed' });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      const state = error instanceof Skip ? 'skipped' : 'failed';
      return this.outcomes.note(rule, { state, reason, error });
    }
  }

  async #prepare(): Promise<Absences> {
    await this.#harness.reset?.();
    const absences = await probe(this.#harness);
    this.outcomes.noteAbsences(absences);
    return absences;
  }
}

async function test(rule: Rule, t: RuleContext, timeoutMs: number): Promise<void> {
  const timeout = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    timeout.reject(new Error(`a call did not settle within ${timeoutMs} ms`));
  }, timeoutMs);
  try {
    await Promise.race([rule.body(t), timeout.promise]);
  } finally {
    clearTimeout(timer);
    await t.cleanUp();
  }
}

function assertExemptionsExist({ exempt = {} }: SessionHarness): void {
  for (const name of Object.keys(exempt)) {
    if (allRules.some((rule) => rule.name === name)) continue;
    throw new Error(`harness.exempt names a test that does not exist: ${JSON.stringify(name)}`);
  }
}
