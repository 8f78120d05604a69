import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AdvancedSession, AdvancedSessionStore } from '@agent-sessions/advanced';
import type { StoredSession } from '@agent-sessions/core';
import { KyselySessionStore } from '@agent-sessions/kysely';
import Sqlite from 'better-sqlite3';
import { Kysely, SqliteDialect } from 'kysely';
import { type Comparison, compare } from '../compare.ts';
import { history, turn } from '../items.ts';

const SMALL = 100;
const LARGE = 100_000;

/** Sessions with branches against plain ones through Kysely, on SQLite files of their own. */
export async function benchAdvanced(): Promise<Comparison[]> {
  return [
    ...(await benchAppend('FULL', 2)),
    // Without the wait for the disk, the statements that keep the structure are what is left.
    ...(await benchAppend('NORMAL', 5)),
    ...(await benchReads()),
    ...(await benchBranches()),
  ];
}

async function benchAppend(synchronous: Synchronous, bound: number): Promise<Comparison[]> {
  await using folder = await Folder.open(synchronous);
  const [ours, plain] = [folder.advanced('ours'), folder.plain('plain')];
  for (const session of [ours, plain]) await session.addItems(history(1000));
  const items = turn(1);
  return [
    await compare(`advanced ${synchronous}`, {
      name: 'append 4, against a plain session',
      bound,
      ours: () => ours.addItems(items),
      floor: () => plain.addItems(items),
    }),
  ];
}

async function benchReads(): Promise<Comparison[]> {
  await using folder = await Folder.open('NORMAL');
  const [ours, plain] = [folder.advanced('ours'), folder.plain('plain')];
  for (const session of [ours, plain]) await session.addItems(history(20_000));
  const results = [
    await compare('advanced', {
      name: 'newest 50, never branched, against a plain session',
      bound: 1.3,
      ours: () => ours.getItems(50),
      floor: () => plain.getItems(50),
    }),
    await compare('advanced', {
      name: 'whole 20 000, never branched, against a plain session',
      bound: 1.3,
      ours: () => ours.getItems(),
      floor: () => plain.getItems(),
    }),
  ];
  const deep = folder.advanced('ours');
  await deep.getItems(1);
  for (let depth = 1; depth <= 10; depth += 1) {
    await deep.createBranchFromTurn(5000 + depth - 1);
    await deep.addItems([...turn(depth), ...turn(depth)]);
  }
  results.push(
    await compare('advanced', {
      name: 'newest 50, ten deep, against main',
      bound: 2,
      ours: () => deep.getItems(50),
      floor: () => ours.getItems(50),
    }),
    await compare('advanced', {
      name: 'whole 20 000, ten deep, against main',
      bound: 2,
      ours: () => deep.getItems(),
      floor: () => ours.getItems(),
    }),
  );
  console.log(
    [
      `advanced: whole 20 000: a plain session holds ${await heapOf(() => plain.getItems())} MB of heap,`,
      `one never branched ${await heapOf(() => folder.advanced('ours').getItems())},`,
      `one ten deep ${await heapOf(() => deep.getItems())};`,
      `files: plain ${await folder.megabytes('plain')} MB, advanced ${await folder.megabytes('ours')}`,
    ].join(' '),
  );
  return results;
}

async function benchBranches(): Promise<Comparison[]> {
  await using folder = await Folder.open('NORMAL');
  const [large, small] = [folder.advanced('large'), folder.advanced('small')];
  await large.addItems(history(LARGE));
  await small.addItems(history(SMALL));
  const items = turn(1);
  const works: [string, (session: AdvancedSession, turns: number) => Promise<unknown>][] = [
    ['make a branch, and go back', makeBranch],
    ['make a branch and delete it', makeAndDelete],
    ['append 4, make a branch, cut main under it, delete it', cutUnderChild],
  ];
  const results: Comparison[] = [];
  for (const [name, work] of works) {
    results.push(
      await compare('advanced', {
        name: `${name}: at 100 000 against 100`,
        bound: 2,
        ours: () => work(large, LARGE / 4),
        floor: () => work(small, SMALL / 4),
      }),
    );
  }
  return results;

  async function makeBranch(session: AdvancedSession, turns: number): Promise<void> {
    await session.createBranchFromTurn(turns);
    await session.switchToBranch('main');
  }
  async function makeAndDelete(session: AdvancedSession, turns: number): Promise<void> {
    const branchId = await session.createBranchFromTurn(turns);
    await session.deleteBranch(branchId, { force: true });
  }
  async function cutUnderChild(session: AdvancedSession, turns: number): Promise<void> {
    await session.addItems([...items, ...items]);
    const branchId = await session.createBranchFromTurn(turns + 2);
    await session.switchToBranch('main');
    await session.rewindToTurn(turns + 1);
    await session.deleteBranch(branchId);
  }
}

type Synchronous = 'FULL' | 'NORMAL';

/** A folder with database files; all of it is gone when it is left. */
class Folder implements AsyncDisposable {
  readonly #path: string;
  readonly #synchronous: Synchronous;
  readonly #open: Kysely<unknown>[] = [];

  private constructor(path: string, synchronous: Synchronous) {
    this.#path = path;
    this.#synchronous = synchronous;
  }

  static async open(synchronous: Synchronous): Promise<Folder> {
    return new Folder(await mkdtemp(join(tmpdir(), 'agent-sessions-bench-')), synchronous);
  }

  advanced(file: string): AdvancedSession {
    const store = new AdvancedSessionStore({ db: this.#connect(file), createTables: true });
    return new AdvancedSession({ store, sessionId: 'bench', branchId: 'main' });
  }

  plain(file: string): StoredSession {
    const store = new KyselySessionStore({ db: this.#connect(file), createTables: true });
    return store.session('bench');
  }

  async megabytes(file: string): Promise<string> {
    const { size } = await stat(join(this.#path, file));
    return (size / 1e6).toFixed(1);
  }

  #connect(file: string): Kysely<unknown> {
    const database = new Sqlite(join(this.#path, file), { timeout: 5 });
    database.pragma('journal_mode = WAL');
    database.pragma(`synchronous = ${this.#synchronous}`);
    database.pragma('foreign_keys = ON');
    const db = new Kysely<unknown>({ dialect: new SqliteDialect({ database }) });
    this.#open.push(db);
    return db;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const db of this.#open) await db.destroy();
    await rm(this.#path, { recursive: true });
  }
}

/** How much the heap grows by what a call gives, in megabytes; exact only with `--expose-gc`. */
async function heapOf(work: () => Promise<unknown>): Promise<string> {
  globalThis.gc?.();
  const before = process.memoryUsage().heapUsed;
  const held = await work();
  const after = process.memoryUsage().heapUsed;
  return held === undefined ? '0' : ((after - before) / 1e6).toFixed(1);
}
