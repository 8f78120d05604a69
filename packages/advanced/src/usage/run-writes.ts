import { inOrder } from '@agent-sessions/core/adapter';
import type { BranchStore, LastWrite } from '../branch-store.ts';

/** Notes what each run wrote last: its usage belongs to that turn, wherever the session is by then. */
export class RunWrites {
  readonly #store: BranchStore;
  readonly #sessionId: string;
  /** By run context. */
  readonly #wrote = new WeakMap<object, LastWrite>();

  constructor(store: BranchStore, sessionId: string) {
    this.#store = store;
    this.#sessionId = sessionId;
  }

  /** What a run wrote last through this session object. */
  of(run: object | undefined): LastWrite | undefined {
    return run && this.#wrote.get(run);
  }

  /** Does the write of a run. The notes stand before and behind it in the order of calls. */
  async noting(run: object | undefined, write: () => Promise<void>): Promise<void> {
    if (run === undefined) return write();
    const store = this.#store;
    let before: LastWrite | undefined;
    const start = inOrder(store.order, this.#sessionId, async () => {
      before = store.lastWrite;
    });
    const written = write();
    const end = inOrder(store.order, this.#sessionId, async () => {
      const after = store.lastWrite;
      if (after !== undefined && after !== before) this.#wrote.set(run, after);
    });
    await Promise.all([start, written, end]);
  }
}
