/**
 * One process that pops, replaces a suffix, or compacts, beside writers that append to the same session
 * without pause. Prints for each: successes, failures by code, times, and the writers' rate beside what
 * they do alone, before and after. `node bench/contention/main.ts [--seconds 20] [--backend sqlite]
 * [--operation pop] [--writers 1,3,8]`
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { isSessionError, type StoredSession } from '@agent-sessions/core';
import { RunContext } from '@openai/agents';
import { places } from './databases.ts';
import { openStore } from './store.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '20' },
    backend: { type: 'string' },
    operation: { type: 'string' },
    writers: { type: 'string', default: '1,3,8' },
  },
});

/** How long writers alone are measured, before and after, as a share of the time beside them. */
const ALONE = 0.15;

/** What competes with the writers; says whether there was anything to do. */
type Operation = (session: StoredSession) => Promise<boolean>;

const operations: Readonly<Record<string, Operation>> = {
  pop: async (session) => (await session.popItem()) !== undefined,
  suffix: async (session) => {
    const expectedSuffix = await session.getItems(1);
    const transaction = { type: 'replace_suffix' as const, expectedSuffix, replacement: [] };
    try {
      await session.applyHistoryTransaction({ operationId: crypto.randomUUID(), transaction });
    } catch (error) {
      // Somebody appended after the look: the transaction says so, as it should. By name, for the SDK
      // that the sessions use may be another copy.
      if (!(error instanceof Error && error.name === 'UserError')) throw error;
    }
    return true;
  },
  compact: async (session) => {
    const run = new RunContext();
    await session.getItems(undefined, run);
    await session.replaceHistoryWithCompaction([{ role: 'user', content: 'summary' }], run);
    return true;
  },
};

/** What an operation came to. */
interface Tally {
  readonly times: number[];
  readonly failed: Record<string, number>;
}

/** Repeats an operation until the time is over. */
async function repeat(perform: Operation, session: StoredSession, ms: number): Promise<Tally> {
  const times: number[] = [];
  const failed: Record<string, number> = {};
  const end = performance.now() + ms;
  while (performance.now() < end) {
    const start = performance.now();
    try {
      if (await perform(session)) times.push(performance.now() - start);
    } catch (error) {
      const code = isSessionError(error) ? error.code : String(error);
      failed[code] = (failed[code] ?? 0) + 1;
    }
  }
  return { times, failed };
}

/** Writers at work: how many items a second they append together. */
interface Writing {
  readonly rate: Promise<number>;
}

/** Has so many processes append to a session, from the same moment on. */
async function startWriters(
  url: string,
  id: string,
  { count, ms }: { readonly count: number; readonly ms: number },
): Promise<Writing> {
  const script = `${import.meta.dirname}/writer.ts`;
  const children = Array.from({ length: count }, () => fork(script, [url, id, String(ms)]));
  await Promise.all(children.map((child) => once(child, 'message')));
  const written = Promise.all(children.map((child) => once(child, 'message')));
  for (const child of children) child.send('go');
  const sum = written.then((counts) => counts.reduce((total, [each]) => total + Number(each), 0));
  return { rate: sum.then((total) => total / (ms / 1000)) };
}

async function measure(
  url: string,
  perform: Operation,
  count: number,
): Promise<Tally & { beside: number; alone: number }> {
  await using store = openStore(url);
  const ms = Number(values.seconds) * 1000;
  const alone = async () => {
    const id = `contention-${crypto.randomUUID()}`;
    const rate = await (await startWriters(url, id, { count, ms: ms * ALONE })).rate;
    await store.deleteSession(id);
    return rate;
  };
  const before = await alone();
  const id = `contention-${crypto.randomUUID()}`;
  const session = store.session(id);
  await session.addItems([{ role: 'user', content: 'first' }]);
  const { rate } = await startWriters(url, id, { count, ms });
  const tally = await repeat(perform, session, ms);
  const beside = await rate;
  await store.deleteSession(id);
  return { ...tally, beside, alone: (before + (await alone())) / 2 };
}

function percentile(times: readonly number[], share: number): string {
  const sorted = times.toSorted((a, b) => a - b);
  const value = sorted[Math.min(Math.floor(sorted.length * share), sorted.length - 1)];
  return value === undefined ? '-' : value.toFixed(1);
}

function chosen<T>(from: Readonly<Record<string, T>>, name: string | undefined): [string, T][] {
  return Object.entries(from).filter(([key]) => name === undefined || key === name);
}

console.log('backend\toperation\twriters\tok\tfailed\tp50\tp99\tmax\twrites/s\talone/s\tshare');
for (const [backend, makePlace] of chosen(places, values.backend)) {
  await using place = await makePlace();
  for (const count of values.writers.split(',').map(Number)) {
    for (const [operation, perform] of chosen(operations, values.operation)) {
      const { times, failed, beside, alone } = await measure(place.url, perform, count);
      const [p50, p99, max] = [0.5, 0.99, 1].map((share) => percentile(times, share));
      const counted = [backend, operation, count, times.length, JSON.stringify(failed)];
      const rates = [beside.toFixed(0), alone.toFixed(0), (beside / alone).toFixed(2)];
      console.log([...counted, p50, p99, max, ...rates].join('\t'));
    }
  }
}
