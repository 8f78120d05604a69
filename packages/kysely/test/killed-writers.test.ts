import { join } from 'node:path';
import { KyselySessionStore } from '@agent-sessions/kysely';
import { expect, test } from 'vitest';
import { linesUntilKilled } from '../../../test/support/killed-process.ts';
import { mysql, postgres } from './support/backends.ts';
import { wholeBatches } from './support/batches.ts';
import { onEveryBackend } from './support/on-every-backend.ts';

const KILLS = 5;
const LONGEST_LIFE_MS = 200;

const writer = join(import.meta.dirname, 'processes', 'acknowledging-writer.ts');

onEveryBackend(
  ({ name }, database) => {
    test(`of a process killed ${KILLS} times while writing, every acknowledged batch is whole and there`, async () => {
      const store = new KyselySessionStore({ db: database().connect(), createTables: true });
      await store.migrate();
      const promised: number[] = [];
      for (let kill = 0; kill < KILLS; kill += 1) {
        const acknowledged = await linesUntilKilled({
          command: [writer, database().url ?? '', 'shared', `writer-${kill}`],
          longestLifeMs: LONGEST_LIFE_MS,
        });
        promised.push(acknowledged);
      }
      const stored = wholeBatches(await store.session('shared').getItems());
      for (const [kill, acknowledged] of promised.entries()) {
        const numbers = stored
          .filter((batch) => batch.startsWith(`writer-${kill}.`))
          .map((batch) => Number(batch.split('.')[1]));
        // The newest batch may have been committed without a word; none before it may be missing.
        expect(numbers).toEqual(numbers.map((_, index) => index));
        expect(numbers.length - acknowledged).toBeOneOf([0, 1]);
      }
      const sum = promised.reduce((a, b) => a + b);
      console.log(`${name}: ${KILLS} kills, ${sum} batches acknowledged`);
    }, 600_000);
  },
  [postgres, mysql],
);
