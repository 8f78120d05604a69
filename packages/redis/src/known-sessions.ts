import { type SessionKeys, sessionKeys } from './keys.ts';
import { NO_CALL } from './scripts/call.ts';

/** What a connection knows of a session. */
export interface KnownSession {
  readonly keys: SessionKeys;
  /** The number of our newest write that the server acknowledged, as scripts take it. */
  acknowledged: string;
  isWriting: boolean;
  /** Fulfils when the write that is under way has ended; there if another one waits for that. */
  ended: PromiseWithResolvers<void> | undefined;
}

/** Remembers the sessions that were used last: of so many that it is asked for, and perhaps of more. */
export class KnownSessions {
  readonly #keyPrefix: string;
  readonly #count: number;
  #recent = new Map<string, KnownSession>();
  #older = new Map<string, KnownSession>();

  constructor(keyPrefix: string, count: number) {
    this.#keyPrefix = keyPrefix;
    this.#count = count;
  }

  /** @param id - What a backend knows the session by. */
  of(id: string): KnownSession {
    const recent = this.#recent.get(id);
    if (recent !== undefined) return recent;
    const known = this.#older.get(id) ?? {
      keys: sessionKeys(this.#keyPrefix, id),
      acknowledged: NO_CALL,
      isWriting: false,
      ended: undefined,
    };
    // To let the older half go at once costs less than to keep all in the order of their use.
    if (this.#recent.size >= this.#count) {
      this.#older = this.#recent;
      this.#recent = new Map();
    }
    this.#recent.set(id, known);
    return known;
  }
}
