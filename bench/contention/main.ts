/**
 * One process that pops, replaces a suffix, or compacts, beside writers that append to the same session
 * without pause. Prints for each: successes, failures by code, times, and the writers' rate beside what
 * they do alone. `node bench/contention/main.ts [--seconds 20] [--backend sqlite] [--operation pop]`
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { isSessionError, type StoredSession } from '@agent-sessions/core';
import { RunContext, UserError } from '@openai/agents';
import { openStore } from './store.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '20' },
    backend: { type: 'string' },
    operation: { type: 'string' },
    writers: { type: 'string', default: '1,3,8' },
  },
});

const folder = mkdtempSync(join(tmpdir(), 'agent-sessions-contention-'));
const urls: Record<string, string> = {
  sqlite: `sqlite:${join(folder, 'contention.db')}`,
  postgres: process.env.TEST_POSTGRES_URL ?? 'postgres://postgres@127.0.0.1:5432/postgres',
  mariadb: process.env.TEST_MYSQL_URL ?? 'mysql://root@127.0.0.1:3306/test',
  redis: process.env.TEST_REDIS_URL ?? 'redis://127.0.0.1:6379',
};

const operations: Record<string, (session: StoredSession) => Promise<unknown>> = {
  pop: (session) => session.popItem(),
  suffix: async (session) => {
    const expectedSuffix = await session.getItems(1);
    const transaction = { type: 'replace_suffix' as const, expectedSuffix, replacement: [] };
    try {
      await session.applyHistoryTransaction({ operationId: crypto.randomUUID(), transaction });
    } catch (error) {
      // Somebody appended after the look: the transaction says so, as it should.
      if (!(error instanceof UserError)) throw error;
    }
  },
  compact: async (session) => {
    const run = new RunContext();
    await session.getItems(undefined, run);
    await session.replaceHistoryWithCompaction([{ role: 'user', content: 'summary' }], run);
  },
};

async function runWriters(url: string, id: string, count: number, ms: number): Promise<number> {
  const script = join(import.meta.dirname, 'writer.ts');
  const rates = Array.from({ length: count }, async () => {
    const child = spawn(process.execPath, [...process.execArgv, script, url, id, String(ms)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    for await (const chunk of child.stdout) output += chunk;
    return Number(JSON.parse(output).written);
  });
  const written = await Promise.all(rates);
  return written.reduce((sum, each) => sum + each, 0) / (ms / 1000);
}

function percentile(times: readonly number[], share: number): string {
  const sorted = [...times].sort((a, b) => a - b);
  const value = sorted[Math.min(Math.floor(sorted.length * share), sorted.length - 1)];
  return value === undefined ? '-' : value.toFixed(1);
}

const ms = Number(values.seconds) * 1000;
console.log('backend\toperation\twriters\tok\tfailed\tp50\tp99\tmax\twrites/s\talone/s\tshare');
for (const [backend, url] of Object.entries(urls)) {
  if (values.backend !== undefined && values.backend !== backend) continue;
  for (const count of values.writers.split(',').map(Number)) {
    const alone = await runWriters(url, `alone-${crypto.randomUUID()}`, count, ms / 2);
    for (const [operation, perform] of Object.entries(operations)) {
      if (values.operation !== undefined && values.operation !== operation) continue;
      const id = `contention-${crypto.randomUUID()}`;
      const store = openStore(url);
      const session = store.session(id);
      await session.addItems([{ role: 'user', content: 'first' }]);
      const writing = runWriters(url, id, count, ms);
      const times: number[] = [];
      const failed = new Map<string, number>();
      const end = performance.now() + ms;
      while (performance.now() < end) {
        const start = performance.now();
        try {
          await perform(session);
          times.push(performance.now() - start);
        } catch (error) {
          const code = isSessionError(error) ? error.code : String(error);
          failed.set(code, (failed.get(code) ?? 0) + 1);
        }
      }
      const rate = await writing;
      const failures = JSON.stringify(Object.fromEntries(failed));
      const [p50, p99, max] = [0.5, 0.99, 1].map((share) => percentile(times, share));
      const cells = [backend, operation, count, times.length, failures, p50, p99, max];
      console.log(
        [...cells, rate.toFixed(0), alone.toFixed(0), (rate / alone).toFixed(2)].join('\t'),
      );
      await store.deleteSession(id).catch(() => {});
      await store.close();
    }
  }
}
rmSync(folder, { recursive: true, force: true });
