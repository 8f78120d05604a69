import { join } from 'node:path';
import { RedisSession } from '@agent-sessions/redis';
import { describe, expect, test } from 'vitest';
import { linesUntilKilled } from '../../../test/support/killed-process.ts';
import { contents, users } from './support/items.ts';
import { hasServerBinary, Server } from './support/server.ts';

const KILLS = 5;
const LONGEST_LIFE_MS = 200;

const writer = join(import.meta.dirname, 'processes', 'acknowledging-writer.ts');

describe.skipIf(!hasServerBinary)('a process that is killed', () => {
  test(`${KILLS} times while writing leaves every acknowledged batch there, and none torn`, async () => {
    await using server = await Server.start();
    await using session = new RedisSession({ url: server.url, sessionId: 'shared' });
    const expected: unknown[] = [];
    for (let kill = 0; kill < KILLS; kill += 1) {
      const acknowledged = await linesUntilKilled({
        command: [writer, server.url, 'shared', `writer-${kill}`],
        longestLifeMs: LONGEST_LIFE_MS,
      });
      const stored = contents(await session.getItems()).slice(expected.length);
      // The newest batch may have been done without a word; none before it may be missing.
      const batches = stored.length / 4;
      expect(batches - acknowledged).toBeOneOf([0, 1]);
      for (let number = 0; number < batches; number += 1) {
        expected.push(...contents(users(`writer-${kill}.${number}`, 4)));
      }
      expect(contents(await session.getItems())).toEqual(expected);
    }
    console.log(`${KILLS} kills, ${expected.length / 4} batches stored`);
  }, 600_000);
});
