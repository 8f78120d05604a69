import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EncryptedSession } from '@agent-sessions/encrypted';
import { SQLiteSessionStore } from '@agent-sessions/sqlite';
import { type Comparison, compare } from '../compare.ts';
import { turn } from '../items.ts';
import { EncryptedFloor } from './encrypted-floor.ts';

/** Encryption over SQLite against the same session without it, and the same cryptographic calls bare. */
export async function benchEncrypted(): Promise<Comparison[]> {
  return [...(await benchAt('FULL')), ...(await benchAt('NORMAL'))];
}

async function benchAt(synchronous: 'FULL' | 'NORMAL'): Promise<Comparison[]> {
  const adapter = `Encrypted over SQLite ${synchronous}`;
  const results: Comparison[] = [];
  const on = async (
    count: number,
    name: string,
    bound: number,
    bench: (sides: Sides) => { ours: () => Promise<unknown>; floor: () => unknown },
  ): Promise<void> => {
    await withSides(synchronous, count, async (sides) => {
      results.push(await compare(adapter, { name, bound, ...bench(sides) }));
    });
  };
  const items = turn(1);
  await on(1000, 'append 4', 1.2, ({ session, floor }) => ({
    ours: () => session.addItems(items),
    floor: () => floor.append(items),
  }));
  await on(10_000, 'newest 50 of 10 000', 1.5, ({ session, floor }) => ({
    ours: () => session.getItems(50),
    floor: () => floor.newest(50),
  }));
  await on(20_000, 'whole 20 000', 1.8, ({ session, floor }) => ({
    ours: () => session.getItems(),
    floor: () => floor.whole(),
  }));
  return results;
}

interface Sides {
  readonly session: EncryptedSession<ReturnType<SQLiteSessionStore['session']>>;
  readonly floor: EncryptedFloor;
}

/** Each side has a file of its own with the same items. */
async function withSides(
  synchronous: 'FULL' | 'NORMAL',
  count: number,
  work: (sides: Sides) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'agent-sessions-bench-'));
  try {
    await using store = new SQLiteSessionStore({ path: join(folder, 'ours.db'), synchronous });
    await using plain = new SQLiteSessionStore({ path: join(folder, 'floor.db'), synchronous });
    const key = randomBytes(32);
    const session = new EncryptedSession({ session: store.session('bench'), key });
    const floor = new EncryptedFloor(plain.session('bench'), key);
    for (let number = 0; number < count / 4; number += 1) {
      await session.addItems(turn(number));
      await plain.session('bench').addItems(turn(number));
    }
    await floor.prepare();
    await work({ session, floor });
  } finally {
    await rm(folder, { recursive: true });
  }
}
