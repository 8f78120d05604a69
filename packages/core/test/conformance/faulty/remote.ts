import { type SessionInfo, SessionStore } from '@agent-sessions/core';
import type {
  Append,
  Appended,
  PageRequest,
  Rewrite,
  SessionBackend,
  Snapshot,
  SnapshotQuery,
  State,
  TailReplacement,
  Written,
} from '@agent-sessions/core/backend';
import { MemoryBackend } from '../../../src/memory-backend.ts';
import { type Fault, fault, turn } from './fault.ts';

/** Of which each call takes a while to get to the one that does the work. */
class RemoteBackend implements SessionBackend {
  readonly #backend: SessionBackend;

  constructor(backend: SessionBackend) {
    this.#backend = backend;
  }

  async append(id: string, append: Append): Promise<Appended | undefined> {
    await turn();
    return this.#backend.append(id, append);
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

  async listSessions(request: PageRequest): Promise<SessionInfo[]> {
    await turn();
    return this.#backend.listSessions(request);
  }

  async getSession(id: string): Promise<SessionInfo | undefined> {
    await turn();
    return this.#backend.getSession(id);
  }

  async setMetadata(id: string, metadata: string | null): Promise<void> {
    await turn();
    await this.#backend.setMetadata(id, metadata);
  }

  async deleteSession(id: string): Promise<boolean> {
    await turn();
    return this.#backend.deleteSession(id);
  }

  async close(): Promise<void> {}
}

/** Two processes with a store each, over one faulty backend. */
function shared(Backend: new () => MemoryBackend): Fault['open'] {
  return () => {
    const backend = new Backend();
    const open = () => new SessionStore(new RemoteBackend(backend));
    const stores = [open(), open()] as const;
    let opened = 0;
    return {
      open: (sessionId) => {
        opened += 1;
        return stores[opened % 2 === 0 ? 0 : 1].session(sessionId);
      },
    };
  };
}

class NeverCompares extends MemoryBackend {
  override async replaceTail(
    id: string,
    replacement: TailReplacement,
  ): Promise<Written | undefined> {
    const { state } = await super.snapshot(id);
    return super.replaceTail(id, { ...replacement, state });
  }
}

/** What was popped and added again looks as if nothing had happened. */
class ComparesCounts extends MemoryBackend {
  readonly #states = new Map<string, string | undefined>();

  override async snapshot(id: string, query?: SnapshotQuery): Promise<Snapshot> {
    const snapshot = await super.snapshot(id, query);
    const { records } = await super.snapshot(id);
    this.#states.set(`${id} ${records.length}`, snapshot.state?.token);
    return snapshot;
  }

  override async replaceTail(
    id: string,
    replacement: TailReplacement,
  ): Promise<Written | undefined> {
    const { state, records } = await super.snapshot(id);
    const seen = [...this.#states].filter(([, known]) => known === replacement.state?.token);
    const isSame = seen.some(([key]) => key === `${id} ${records.length}`);
    return isSame ? super.replaceTail(id, { ...replacement, state }) : undefined;
  }
}

class ChecksThenAppends extends MemoryBackend {
  override async append(id: string, append: Append): Promise<Appended | undefined> {
    const { operation, ...plain } = append;
    if (operation === undefined) return super.append(id, append);
    const known = await super.snapshot(id, { operation: operation.key });
    if (known.state !== undefined && known.operation !== undefined) {
      return { ...known.state, replayed: known.operation };
    }
    await turn();
    await super.append(id, plain);
    return super.append(id, { records: [], operation });
  }
}

/** The records of one moment and the state of another. */
class ReadsInSteps extends MemoryBackend {
  override async snapshot(id: string, query?: SnapshotQuery): Promise<Snapshot> {
    const snapshot = await super.snapshot(id, query);
    await turn();
    const { state } = await super.snapshot(id);
    return { ...snapshot, state };
  }
}

class AppendsInSteps extends MemoryBackend {
  override async append(id: string, append: Append): Promise<Appended | undefined> {
    const { records, operation } = append;
    const written = await super.append(id, { records: records.slice(0, 1), operation });
    if (written?.replayed !== undefined || records.length < 2) return written;
    await turn();
    return super.append(id, { records: records.slice(1) });
  }
}

/** Items first, the ledger a moment later. */
class ClearsInSteps extends MemoryBackend {
  override async clear(id: string): Promise<void> {
    const { state } = await super.snapshot(id);
    if (state) await super.replaceTail(id, { state, drop: 'all', records: [] });
    for (let wait = 0; wait < 4; wait += 1) await turn();
    const { records } = await super.snapshot(id);
    await super.clear(id);
    if (records.length > 0) await super.append(id, { records });
  }
}

/** Gives what it rewrites new positions, as if it had been added. */
class RewritesAsNew extends MemoryBackend {
  override async rewrite(
    id: string,
    { state, changes, removed = [] }: Rewrite,
  ): Promise<Written | undefined> {
    const { records, positions = [] } = await super.snapshot(id, { positions: true });
    const texts = records.flatMap((text, n) => {
      const position = positions[n] ?? 0;
      if (removed.some(([first, last]) => position >= first && position <= last)) return [];
      return [changes.get(position) ?? text];
    });
    return super.replaceTail(id, { state, drop: 'all', records: texts });
  }
}

/** A pop takes the revision back, though the positions go on. */
class LowersRevision extends MemoryBackend {
  readonly #lowered = new Map<string, number>();

  override async snapshot(id: string, query: SnapshotQuery = {}): Promise<Snapshot> {
    const base = query.base && this.#moved(id, query.base, 1);
    const snapshot = await super.snapshot(id, { ...query, base });
    const { state } = snapshot;
    return { ...snapshot, state: state && this.#moved(id, state, -1) };
  }

  override async replaceTail(
    id: string,
    { state, ...rest }: TailReplacement,
  ): Promise<Written | undefined> {
    const written = await super.replaceTail(id, {
      ...rest,
      state: state && this.#moved(id, state, 1),
    });
    const isPop = rest.drop === 1 && rest.records.length === 0;
    if (written && isPop) this.#lowered.set(id, this.#loweredBy(id) + 2);
    return written;
  }

  override async rewrite(id: string, rewrite: Rewrite): Promise<Written | undefined> {
    return super.rewrite(id, { ...rewrite, state: this.#moved(id, rewrite.state, 1) });
  }

  #moved(id: string, state: State, sign: number): State {
    return { ...state, revision: state.revision + sign * this.#loweredBy(id) };
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
