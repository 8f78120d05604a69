import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SQLiteSessionStore } from '@agent-sessions/sqlite';
import type { Comparison } from '../compare.ts';
import { benchTarget, type Sides } from '../workloads.ts';
import { SQLiteFloor } from './sqlite-floor.ts';

/** SQLite against its floor, each on a file of its own. */
export async function benchSQLite(): Promise<Comparison[]> {
  return [...(await benchAt('FULL')), ...(await benchAt('NORMAL'))];
}

function benchAt(synchronous: 'FULL' | 'NORMAL'): Promise<Comparison[]> {
  return benchTarget({
    adapter: `SQLite ${synchronous}`,
    bound: 1.25,
    open: () => open(synchronous),
  });
}

async function open(synchronous: 'FULL' | 'NORMAL'): Promise<Sides> {
  const folder = await mkdtemp(join(tmpdir(), 'agent-sessions-bench-'));
  const ours = new SQLiteSessionStore({ path: join(folder, 'ours.db'), synchronous });
  const theirs = new SQLiteSessionStore({ path: join(folder, 'floor.db'), synchronous });
  const floorSession = theirs.session('bench');
  await floorSession.getItems();
  const floor = new SQLiteFloor(join(folder, 'floor.db'), synchronous, 'bench');
  return {
    session: ours.session('bench'),
    floorSession,
    floor,
    [Symbol.asyncDispose]: async () => {
      floor.close();
      await ours.close();
      await theirs.close();
      await rm(folder, { recursive: true });
    },
  };
}
