/** Skips the running test with a reason; false if the runner cannot do that from inside a test. */
export function skipTest(self: unknown, context: unknown, reason: string): boolean {
  // vitest throws here; node:test notes the skip and returns.
  if (hasMethods(context, ['skip'])) {
    context.skip(reason);
    return true;
  }
  if (!isMochaContext(self)) return false;
  // Mocha takes no reason, so the test's title tells it.
  self.test.title += ` — skipped: ${reason}`;
  self.skip();
  return true;
}

/** Gives the running test more time where the runner takes no timeout beside the test (Mocha). */
export function setTimeoutOf(self: unknown, timeoutMs: number): void {
  if (isMochaContext(self)) self.timeout(timeoutMs);
}

type MochaContext = Record<'skip' | 'timeout', (argument?: unknown) => unknown> & {
  readonly test: { title: string };
};

function isMochaContext(value: unknown): value is MochaContext {
  return hasMethods(value, ['skip', 'timeout']) && 'test' in value;
}

/** vitest's context is a function. */
function hasMethods<Name extends string>(
  value: unknown,
  names: readonly Name[],
): value is Record<Name, (argument?: unknown) => unknown> {
  if ((typeof value !== 'object' || value === null) && typeof value !== 'function') return false;
  return names.every((name) => typeof Reflect.get(value, name) === 'function');
}
