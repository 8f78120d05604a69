import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SQLiteSessionStore } from '@agent-sessions/sqlite';
import Database from 'better-sqlite3';
import type { Comparison } from '../compare.ts';
import { benchTarget, PLAIN_BOUND, type Sides } from '../workloads.ts';
import { SQLiteFloor } from './sqlite-floor.ts';

/** SQLite against its floor, each on a file of its own. */
export async function benchSQLite(): Promise<Comparison[]> {
  return [...(await benchAt('FULL')), ...(await benchAt('NORMAL'))];
}

function benchAt(synchronous: 'FULL' | 'NORMAL'): Promise<Comparison[]> {
  return benchTarget({
    adapter: `SQLite ${synchronous}`,
    bound: PLAIN_BOUND,
    open: () => open(synchronous),
  });
}

async function open(synchronous: 'FULL' | 'NORMAL'): Promise<Sides> {
  const folder = await mkdtemp(join(tmpdir(), 'agent-sessions-bench-'));
  const ours = new SQLiteSessionStore({ path: join(folder, 'ours.db'), synchronous });
  const theirs = new SQLiteSessionStore({ path: join(folder, 'floor.db'), synchronous });
  const floorSession = theirs.session('bench');
  await floorSession.getItems();
  const database = new Database(join(folder, 'floor.db'));
  database.pragma(`synchronous = ${synchronous}`);
  return {
    session: ours.session('bench'),
    floorSession,
    floor: new SQLiteFloor(database, 'bench'),
    [Symbol.asyncDispose]: async () => {
      database.close();
      await ours.close();
      await theirs.close();
      await rm(folder, { recursive: true });
    },
  };
}
