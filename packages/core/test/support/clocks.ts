import { AsyncLocalStorage } from 'node:async_hooks';
import { expect, onTestFinished } from 'vitest';
import type { SessionBackend, Snapshot } from '../../src/backend.ts';

const DAY_MS = 86_400_000;
const ID = 'shared';

/** The clock of one instance: how far it is off, in milliseconds. */
interface Clock {
  offset: number;
}

/** A backend of one database, and how many operations a round does on it. */
export interface ModelOptions {
  /** Two instances over one database, or one twice where there can be only one. */
  readonly backends: readonly [SessionBackend, SessionBackend];
  readonly seed: number;
  readonly operations: number;
}

/** What happened to the records, by the births that the backends told. */
class Accounts {
  readonly births = new Set<string>();
  readonly added = new Map<string, string>();
  readonly dropped = new Set<string>();
  readonly deletions: boolean[] = [];

  add(birth: string, records: readonly string[]): void {
    this.births.add(birth);
    for (const record of records) this.added.set(record, birth);
  }

  drop(records: readonly string[]): void {
    for (const record of records) this.dropped.add(record);
  }

  /** What has to be there of a session, in any order. */
  expected(birth: string | undefined): string[] {
    return [...this.added].flatMap(([record, of]) =>
      of === birth && !this.dropped.has(record) ? [record] : [],
    );
  }
}

/** A seed that is printed, and can be given again as IDENTITY_SEED. */
export function newSeed(): number {
  const seed = Number(process.env.IDENTITY_SEED ?? Math.floor(Math.random() * 2 ** 31));
  console.log(`IDENTITY_SEED=${seed}`);
  return seed;
}

/**
 * Two instances append, pop, replace, rewrite, delete and begin anew at once, at random, each by a
 * clock that jumps by up to a day ahead and back. Fails unless everything that was acknowledged is
 * there, and nothing was removed but what its remover had read.
 */
export async function moveClocks({ backends, seed, operations }: ModelOptions): Promise<void> {
  const clocks = new AsyncLocalStorage<Clock>();
  const { now } = Date;
  Date.now = () => now() + (clocks.getStore()?.offset ?? 0);
  onTestFinished(() => {
    Date.now = now;
  });
  const accounts = new Accounts();
  const actors = backends.map((backend, index) => {
    const clock = { offset: 0 };
    const random = randomFrom(seed + index);
    const actor = new Actor({ name: `actor ${index}`, backend, random, accounts });
    return clocks.run(clock, async () => {
      for (let number = 0; number < operations; number += 1) {
        if (random() < 0.3) clock.offset = Math.round((random() * 2 - 1) * DAY_MS);
        await actor.act();
      }
    });
  });
  await Promise.all(actors);
  await check(backends, accounts);
}

async function check(
  [backend, other]: ModelOptions['backends'],
  accounts: Accounts,
): Promise<void> {
  const { state, records, positions = [] } = await backend.snapshot(ID, { positions: true });
  const theirs = await other.snapshot(ID);
  expect(theirs.state).toEqual(state);
  if (state) accounts.births.add(state.birth);
  expect(records.toSorted()).toEqual(accounts.expected(state?.birth).toSorted());
  expect(positions).toEqual([...new Set(positions)].sort((a, b) => a - b));
  // Each birth but the last one was ended by one deletion, which said so.
  const ended = accounts.births.size - (state === undefined ? 0 : 1);
  expect(accounts.deletions.filter(Boolean)).toHaveLength(ended);
  for (const name of ['actor 0', 'actor 1']) {
    const numbers = records.filter((record) => record.startsWith(`"${name} `)).map(numberOf);
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
  }
}

interface ActorOptions {
  readonly name: string;
  readonly backend: SessionBackend;
  readonly random: () => number;
  readonly accounts: Accounts;
}

/** One instance, which does one thing after the other. */
class Actor {
  readonly #options: ActorOptions;
  /** What it has read some time, of this birth or an earlier one. */
  readonly #read: Snapshot[] = [];
  #count = 0;

  constructor(options: ActorOptions) {
    this.#options = options;
  }

  async act(): Promise<void> {
    const { random } = this.#options;
    const kind = random();
    if (kind < 0.4) await this.#append();
    else if (kind < 0.93) await this.#compareAndSet();
    else await this.#delete();
  }

  /** To the session that it sees, or to a new one: so the birth is known on every backend. */
  async #append(): Promise<void> {
    const { backend, accounts } = this.#options;
    const records = this.#records();
    const { state } = await backend.snapshot(ID, { limit: 0 });
    if (state === undefined) {
      const written = await backend.replaceTail(ID, { state, drop: 0, records });
      if (written) accounts.add(written.state.birth, records);
      return;
    }
    const appended = await backend.append(ID, { records, birth: state.birth });
    if (appended === undefined) return;
    expect(appended.birth ?? state.birth).toBe(state.birth);
    accounts.add(state.birth, records);
  }

  async #compareAndSet(): Promise<void> {
    const { backend, random, accounts } = this.#options;
    const known = this.#read[Math.floor(random() * this.#read.length)];
    const isStale = known !== undefined && random() < 0.3;
    const snapshot = isStale ? known : await backend.snapshot(ID, { positions: true });
    if (this.#read.push(snapshot) > 20) this.#read.shift();
    const { state, records: read, positions = [] } = snapshot;
    const changesOne = state !== undefined && read.length > 0 && random() < 0.3;
    if (changesOne) {
      const index = Math.floor(random() * read.length);
      const text = random() < 0.5 ? null : `"rewritten by ${this.#next()}"`;
      const position = positions[index] ?? 0;
      const change =
        text === null
          ? { changes: new Map(), removed: [[position, position]] as const }
          : { changes: new Map([[position, text]]) };
      const written = await backend.rewrite(ID, { state, ...change });
      if (written === undefined) return;
      accounts.drop(read.slice(index, index + 1));
      accounts.add(written.state.birth, text === null ? [] : [text]);
      return;
    }
    const drop = random() < 0.1 ? 'all' : Math.floor(random() * 3);
    const records = random() < 0.5 ? [] : this.#records();
    const written = await backend.replaceTail(ID, { state, drop, records });
    if (written === undefined) return;
    expect(written.state.birth).toBe(state?.birth ?? written.state.birth);
    accounts.drop(drop === 'all' ? read : read.slice(Math.max(read.length - drop, 0)));
    accounts.add(written.state.birth, records);
  }

  async #delete(): Promise<void> {
    this.#options.accounts.deletions.push(await this.#options.backend.deleteSession(ID));
  }

  #records(): string[] {
    const count = 1 + Math.floor(this.#options.random() * 3);
    return Array.from({ length: count }, () => `"${this.#next()}"`);
  }

  #next(): string {
    this.#count += 1;
    return `${this.#options.name} ${this.#count}`;
  }
}

function numberOf(record: string): number {
  return Number(/(\d+)"$/.exec(record)?.[1]);
}

/** A generator of numbers from 0 to 1 (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
