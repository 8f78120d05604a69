import { MemorySessionStore } from '@agent-sessions/core';
import {
  type PositionRange,
  type SessionBackend,
  type State,
  storeInternals,
} from '@agent-sessions/core/backend';
import fc from 'fast-check';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RedisBackend } from '../src/redis-backend.ts';
import { hasServerBinary, Server } from './support/server.ts';

const RUNS = 60;

/** What a backend is told; numbers choose among the records that are there. */
type Command =
  | { readonly type: 'append'; readonly count: number }
  | { readonly type: 'replaceTail'; readonly drop: number | 'all'; readonly count: number }
  | { readonly type: 'rewrite'; readonly picks: readonly number[]; readonly removes: boolean }
  | { readonly type: 'stale' }
  | { readonly type: 'clear' };

const commands = fc.array(
  fc.oneof(
    fc.record({ type: fc.constant('append' as const), count: fc.integer({ min: 1, max: 5 }) }),
    fc.record({
      type: fc.constant('replaceTail' as const),
      drop: fc.oneof(fc.integer({ min: 0, max: 6 }), fc.constant('all' as const)),
      count: fc.integer({ min: 0, max: 3 }),
    }),
    fc.record({
      type: fc.constant('rewrite' as const),
      picks: fc.array(fc.nat(20), { minLength: 1, maxLength: 5 }),
      removes: fc.boolean(),
    }),
    fc.constant<Command>({ type: 'stale' }),
    fc.constant<Command>({ type: 'clear' }),
  ),
  { minLength: 1, maxLength: 25 },
);

/** Runs the commands and tells the session after each: all but its tokens, which are random. */
async function run(
  backend: SessionBackend,
  id: string,
  list: readonly Command[],
): Promise<unknown[]> {
  const told: unknown[] = [];
  await backend.append(id, { records: ['"born"'] });
  let text = 0;
  const next = (): number => {
    text += 1;
    return text;
  };
  const records = (count: number) => Array.from({ length: count }, () => `"${next()}"`);
  for (const command of list) {
    const { state, positions = [] } = await backend.snapshot(id, { positions: true });
    let written: { state: State } | undefined;
    if (command.type === 'append') await backend.append(id, { records: records(command.count) });
    else if (command.type === 'clear') await backend.clear(id);
    else if (command.type === 'stale') {
      const stale = state && { ...state, revision: state.revision - 1 };
      written = await backend.replaceTail(id, { state: stale, drop: 1, records: [] });
    } else if (command.type === 'replaceTail') {
      const { drop, count } = command;
      written = await backend.replaceTail(id, { state, drop, records: records(count) });
    } else if (state !== undefined && positions.length > 0) {
      const picked = new Set(command.picks.map((pick) => positions[pick % positions.length] ?? 0));
      const changes = new Map<number, string>();
      const removed: PositionRange[] = [];
      for (const [index, position] of [...picked].toSorted((a, b) => a - b).entries()) {
        if (command.removes && index % 2 === 0) removed.push([position, position]);
        else changes.set(position, `"changed ${next()}"`);
      }
      written = await backend.rewrite(id, { state, changes, removed });
    }
    const after = await backend.snapshot(id, { positions: true });
    const newest = await backend.snapshot(id, { positions: true, limit: 3 });
    told.push([
      command,
      written?.state.revision,
      after.state?.revision,
      after.records,
      after.positions,
      newest.records,
      newest.positions,
      await backend.window(id, 2),
    ]);
  }
  return told;
}

