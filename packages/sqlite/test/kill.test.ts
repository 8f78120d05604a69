import { join } from 'node:path';
import { SQLiteSession } from '@agent-sessions/sqlite';
import { expect, test } from 'vitest';
import { linesUntilKilled } from '../../../test/support/killed-process.ts';
import { temporaryFile } from './support/folder.ts';
import { wholeTurns } from './support/turns.ts';

const LANES = 2;
const KILLS_PER_LANE = 50;
const LONGEST_LIFE_MS = 30;

const writer = join(import.meta.dirname, 'processes', 'acknowledging-writer.ts');

test('of a process killed a hundred times while writing, every acknowledged turn is whole and there', async () => {
  const lanes = Array.from({ length: LANES }, async () => {
    const path = temporaryFile();
    let promised = 0;
    for (let kill = 0; kill < KILLS_PER_LANE; kill += 1) {
      const acknowledged = await linesUntilKilled({
        command: [writer, path, `writer-${kill}`],
        longestLifeMs: LONGEST_LIFE_MS,
      });
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
