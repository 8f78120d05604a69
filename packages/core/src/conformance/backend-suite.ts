import { BackendContext } from './backend-context.ts';
import type { BackendHarness } from './backend-harness.ts';
import type { BackendRule } from './backend-rule.ts';
import { Skip } from './context.ts';
import type { TestFunctions } from './harness.ts';
import { newSeed, Random } from './random.ts';
import { STOP_MS, TIMEOUT_MS } from './run-rule.ts';
import { setTimeoutOf, skipTest } from './skip.ts';
import { backendRules } from './specs/backend.ts';
import { within } from './time-limit.ts';

/** The suite says better than the runner what took too long, so it is given the time to do so. */
const GRACE_MS = 5_000;

/**
 * Registers the tests of the contract of `SessionBackend` itself, under `backend conformance: <name>`:
 * births, tokens, guards, positions, the ledger, turns. Sessions hide most of it, so `sessionConformance`
 * cannot tell. Pass the test functions of vitest, `node:test`, Jest, Mocha, Bun or Deno.
 *
 * What the backend does not offer is skipped with a reason; Jest, Bun and Deno, which cannot skip a
 * running test, count it as passed.
 *
 * A test that draws sizes or orders fails with the seed, which `SESSION_CONFORMANCE_SEED` repeats.
 *
 * @throws Error if `harness.exempt` names a test that does not exist
 *
 * @example
 * ```ts
 * import { describe, it } from 'node:test';
 * import type { SessionBackend } from '@agent-sessions/core/backend';
 * import { backendConformance } from '@agent-sessions/core/conformance';
 *
 * declare const FileBackend: new (path: string) => SessionBackend;
 *
 * backendConformance(
 *   { describe, it },
 *   {
 *     name: 'a file',
 *     open: () => new FileBackend('test.db'),
 *     close: (backend) => backend.close(),
 *   },
 * );
 * ```
 */
export function backendConformance(
  { describe, it, afterAll }: TestFunctions,
  harness: BackendHarness,
): void {
  const { exempt = {} } = harness;
  const names = new Set(backendRules.flatMap(({ rules }) => rules.map(({ name }) => name)));
  const unknown = Object.keys(exempt).find((name) => !names.has(name));
  if (unknown !== undefined) {
    throw new Error(`harness.exempt names a test that does not exist: ${JSON.stringify(unknown)}`);
  }
  const seed = newSeed();
  let left = names.size;
  const stop = (): Promise<void> =>
    within(STOP_MS, 'harness.stop()', async () => {
      await harness.stop?.();
    });
  const register = (rule: BackendRule): void => {
    // vitest would take named parameters for fixtures, and Mocha and Jest for callbacks.
    const body = async function body(this: unknown, ...context: unknown[]): Promise<void> {
      setTimeoutOf(this, TIMEOUT_MS + GRACE_MS);
      try {
        const reason = exempt[rule.name];
        if (reason !== undefined) throw new Skip(`exempt: ${reason}`);
        await test(rule, harness, seed);
      } catch (error) {
        if (!(error instanceof Skip)) throw error;
        skipTest(this, context[0], error.message);
      } finally {
        left -= 1;
        if (left === 0 && afterAll === undefined) await stop();
      }
    };
    it(rule.name, body, TIMEOUT_MS + GRACE_MS);
  };
  describe(`backend conformance: ${harness.name}`, () => {
    for (const { concern, rules } of backendRules) {
      describe(concern, () => rules.forEach(register));
    }
    afterAll?.(stop);
  });
}

async function test(rule: BackendRule, harness: BackendHarness, seed: number): Promise<void> {
  const random = new Random(seed, rule.name);
  const t = new BackendContext(harness, random);
  try {
    await within(TIMEOUT_MS, 'a call', () => rule.body(t));
  } catch (error) {
    if (random.used && error instanceof Error && !(error instanceof Skip)) {
      error.message += ` (SESSION_CONFORMANCE_SEED=${seed})`;
    }
    throw error;
  } finally {
    await within(STOP_MS, 'harness.close()', () => t.cleanUp());
  }
}
