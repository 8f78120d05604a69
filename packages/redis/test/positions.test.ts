import { MemorySessionStore } from '@agent-sessions/core';
import { type SessionBackend, storeInternals } from '@agent-sessions/core/backend';
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

/**
 * Runs the commands and tells the session after each, with revisions and positions counted from the
 * session's birth, which every backend takes from its own clock.
 */
async function run(
  backend: SessionBackend,
  id: string,
  list: readonly Command[],
): Promise<unknown[]> {
  const told: unknown[] = [];
  const { revision: first } = await backend.append(id, ['"born"']);
  let text = 0;
  const next = (): number => {
    text += 1;
    return text;
  };
  const records = (count: number) => Array.from({ length: count }, () => `"${next()}"`);
  for (const command of list) {
    const { revision, positions = [] } = await backend.snapshot(id, { positions: true });
    let written: { revision: number } | undefined;
    if (command.type === 'append') written = await backend.append(id, records(command.count));
    else if (command.type === 'clear') await backend.clear(id);
    else if (command.type === 'stale') {
      written = await backend.replaceTail(id, { revision: revision - 1, drop: 1, records: [] });
    } else if (command.type === 'replaceTail') {
      const { drop, count } = command;
      written = await backend.replaceTail(id, { revision, drop, records: records(count) });
    } else if (positions.length > 0) {
      const changes = command.picks.map((pick, index): [number, string | null] => [
        positions[pick % positions.length] ?? 0,
        command.removes && index % 2 === 0 ? null : `"changed ${next()}"`,
      ]);
      written = await backend.rewrite(id, { revision, changes: new Map(changes) });
    }
    const after = await backend.snapshot(id, { positions: true });
    const newest = await backend.snapshot(id, { positions: true, limit: 3 });
    told.push([
      command,
      written && written.revision - first,
      after.revision - first,
      after.records,
      after.positions?.map((position) => position - first),
      newest.records,
      newest.positions?.map((position) => position - first),
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
    for (let turn = 0; turn < 50; turn += 1) await backend.append('long', ['{}', '{}', '{}', '{}']);
    expect(await redis.llen('agent-sessions:{long}:positions')).toBe(1);
  });

  test('positions of items that are dropped again and again do not pile up', async () => {
    const backend = new RedisBackend({ redis });
    await backend.append('short', ['{}']);
    for (let turn = 0; turn < 50; turn += 1) {
      const { revision } = await backend.append('short', ['{}', '{}']);
      await backend.replaceTail('short', { revision, drop: 2, records: [] });
    }
    expect(await redis.llen('agent-sessions:{short}:positions')).toBeLessThanOrEqual(2);
  });

  test('a long batch is stored in order', async () => {
    const backend = new RedisBackend({ redis });
    const records = Array.from({ length: 9999 }, (_, index) => `{"n":${index}}`);
    const { revision } = await backend.append('batch', records);
    const snapshot = await backend.snapshot('batch', { positions: true });
    expect(snapshot.records).toEqual(records);
    expect(snapshot.positions?.at(-1)).toBe(revision);
    expect(snapshot.positions?.[0]).toBe(revision - 9998);
  });

  test('a whole read that a write falls into is read again, at one moment', async () => {
    const reader = new RedisBackend({ redis });
    const other = new Redis(server.port);
    const writer = new RedisBackend({ redis: other });
    await writer.append('busy', ['0']);
    let done = false;
    const writing = (async () => {
      for (let n = 1; n <= 500; n += 1) {
        const { revision } = await writer.snapshot('busy', { limit: 1 });
        // Every state is one record, and it tells the state's number.
        await writer.replaceTail('busy', { revision, drop: 'all', records: [String(n)] });
      }
      done = true;
    })();
    const seen = new Map<number, string>();
    while (!done) {
      const { revision, records } = await reader.snapshot('busy');
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
      const base = await backend.append(id, ['first', 'second', 'third']);
      await redis.del(`agent-sessions:{${id}}:${key}`);
      const { revision } = await backend.append(id, ['fourth']);
      await backend.append(id, ['fifth']);
      const { records, positions = [] } = await backend.snapshot(id, { positions: true });
      expect(records).toEqual(left);
      expect(new Set(positions).size).toBe(left.length);
      expect(positions).toEqual(positions.toSorted((a, b) => a - b));
      expect(positions.slice(-2)).toEqual([revision, revision + 1]);
      expect(revision).toBeGreaterThan(base.revision);
      expect(await backend.snapshot(id, { positions: true, limit: 1 })).toMatchObject({
        positions: [revision + 1],
      });
      for (const [index, position] of positions.entries()) {
        const now = await backend.snapshot(id, { positions: true });
        expect(now.positions).toEqual(positions);
        const changes = new Map([[position, `changed ${index}`]]);
        await backend.rewrite(id, { revision: now.revision, changes });
        expect((await backend.window(id, 9))[index]).toBe(`changed ${index}`);
      }
    },
  );

  test('the writers that a session remembers are bounded', async () => {
    for (let process = 0; process < 250; process += 1) {
      await new RedisBackend({ redis }).append('crowd', ['{}']);
    }
    const fields = await redis.hkeys('agent-sessions:{crowd}');
    const writers = fields.filter((field) => field.startsWith('writer:'));
    expect(writers.length).toBeGreaterThanOrEqual(64);
    expect(writers.length).toBeLessThanOrEqual(100);
  });
});
