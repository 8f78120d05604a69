import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SQLiteSessionStore } from '@agent-sessions/sqlite';
import { type Comparison, compare } from '../compare.ts';
import { history, turn } from '../items.ts';
import { SQLiteFloor } from './sqlite-floor.ts';

const BOUND = 1.25;

/** SQLite against its floor, each on a file of its own with the same rows. */
export async function benchSQLite(): Promise<Comparison[]> {
  return [...(await benchAt('FULL')), ...(await benchAt('NORMAL'))];
}

async function benchAt(synchronous: 'FULL' | 'NORMAL'): Promise<Comparison[]> {
  const adapter = `SQLite ${synchronous}`;
  const results: Comparison[] = [];
  const on = async (
    items: number,
    name: string,
    bench: (sides: Sides) => { ours: () => Promise<unknown>; floor: () => unknown },
  ): Promise<void> => {
    await withSides(synchronous, items, async (sides) => {
      results.push(await compare(adapter, { name, bound: BOUND, ...bench(sides) }));
    });
  };
  const items = turn(1);
  await on(1000, 'append 4', ({ session, floor }) => ({
    ours: () => session.addItems(items),
    floor: () => floor.append(items),
  }));
  await on(10_000, 'newest 50 of 10 000', ({ session, floor }) => ({
    ours: () => session.getItems(50),
    floor: () => floor.newest(50),
  }));
  await on(20_000, 'whole 20 000', ({ session, floor }) => ({
    ours: () => session.getItems(),
    floor: () => floor.whole(),
  }));
  await on(40_000, 'pop', ({ session, floor }) => ({
    ours: () => session.popItem(),
    floor: () => floor.pop(),
  }));
  return results;
}

interface Sides {
  readonly session: ReturnType<SQLiteSessionStore['session']>;
  readonly floor: SQLiteFloor;
}

async function withSides(
  synchronous: 'FULL' | 'NORMAL',
  items: number,
  work: (sides: Sides) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'agent-sessions-bench-'));
  try {
    const path = join(folder, 'ours.db');
    const floorPath = join(folder, 'floor.db');
    await using store = new SQLiteSessionStore({ path, synchronous });
    await using floorStore = new SQLiteSessionStore({ path: floorPath, synchronous });
    const session = store.session('bench');
    for (const target of [session, floorStore.session('bench')]) {
      await target.addItems(history(items));
    }
    const floor = new SQLiteFloor(floorPath, synchronous, 'bench');
    await work({ session, floor });
    floor.close();
  } finally {
    await rm(folder, { recursive: true });
  }
}
