import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { SQLiteSession } from '@agent-sessions/sqlite';
import { expect, test } from 'vitest';
import { temporaryFile } from './support/folder.ts';
import { wholeTurns } from './support/turns.ts';

const LANES = 2;
const KILLS_PER_LANE = 50;
const LONGEST_LIFE_MS = 30;

function startWriter(path: string, writer: string): ChildProcessByStdio<null, Readable, null> {
  const script = join(import.meta.dirname, 'processes', 'acknowledging-writer.ts');
  const args = ['--conditions=@agent-sessions/source', script, path, writer];
  return spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
}

/** Lets a writer write for a random while, kills it, and says how many turns it was promised. */
async function writeUntilKilled(path: string, writer: string): Promise<number> {
  const child = startWriter(path, writer);
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const ended = once(child, 'close');
  await once(child.stdout, 'data');
  await delay(Math.random() * LONGEST_LIFE_MS);
  child.kill('SIGKILL');
  const [, signal] = await ended;
  expect(signal).toBe('SIGKILL');
  return said.split('\n').length - 1;
}

test('of a process killed a hundred times while writing, every acknowledged turn is whole and there', async () => {
  const lanes = Array.from({ length: LANES }, async () => {
    const path = temporaryFile();
    let promised = 0;
    for (let kill = 0; kill < KILLS_PER_LANE; kill += 1) {
      const acknowledged = await writeUntilKilled(path, `writer-${kill}`);
      promised += acknowledged;
      await using session = new SQLiteSession({ path, sessionId: 'shared' });
      const stored = wholeTurns(await session.getItems()).get(`writer-${kill}`) ?? [];
      // The newest turn may have been committed without a word; none before it may be missing.
      expect(stored).toEqual(stored.map((_, index) => index));
      expect(stored.length).toBeGreaterThanOrEqual(acknowledged);
      expect(stored.length).toBeLessThanOrEqual(acknowledged + 1);
    }
    return promised;
  });
  const promised = await Promise.all(lanes);
  console.log(
    `${LANES * KILLS_PER_LANE} kills, ${promised.reduce((a, b) => a + b)} turns acknowledged`,
  );
}, 600_000);