describe.skipIf(!hasServerBinary)('revisions and positions', () => {
  let server: Server;
  let redis: Redis;

  beforeAll(async () => {
    server = await Server.start();
    redis = new Redis(server.port);
  });
  afterAll(async () => {
    redis.disconnect();
    await server[Symbol.asyncDispose]();
  });

  test('random writes leave the records and positions that the backend in memory has', async () => {
    const backend = new RedisBackend({ redis });
    let session = 0;
    await fc.assert(
      fc.asyncProperty(commands, async (list) => {
        session += 1;
        const expected = await run(storeInternals(new MemorySessionStore()).backend, 'a', list);
        expect(await run(backend, `a ${session}`, list)).toEqual(expected);
      }),
      { numRuns: RUNS },
    );
  });

  test('a history that was only appended to keeps one position for all its items', async () => {
    const backend = new RedisBackend({ redis });
    for (let turn = 0; turn < 50; turn += 1)
      await backend.append('long', { records: ['{}', '{}', '{}', '{}'] });
    expect(await redis.llen('agent-sessions:{long}:positions')).toBe(1);
  });

  test('positions of items that are dropped again and again do not pile up', async () => {
    const backend = new RedisBackend({ redis });
    await backend.append('short', { records: ['{}'] });
    for (let turn = 0; turn < 50; turn += 1) {
      await backend.append('short', { records: ['{}', '{}'] });
      const { state } = await backend.snapshot('short', { limit: 0 });
      await backend.replaceTail('short', { state, drop: 2, records: [] });
    }
    expect(await redis.llen('agent-sessions:{short}:positions')).toBeLessThanOrEqual(2);
  });

  test('a long batch is stored in order', async () => {
    const backend = new RedisBackend({ redis });
    const records = Array.from({ length: 9999 }, (_, index) => `{"n":${index}}`);
    await backend.append('batch', { records });
    const snapshot = await backend.snapshot('batch', { positions: true });
    expect(snapshot.records).toEqual(records);
    expect(snapshot.positions).toEqual(records.map((_, index) => index + 1));
  });

  test('a whole read that a write falls into is read again, at one moment', async () => {
    const reader = new RedisBackend({ redis });
    const other = new Redis(server.port);
    const writer = new RedisBackend({ redis: other });
    await writer.append('busy', { records: ['0'] });
    let done = false;
    const writing = (async () => {
      for (let n = 1; n <= 500; n += 1) {
        const { state } = await writer.snapshot('busy', { limit: 1 });
        // Every state is one record, and it tells the state's number.
        await writer.replaceTail('busy', { state, drop: 'all', records: [String(n)] });
      }
      done = true;
    })();
    const seen = new Map<number, string>();
    while (!done) {
      const { state, records } = await reader.snapshot('busy');
      const revision = state?.revision ?? 0;
      expect(records).toHaveLength(1);
      const before = seen.get(revision);
      if (before !== undefined) expect(records[0]).toBe(before);
      seen.set(revision, records[0] ?? '');
    }
    await writing;
    expect(seen.size).toBeGreaterThan(10);
    other.disconnect();
  });

  test.each([
    ['positions', ['first', 'second', 'third', 'fourth', 'fifth']],
    ['items', ['fourth', 'fifth']],
  ])(
    'where a server evicted the %s, each item that is left has a position of its own',
    async (key, left) => {
      const backend = new RedisBackend({ redis });
      const id = `evicted ${key}`;
      await backend.append(id, { records: ['first', 'second', 'third'] });
      await redis.del(`agent-sessions:{${id}}:${key}`);
      await backend.append(id, { records: ['fourth'] });
      await backend.append(id, { records: ['fifth'] });
      const { records, positions = [] } = await backend.snapshot(id, { positions: true });
      expect(records).toEqual(left);
      expect(new Set(positions).size).toBe(left.length);
      expect(positions).toEqual(positions.toSorted((a, b) => a - b));
      expect(positions.slice(-2)).toEqual([4, 5]);
      expect(await backend.snapshot(id, { positions: true, limit: 1 })).toMatchObject({
        positions: [5],
      });
      for (const [index, position] of positions.entries()) {
        const now = await backend.snapshot(id, { positions: true });
        expect(now.positions).toEqual(positions);
        const changes = new Map([[position, `changed ${index}`]]);
        if (now.state) await backend.rewrite(id, { state: now.state, changes });
        expect((await backend.window(id, 9))[index]).toBe(`changed ${index}`);
      }
    },
  );

  test('the writers that a session remembers are bounded', async () => {
    for (let process = 0; process < 250; process += 1) {
      await new RedisBackend({ redis }).append('crowd', { records: ['{}'] });
    }
    const fields = await redis.hkeys('agent-sessions:{crowd}');
    const writers = fields.filter((field) => field.startsWith('writer:'));
    expect(writers.length).toBeGreaterThanOrEqual(64);
    expect(writers.length).toBeLessThanOrEqual(100);
  });
});
