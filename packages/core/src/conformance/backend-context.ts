import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import type {
  Appended,
  Operation,
  SessionBackend,
  Snapshot,
  State,
  Written,
} from '../session-backend.ts';
import type { BackendHarness } from './backend-harness.ts';
import { Skip } from './context.ts';
import type { Random } from './random.ts';

/** What a rule gets: connections to one set of data, and new ids. */
export class BackendContext {
  readonly harness: BackendHarness;
  /** Draws what no rule fixes: sizes, places, orders. */
  readonly random: Random;
  readonly #opened = new Set<SessionBackend>();

  constructor(harness: BackendHarness, random: Random) {
    this.harness = harness;
    this.random = random;
  }

  /** An id that no run has used before: backends may be persistent. */
  newId(): string {
    return `conformance-${randomUUID()}`;
  }

  /** Opens a connection, which is closed after the test. */
  async open(): Promise<SessionBackend> {
    const backend = await this.harness.open();
    this.#opened.add(backend);
    return backend;
  }

  /** So many connections to the same data. */
  async openMany(count: number): Promise<SessionBackend[]> {
    return Promise.all(Array.from({ length: count }, () => this.open()));
  }

  /** Closes a connection before the test is over. */
  async close(backend: SessionBackend): Promise<void> {
    this.#opened.delete(backend);
    await this.harness.close?.(backend);
  }

  /** Closes every connection that is still open. */
  async cleanUp(): Promise<void> {
    for (const backend of this.#opened) await this.close(backend);
  }

  /** Ends the test as skipped, for what the backend lacks. */
  skip(reason: string): never {
    throw new Skip(reason);
  }
}

/** So many records that are told apart, as texts of JSON. */
export function texts(name: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => JSON.stringify({ [name]: index + 1 }));
}

/** An operation that no ledger has. */
export function newOperation(): Operation {
  const digits = (): string => randomBytes(32).toString('hex');
  return { key: digits(), fingerprint: digits() };
}

/** Adds records, and fails if they were not added. */
export async function add(
  backend: SessionBackend,
  id: string,
  records: readonly string[],
  operation?: Operation,
): Promise<Appended> {
  return wrote(await backend.append(id, { records, operation }), 'append');
}

/** Fails if a write was refused. */
export function wrote<T extends Appended | Written>(result: T | undefined, what: string): T {
  assert.ok(result, `${what} was refused`);
  return result;
}

/** Reads the state, and fails if the session does not exist. */
export async function stateOf(backend: SessionBackend, id: string): Promise<State> {
  const { state } = await backend.snapshot(id, { limit: 0 });
  assert.ok(state, 'the session does not exist');
  return state;
}

/** All that a session is, for comparisons. */
export function wholeOf(backend: SessionBackend, id: string): Promise<Snapshot> {
  return backend.snapshot(id, { positions: true });
}

/** Fails if `work` changes anything of the session but its metadata. */
export async function changesNothing(
  backend: SessionBackend,
  id: string,
  work: () => Promise<unknown>,
  what: string,
): Promise<void> {
  const before = await wholeOf(backend, id);
  await work();
  assert.deepEqual(await wholeOf(backend, id), before, `${what} changed the session`);
}

/** Fails unless a write was refused and left all as it was. */
export async function refuses(
  backend: SessionBackend,
  id: string,
  write: () => Promise<unknown>,
  what: string,
): Promise<void> {
  const refused = async (): Promise<void> => assert.equal(await write(), undefined, what);
  await changesNothing(backend, id, refused, what);
}

/** Fails if there is anything of a session that never was, or is gone. */
export async function isNowhere(backend: SessionBackend, id: string): Promise<void> {
  const nothing = { state: undefined, records: [], positions: [] };
  assert.deepEqual(await wholeOf(backend, id), nothing, 'the session exists');
  assert.deepEqual(await backend.window(id, 1), [], 'the session has a window');
  assert.equal(await backend.getSession(id), undefined, 'the directory has the session');
}

/** The numbers from `first` to `last`. */
export function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}
