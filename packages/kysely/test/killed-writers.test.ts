import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { KyselySessionStore } from '@agent-sessions/kysely';
import { expect, test } from 'vitest';
import { mysql, postgres } from './support/backends.ts';
import { wholeBatches } from './support/batches.ts';
import { onEveryBackend } from './support/on-every-backend.ts';

const KILLS = 5;
const LONGEST_LIFE_MS = 200;

onEveryBackend(
  ({ name }, database) => {
    /** Lets a process write for a random while, kills it, and says how many batches it was promised. */
    async function writeUntilKilled(writer: string): Promise<number> {
      const script = join(import.meta.dirname, 'processes', 'acknowledging-writer.ts');
      const args = ['--conditions=@agent-sessions/source', script, database().url ?? '', 'shared'];
      const child = spawn(process.execPath, [...args, writer], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
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

    test(`of a process killed ${KILLS} times while writing, every acknowledged batch is whole and there`, async () => {
      const store = new KyselySessionStore({ db: database().connect(), createTables: true });
      await store.migrate();
      const promised: number[] = [];
      for (let kill = 0; kill < KILLS; kill += 1) {
        promised.push(await writeUntilKilled(`writer-${kill}`));
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
