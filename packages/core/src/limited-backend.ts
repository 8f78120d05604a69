import type {
  Append,
  Appended,
  RecordBackend,
  Rewrite,
  Snapshot,
  SnapshotQuery,
  TailReplacement,
  Written,
} from './session-backend.ts';
import { monotonicNow } from './time-limit.ts';

/** A backend as one call sees it that has to end by a time: each of its methods is told what is left. */
export class LimitedBackend implements RecordBackend {
  readonly pageSize?: number;
  readonly outline?: NonNullable<RecordBackend['outline']>;
  readonly exclusively: RecordBackend['exclusively'];
  readonly #backend: RecordBackend;
  readonly #endsAt: number;

  /** @param limitMs - How much time the call has from now on. */
  constructor(backend: RecordBackend, limitMs: number) {
    this.#backend = backend;
    this.#endsAt = monotonicNow() + limitMs;
    if (backend.pageSize !== undefined) this.pageSize = backend.pageSize;
    if (backend.outline !== undefined) this.outline = (item) => backend.outline?.(item);
    if (!hasTurns(backend)) return;
    this.exclusively = (id, work) => backend.exclusively(id, work, this.#leftMs());
  }

  append(id: string, append: Append): Promise<Appended | undefined> {
    return this.#backend.append(id, append, this.#leftMs());
  }

  window(id: string, limit: number): Promise<string[]> {
    return this.#backend.window(id, limit, this.#leftMs());
  }

  snapshot(id: string, query?: SnapshotQuery): Promise<Snapshot> {
    return this.#backend.snapshot(id, query, this.#leftMs());
  }

  replaceTail(id: string, replacement: TailReplacement): Promise<Written | undefined> {
    return this.#backend.replaceTail(id, replacement, this.#leftMs());
  }

  rewrite(id: string, rewrite: Rewrite): Promise<Written | undefined> {
    return this.#backend.rewrite(id, rewrite, this.#leftMs());
  }

  clear(id: string): Promise<void> {
    return this.#backend.clear(id, this.#leftMs());
  }

  #leftMs(): number {
    return Math.max(1, this.#endsAt - monotonicNow());
  }
}

function hasTurns(
  backend: RecordBackend,
): backend is RecordBackend & { exclusively: NonNullable<RecordBackend['exclusively']> } {
  return backend.exclusively !== undefined;
}
