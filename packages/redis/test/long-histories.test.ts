import {
  type PositionRange,
  type SessionBackend,
  storeInternals,
} from '@agent-sessions/core/backend';
import { RedisSessionStore } from '@agent-sessions/redis';
import { RunContext } from '@openai/agents';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { contents, user, users } from './support/items.ts';
import { hasServerBinary, Server } from './support/server.ts';
import { longestStall } from './support/stall.ts';

const LENGTH = 200_000;
const STALL_BOUND_MS = 50;
/** What the server computes for a page: one or two milliseconds; for the whole list at once a hundred. */
const PAGE_BOUND_MS = 20;
/** What it computes for a rewrite. Nobody else is served meanwhile. */
const REWRITE_BOUND_MS = 1500;

describe.skipIf(!hasServerBinary)(`a history of ${LENGTH} items`, () => {
  let server: Server;
  let redis: Redis;
  let store: RedisSessionStore;
  let backend: SessionBackend;

  beforeAll(async () => {
    server = await Server.start();
    redis = new Redis(server.port);
    store = new RedisSessionStore({ redis });
    backend = storeInternals(store).backend;
    const text = 'x'.repeat(360);
    for (let from = 0; from < LENGTH; from += 10_000) {
      const records = Array.from({ length: 10_000 }, (_, index) =>
        JSON.stringify({ role: 'user', content: `${from + index + 1} ${text}` }),
      );
      await backend.append('kept', { records });
    }
  });
  afterAll(async () => {
    redis.disconnect();
    await server[Symbol.asyncDispose]();
  });
  beforeEach(async () => {
    for (const suffix of ['', ':items', ':positions']) {
      await redis.copy(
        `agent-sessions:{kept}${suffix}`,
        `agent-sessions:{long}${suffix}`,
        'REPLACE',
      );
    }
    await redis.config('SET', 'slowlog-log-slower-than', '0', 'slowlog-max-len', '10000');
    await redis.slowlog('RESET');
  });

  /** The longest time for which the server served nobody else since the test began, in milliseconds. */
  async function longestCommand(): Promise<number> {
    const log = (await redis.slowlog('GET', 10_000)) as [unknown, unknown, number][];
    return Math.max(0, ...log.map(([, , micros]) => micros / 1000));
  }

  /** What the server has computed so far, in milliseconds. */
  async function computed(): Promise<number> {
    const info = await redis.info('cpu');
    const seconds = (of: string) =>
      Number(new RegExp(`used_cpu_${of}_main_thread:(\\S+)`).exec(info)?.[1]);
    return (seconds('user') + seconds('sys')) * 1000;
  }

  async function positionsOf(): Promise<number[]> {
    return (await backend.snapshot('long', { positions: true })).positions ?? [];
  }

  test(`is read without a stall of ${STALL_BOUND_MS} ms here`, async () => {
    const { result, stallMs } = await longestStall(() => store.session('long').getItems());
    expect(result).toHaveLength(LENGTH);
    const serverMs = await longestCommand();
    console.log(
      `Redis: ${LENGTH} items read: longest stall here ${stallMs.toFixed(1)} ms, in the server ${serverMs.toFixed(1)} ms`,
    );
    expect(stallMs).toBeLessThanOrEqual(STALL_BOUND_MS);
  });

  test('has pages that cost the server the same wherever they are', async () => {
    for (const before of [4097, LENGTH / 2, LENGTH]) {
      const start = await computed();
      const page = await backend.snapshot('long', { before, limit: 4096, positions: true });
      expect((await computed()) - start).toBeLessThan(PAGE_BOUND_MS);
      expect(page.positions?.at(-1)).toBe(before - 1);
      expect(page.records).toHaveLength(4096);
    }
  });

  test('with a gap after every fifth item is read in pages, each with the positions of its own', async () => {
    await redis.del('agent-sessions:{long}:positions');
    const segments = Array.from({ length: LENGTH / 5 }, (_, n) => `${5 * n}:${6 * n + 1}`);
    await redis.rpush('agent-sessions:{long}:positions', ...segments);
    const expected = Array.from(
      { length: LENGTH },
      (_, index) => index + Math.floor(index / 5) + 1,
    );
    for (const [before, limit] of [
      [7, 3],
      [100_000, 4096],
      [240_000, 100],
    ] as const) {
      const start = await computed();
      const page = await backend.snapshot('long', { before, limit, positions: true });
      expect((await computed()) - start).toBeLessThan(PAGE_BOUND_MS);
      const below = expected.filter((position) => position < before);
      expect(page.positions).toEqual(below.slice(-limit));
    }
    const after = await backend.snapshot('long', { after: 239_990, positions: true });
    expect(after.positions).toEqual(expected.filter((position) => position > 239_990));
  });

  const ranges: [string, PositionRange[]][] = [
    ['all but the last', [[2, LENGTH - 1]]],
    ['the first half', [[1, LENGTH / 2]]],
    ['one in the middle', [[LENGTH / 2, LENGTH / 2]]],
    [
      'most of it, but for damage at the start',
      [
        [2, 5000],
        [5002, LENGTH - 3],
      ],
    ],
    [
      '2 000 near the start',
      [
        [2, 2001],
        [2003, 2004],
      ],
    ],
    [
      'every second one',
      Array.from({ length: LENGTH / 2 }, (_, n): PositionRange => [2 * n + 1, 2 * n + 1]),
    ],
  ];

  test.each(ranges)('loses %s by one rewrite, in bounded time', async (name, removed) => {
    const { state } = await backend.snapshot('long', { limit: 0 });
    if (state === undefined) throw new Error('there is no session');
    await backend.append('long', { records: ['"late"'] });
    const before = await computed();
    const changes = new Map([[LENGTH, '{"role":"user","content":"changed"}']]);
    expect(await backend.rewrite('long', { state, changes, removed })).toBeDefined();
    const serverMs = (await computed()) - before;
    console.log(
      `Redis: rewrite of ${LENGTH} items without ${name}: ${serverMs.toFixed(0)} ms in the server`,
    );
    expect(serverMs).toBeLessThan(REWRITE_BOUND_MS);
    const isGone = new Set<number>();
    for (const [first, last] of removed) {
      for (let position = first; position <= last; position += 1) isGone.add(position);
    }
    const left = Array.from({ length: LENGTH + 1 }, (_, index) => index + 1).filter(
      (position) => !isGone.has(position),
    );
    expect(await positionsOf()).toEqual(left);
    const { records } = await backend.snapshot('long');
    for (const [index, position] of left.slice(0, -2).entries()) {
      if (records[index]?.startsWith(`{"role":"user","content":"${position} `)) continue;
      throw new Error(`at position ${position} is another record`);
    }
    expect(records.at(-1)).toBe('"late"');
    if (!isGone.has(LENGTH)) expect(records.at(-2)).toBe([...changes.values()][0]);
  });

  test('is compacted, and 12 000 items that others added meanwhile stay', async () => {
    const session = store.session('long');
    const run = new RunContext();
    await session.getItems(undefined, run);
    const other = new RedisSessionStore({ redis });
    for (const name of ['a', 'b']) await other.session('long').addItems(users(name, 6000));
    await session.replaceHistoryWithCompaction([user('summary')], run);
    const left = contents(await session.getItems());
    expect(left).toEqual(['summary', ...contents(users('a', 6000)), ...contents(users('b', 6000))]);
  });
});
