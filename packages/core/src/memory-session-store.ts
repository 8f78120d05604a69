import { MemoryBackend } from './memory-backend.ts';
import { SessionStore } from './session-store.ts';

/**
 * Keeps sessions in this process, for tests. Nothing survives the process.
 *
 * @throws SessionError `closed` from every call after `close()`
 *
 * @example
 * ```ts
 * import { MemorySessionStore } from '@agent-sessions/core';
 *
 * const store = new MemorySessionStore();
 * const session = store.session('user-123');
 * ```
 */
export class MemorySessionStore extends SessionStore {
  /** Opens nothing. */
  constructor() {
    super(new MemoryBackend());
  }
}
