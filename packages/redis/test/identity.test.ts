import { join } from 'node:path';
import { storeInternals } from '@agent-sessions/core/backend';
import { RedisSessionStore } from '@agent-sessions/redis';
import { RunContext } from '@openai/agents';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { moveClocks, newSeed } from '../../core/test/support/clocks.ts';
import { expectFreedByKill } from '../../core/test/support/holders.ts';
import { testTurns } from '../../core/test/support/turns.ts';
import { codeOf, user } from './support/items.ts';
import { hasServerBinary, Server } from './support/server.ts';
import { until } from './support/until.ts';

const ROUNDS = 20;

describe.skipIf(!hasServerBinary)('two stores over one server', () => {
  let server: Server;
  let redis: Redis;
  let mine: RedisSessionStore;
  let other: RedisSessionStore;

  beforeAll(async () => {
    server = await Server.start();
    redis = new Redis(server.port);
    mine = new RedisSessionStore({ url: server.url });
    other = new RedisSessionStore({ url: server.url });
  });
  afterAll(async () => {
    await Promise.all([mine.close(), other.close()]);
    redis.disconnect();
    await server[Symbol.asyncDispose]();
  });

  // A turn is for one write, the last thing that is done in it: there is nothing to undo.
  testTurns(() => ({ mine, other }), { undoes: false });

  test('whatever two clocks do, nothing acknowledged is lost and nothing unread is removed', async () => {
    const seed = newSeed();
    const backends = [storeInternals(mine).backend, storeInternals(other).backend] as const;
    for (let round = 0; round < ROUNDS; round += 1) {
      await mine.deleteSession('shared');
      await moveClocks({ backends, seed: seed + round * 2, operations: 60 });
    }
  });

  test('a process that is killed in its turn frees the session', async () => {
    const script = join(import.meta.dirname, 'processes', 'holder.ts');
    await expectFreedByKill(mine, { script, place: server.url });
  });

  test('a turn on a session that does not exist leaves nothing behind', async () => {
    const { backend } = storeInternals(mine);
    await backend.exclusively?.('nothing', (session) => session.snapshot('nothing'));
    expect(await redis.exists('agent-sessions:{nothing}')).toBe(0);
  });

  test('a write in a turn that ran out is refused if somebody wrote since', async () => {
    const { backend } = storeInternals(mine);
    await backend.append('slow', { records: ['"old"'] });
    const written = await backend.exclusively?.('slow', async (session) => {
      const { state } = await session.snapshot('slow');
      // What happens to a holder that the server has given up.
      await redis.hdel('agent-sessions:{slow}', 'turn');
      await storeInternals(other).backend.append('slow', { records: ['"new"'] });
      return session.replaceTail('slow', { state, drop: 'all', records: [] });
    });
    expect(written).toBeUndefined();
    expect(await backend.window('slow', 9)).toEqual(['"old"', '"new"']);
  });

  test('operations that were applied before do not look like lost writes', async () => {
    const session = mine.session('replayed');
    const run = new RunContext();
    const again = async () => {
      const transaction = { type: 'append_items' as const, items: [user('once')] };
      await session.applyHistoryTransaction({ operationId: 'o', transaction }, run);
      await session.addItems([user('own')], run);
    };
    await again();
    await again();
    await session.getItems(undefined, run);
    await again();
    await session.replaceHistoryWithCompaction([user('summary')], run);
    expect(await session.getItems()).toEqual([user('summary')]);
  });

  test('a session that expired during a run counts as deleted', async () => {
    const store = new RedisSessionStore({ redis, ttlSeconds: 1 });
    const session = store.session('expiring');
    const run = new RunContext();
    await session.addItems([user('old')]);
    await session.getItems(undefined, run);
    await until(
      'it has expired',
      async () => (await redis.exists('agent-sessions:{expiring}')) === 0,
    );
    expect(await codeOf(() => session.addItems([user('late')], run))).toBe('session_deleted');
    expect(await store.getSession('expiring')).toBeUndefined();
  });
});
