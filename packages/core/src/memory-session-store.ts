import { MemoryBackend } from './memory-backend.ts';
import { assertOptions } from './options.ts';
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
  /**
   * Opens nothing.
   *
   * @throws SessionError `invalid_options` for any option: it takes none
   */
  constructor();
  constructor(options: unknown = {}) {
    assertOptions<object>(options, { of: 'MemorySessionStore', example: '{}', checks: {} });
    super(new MemoryBackend());
  }
}
