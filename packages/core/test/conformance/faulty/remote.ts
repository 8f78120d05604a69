import {
  MemorySessionStore,
  type Operation,
  type Rewrite,
  type SessionStore,
  type Snapshot,
  type SnapshotQuery,
  StoredSession,
  type TailReplacement,
  type Written,
} from '@agent-sessions/core';
import { type Fault, fault, turn } from './fault.ts';

/** A store of which each call takes a while to get to the backend. */
class RemoteStore implements SessionStore {
  readonly #backend: SessionStore;

  constructor(backend: SessionStore) {
    this.#backend = backend;
  }

  async append(id: string, records: readonly string[], operation?: Operation): Promise<Written> {
    await turn();
    return this.#backend.append(id, records, operation);
  }

  async window(id: string, limit: number): Promise<string[]> {
    await turn();
    return this.#backend.window(id, limit);
  }

  async snapshot(id: string, query?: SnapshotQuery): Promise<Snapshot> {
    await turn();
    return this.#backend.snapshot(id, query);
  }

  async replaceTail(id: string, replacement: TailReplacement): Promise<Written | undefined> {
    await turn();
    return this.#backend.replaceTail(id, replacement);
  }

  async rewrite(id: string, rewrite: Rewrite): Promise<Written | undefined> {
    await turn();
    return this.#backend.rewrite(id, rewrite);
  }

  async clear(id: string): Promise<void> {
    await turn();
    await this.#backend.clear(id);
  }

  async close(): Promise<void> {}
}

/** Two processes with a store each, over one faulty backend. */
function shared(Backend: new () => MemorySessionStore): Fault['open'] {
  return () => {
    const backend = new Backend();
    const stores = [new RemoteStore(backend), new RemoteStore(backend)] as const;
    let opened = 0;
    return {
      open: (sessionId) => {
        opened += 1;
        return new StoredSession({ store: opened % 2 === 0 ? stores[0] : stores[1], sessionId });
      },
    };
  };
}

class NeverCompares extends MemorySessionStore {
  override async replaceTail(
    id: string,
    replacement: TailReplacement,
  ): Promise<Written | undefined> {
    const { revision } = await super.snapshot(id);
    return super.replaceTail(id, { ...replacement, revision });
  }
}

/** What was popped and added again looks as if nothing had happened. */
class ComparesCounts extends MemorySessionStore {
  readonly #revisions = new Map<string, number>();

  override async snapshot(id: string, query?: SnapshotQuery): Promise<Snapshot> {
    const snapshot = await super.snapshot(id, query);
    const { records } = await super.snapshot(id);
    this.#revisions.set(`${id} ${records.length}`, snapshot.revision);
    return snapshot;
  }

  override async replaceTail(
    id: string,
    replacement: TailReplacement,
  ): Promise<Written | undefined> {
    const { revision, records } = await super.snapshot(id);
    const seen = [...this.#revisions].filter(([, known]) => known === replacement.revision);
    const isSame = seen.some(([key]) => key === `${id} ${records.length}`);
    return super.replaceTail(id, { ...replacement, revision: isSame ? revision : -1 });
  }
}

class ChecksThenAppends extends MemorySessionStore {
  override async append(
    id: string,
    records: readonly string[],
    operation?: Operation,
  ): Promise<Written> {
    if (operation === undefined) return super.append(id, records);
    const known = await super.snapshot(id, { operation: operation.key });
    if (known.operation !== undefined) {
      return { revision: known.revision, replayed: known.operation };
    }
    await turn();
    await super.append(id, records);
    return super.append(id, [], operation);
  }
}

/** The records of one moment and the revision of another. */
class ReadsInSteps extends MemorySessionStore {
  override async snapshot(id: string, query?: SnapshotQuery): Promise<Snapshot> {
    const snapshot = await super.snapshot(id, query);
    await turn();
    const { revision } = await super.snapshot(id);
    return { ...snapshot, revision };
  }
}

class AppendsInSteps extends MemorySessionStore {
  override async append(
    id: string,
    records: readonly string[],
    operation?: Operation,
  ): Promise<Written> {
    const written = await super.append(id, records.slice(0, 1), operation);
    if (written.replayed !== undefined || records.length < 2) return written;
    await turn();
    return super.append(id, records.slice(1));
  }
}

/** Items first, the ledger a moment later. */
class ClearsInSteps extends MemorySessionStore {
  override async clear(id: string): Promise<void> {
    const { revision } = await super.snapshot(id);
    if (revision > 0) await super.replaceTail(id, { revision, drop: 'all', records: [] });
    for (let wait = 0; wait < 4; wait += 1) await turn();
    const { records } = await super.snapshot(id);
    await super.clear(id);
    if (records.length > 0) await super.append(id, records);
  }
}

/** Gives what it rewrites new positions, as if it had been added. */
class RewritesAsNew extends MemorySessionStore {
  override async rewrite(id: string, { revision, changes }: Rewrite): Promise<Written | undefined> {
    const { records, positions = [] } = await super.snapshot(id, { positions: true });
    const texts = records.flatMap((text, n) => {
      const change = changes.get(positions[n] ?? 0);
      if (change === undefined) return [text];
      return change === null ? [] : [change];
    });
    return super.replaceTail(id, { revision, drop: 'all', records: texts });
  }
}

/** A pop takes the revision back, though the positions go on. */
class LowersRevision extends MemorySessionStore {
  readonly #lowered = new Map<string, number>();

  override async snapshot(id: string, query?: SnapshotQuery): Promise<Snapshot> {
    const snapshot = await super.snapshot(id, query);
    const { revision } = snapshot;
    return { ...snapshot, revision: revision === 0 ? 0 : revision - this.#loweredBy(id) };
  }

  override async replaceTail(
    id: string,
    { revision, ...rest }: TailReplacement,
  ): Promise<Written | undefined> {
    const actual = revision === 0 ? 0 : revision + this.#loweredBy(id);
    const written = await super.replaceTail(id, { ...rest, revision: actual });
    const isPop = rest.drop === 1 && rest.records.length === 0;
    if (written && isPop) this.#lowered.set(id, this.#loweredBy(id) + 2);
    return written;
  }

  override async rewrite(id: string, rewrite: Rewrite): Promise<Written | undefined> {
    const revision = rewrite.revision + this.#loweredBy(id);
    return super.rewrite(id, { ...rewrite, revision });
  }

  #loweredBy(id: string): number {
    return this.#lowered.get(id) ?? 0;
  }
}

export const remoteFaults: readonly Fault[] = [
  fault('a store does not compare revisions', shared(NeverCompares), [
    'N concurrent pops over N items',
    'of two transactions that race for one suffix',
  ]),
  fault(
    'a store compares the number of records',
    shared(ComparesCounts),
    'of two transactions that race for one suffix',
  ),
  fault('a store looks into the ledger first', shared(ChecksThenAppends), [
    'the same append at once from two instances is applied once',
    'one operation id used at once for two transactions',
  ]),
  fault('a store reads in two steps', shared(ReadsInSteps), 'N concurrent pops over N items'),
  fault('a store appends in two steps', shared(AppendsInSteps), [
    'no reader sees half a batch',
    'every batch is contiguous',
  ]),
  fault(
    'a store clears in two steps',
    shared(ClearsInSteps),
    'transactions that race with a clear are applied once',
  ),
  fault(
    'a store gives what it rewrites new positions',
    shared(RewritesAsNew),
    'rewrote is not kept beside the replacement',
  ),
  fault(
    'a store lowers the revision with a pop',
    shared(LowersRevision),
    'popped, cleared and written before is replaced whole',
  ),
];
