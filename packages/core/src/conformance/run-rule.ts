import { type Absences, probe } from './capabilities.ts';
import { restoreClock } from './clock.ts';
import { RuleContext, Skip } from './context.ts';
import type { SessionHarness } from './harness.ts';
import { SessionProcesses } from './processes.ts';
import { isSeed, newSeed, Random } from './random.ts';
import { Outcomes, type TestOutcome } from './report.ts';
import type { Rule } from './rule.ts';
import { allRules } from './specs/index.ts';
import { within } from './time-limit.ts';

/** For a database server on a busy machine; tests of a session in memory take milliseconds. */
export const TIMEOUT_MS = 60_000;

/** For `harness.stop`, which has nothing to wait for but connections. */
export const STOP_MS = 10_000;

/** Runs rules against one harness, which it prepares before the first, and notes what came of them. */
export class Suite {
  readonly outcomes: Outcomes;
  readonly #harness: SessionHarness;
  readonly #processes: SessionProcesses;
  readonly #seed: number;
  #prepared: Promise<Absences> | undefined;
  #stopped: Promise<void> | undefined;

  /** @throws Error if `harness.exempt` names a test that does not exist, or states no reason */
  constructor(harness: SessionHarness, seed: number = newSeed()) {
    assertExemptions(harness);
    if (!isSeed(seed))
      throw new Error(`A seed is a whole number from 0 to 2147483647, not ${seed}.`);
    this.#harness = harness;
    this.#seed = seed;
    this.#processes = new SessionProcesses(harness);
    this.outcomes = new Outcomes(harness, seed);
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
    const started = performance.now();
    const result = await this.#outcomeOf(rule, timeoutMs);
    const durationMs = Math.round(performance.now() - started);
    return this.outcomes.note(rule, { ...result, durationMs });
  }

  /** Ends the processes and stops the harness, once. */
  stop(timeoutMs: number): Promise<void> {
    this.#stopped ??= this.#stop(timeoutMs);
    return this.#stopped;
  }

  async #outcomeOf(
    rule: Rule,
    timeoutMs: number,
  ): Promise<Pick<TestOutcome, 'state' | 'reason' | 'error'>> {
    try {
      this.#prepared ??= this.#prepare(timeoutMs);
      const absences = await this.#prepared;
      const reason = this.whyNot(rule, absences);
      if (reason !== undefined) return { state: 'skipped', reason };
      await this.#test(rule, absences, timeoutMs);
      return { state: 'passed' };
    } catch (error) {
      if (error instanceof Skip) return { state: 'skipped', reason: error.message };
      // What hangs in a process must not fail the rules after this one.
      await this.#processes.end();
      return {
        state: 'failed',
        reason: error instanceof Error ? error.message : String(error),
        error,
      };
    }
  }

  async #test(rule: Rule, absences: Absences, timeoutMs: number): Promise<void> {
    const random = new Random(this.#seed, rule.name);
    const t = new RuleContext({
      harness: this.#harness,
      absences,
      processes: this.#processes,
      random,
      seed: this.#seed,
      setting: rule.setting,
    });
    try {
      await within(timeoutMs, 'a call', () => rule.body(t));
    } catch (error) {
      if (random.used && error instanceof Error && !(error instanceof Skip)) {
        error.message += ` (SESSION_CONFORMANCE_SEED=${this.#seed})`;
      }
      throw error;
    } finally {
      t.end();
      restoreClock();
      await t.cleanUp(timeoutMs);
    }
  }

  async #prepare(timeoutMs: number): Promise<Absences> {
    const absences = await within(timeoutMs, 'harness.open(), or a call', () =>
      probe(this.#harness),
    );
    this.outcomes.noteAbsences(absences);
    return absences;
  }

  async #stop(timeoutMs: number): Promise<void> {
    await this.#processes.end();
    await within(timeoutMs, 'harness.stop()', async () => {
      await this.#harness.stop?.();
    });
  }
}

function assertExemptions({ exempt = {} }: SessionHarness): void {
  for (const [name, reason] of Object.entries(exempt)) {
    if (!allRules.some((rule) => rule.name === name)) {
      throw new Error(`harness.exempt names a test that does not exist: ${JSON.stringify(name)}`);
    }
    if (typeof reason === 'string' && reason.trim() !== '') continue;
    throw new Error(`harness.exempt states no reason for ${JSON.stringify(name)}`);
  }
}
