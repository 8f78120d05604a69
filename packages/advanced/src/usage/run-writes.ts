import type { CallQueue } from '@agent-sessions/core/backend';
import type { BranchBackend, LastWrite } from '../branch-backend.ts';

/** Notes what each run wrote last: its usage belongs to that turn, wherever the session is by then. */
export class RunWrites {
  readonly #queue: CallQueue;
  readonly #backend: BranchBackend;
  readonly #sessionKey: string;
  /** By run context. */
  readonly #wrote = new WeakMap<object, LastWrite>();

  constructor(queue: CallQueue, backend: BranchBackend, sessionKey: string) {
    this.#queue = queue;
    this.#backend = backend;
    this.#sessionKey = sessionKey;
  }

  /** What a run wrote last through this session object. */
  of(run: object | undefined): LastWrite | undefined {
    return run && this.#wrote.get(run);
  }

  /** Does the write of a run. The notes come before and after it in the order of calls. */
  async noting(run: object | undefined, write: () => Promise<void>): Promise<void> {
    if (run === undefined) return write();
    const backend = this.#backend;
    let before: LastWrite | undefined;
    const start = this.#queue.run(this.#sessionKey, async () => {
      before = backend.lastWrite;
    });
    const written = write();
    const end = this.#queue.run(this.#sessionKey, async () => {
      const after = backend.lastWrite;
      if (after !== undefined && after !== before) this.#wrote.set(run, after);
    });
    await Promise.all([start, written, end]);
  }
}
