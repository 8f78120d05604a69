import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { RedisSession } from '@agent-sessions/redis';
import { describe, expect, test } from 'vitest';
import { contents, users } from './support/items.ts';
import { hasServerBinary, Server } from './support/server.ts';

const KILLS = 5;
const LONGEST_LIFE_MS = 200;

describe.skipIf(!hasServerBinary)('a process that is killed', () => {
  /** Lets a process write for a random while, kills it, and says how many batches it was promised. */
  async function writeUntilKilled(url: string, writer: string): Promise<number> {
    const script = join(import.meta.dirname, 'processes', 'acknowledging-writer.ts');
    const args = ['--conditions=@agent-sessions/source', script, url, 'shared', writer];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    const ended = once(child, 'close');
    await once(child.stdout, 'data');
    await delay(Math.random() * LONGEST_LIFE_MS);
    child.kill('SIGKILL');
    expect((await ended)[1]).toBe('SIGKILL');
    return said.split('\n').length - 1;
  }

  test(`${KILLS} times while writing leaves every acknowledged batch there, and none torn`, async () => {
    await using server = await Server.start();
    await using session = RedisSession.fromUrl({ url: server.url, sessionId: 'shared' });
    const expected: unknown[] = [];
    for (let kill = 0; kill < KILLS; kill += 1) {
      const acknowledged = await writeUntilKilled(server.url, `writer-${kill}`);
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
