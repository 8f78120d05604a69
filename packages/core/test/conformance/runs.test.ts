import { MemorySessionStore } from '@agent-sessions/core';
import { runConformance, type SessionHarness } from '@agent-sessions/core/conformance';
import { expect, test } from 'vitest';

const never = new Promise<never>(() => {});
const NEWEST = 'getItems(n) gives exactly the newest n items, oldest first';
const FALLING = 'order does not depend on a clock: it holds when the clock goes back';

/** A session in memory, of which something never ends. */
function harnessWith(changes: Partial<SessionHarness>): SessionHarness {
  const store = new MemorySessionStore();
  return { name: 'hangs', open: (sessionId) => store.session(sessionId), ...changes };
}

test.each([
  ['open()', { open: () => never }, /harness.open\(\), or a call did not settle within 50 ms/],
  ['close()', { close: () => never }, /did not settle within 50 ms/],
])(
  'a harness whose %s never settles fails the test within its time',
  async (_, changes, reason) => {
    const report = await runConformance(harnessWith(changes), { only: [NEWEST], timeoutMs: 50 });
    expect(report).toMatchObject({ failed: 1, tests: [{ reason: expect.stringMatching(reason) }] });
  },
);

test('a stop() that never settles is told in the report', async () => {
  const harness = harnessWith({ stop: () => never });
  const report = await runConformance(harness, { only: [NEWEST], timeoutMs: 50 });
  expect(report).toMatchObject({
    passed: 1,
    stopError: 'harness.stop() did not settle within 50 ms',
  });
});

test('a test whose time is up leaves the clock as it was', async () => {
  const RealDate = Date;
  const store = new MemorySessionStore();
  const harness = harnessWith({
    open: (sessionId) => Object.assign(store.session(sessionId), { addItems: () => never }),
  });
  const report = await runConformance(harness, { only: [FALLING], timeoutMs: 50 });
  expect(report.failed).toBe(1);
  expect(Date).toBe(RealDate);
});

test('a failure of what was drawn names the seed, for whoever sees nothing else of the report', async () => {
  const name = 'however many calls are made at once on one session, each is done';
  const store = new MemorySessionStore();
  const harness = harnessWith({
    open: (sessionId) => Object.assign(store.session(sessionId), { getItems: async () => [] }),
  });
  const { tests } = await runConformance(harness, { only: [name], seed: 42 });
  expect(tests[0]?.reason).toMatch(/\(SESSION_CONFORMANCE_SEED=42\)$/);
});

test('stop() is called once, after the last test', async () => {
  const calls: string[] = [];
  const harness = harnessWith({ stop: () => calls.push('stop') });
  await runConformance(harness, { only: [NEWEST], onTest: ({ name }) => calls.push(name) });
  expect(calls).toEqual([NEWEST, 'stop']);
});

test('an exemption has to have a reason, and a test', async () => {
  const exempting = (exempt: Record<string, string>) => runConformance(harnessWith({ exempt }));
  await expect(exempting({ [NEWEST]: ' ' })).rejects.toThrow(/states no reason for "getItems/);
  await expect(exempting({ 'no such rule': 'why' })).rejects.toThrow(/does not exist/);
});
