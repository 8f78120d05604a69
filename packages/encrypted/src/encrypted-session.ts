import type { AgentInputItem, RunContext, Session } from '@openai/agents-core';
import { refuseConversations } from './conversations.ts';
import { EnvelopeBox } from './envelope-box.ts';
import { EnvelopeSession } from './envelope-session.ts';
import { Expiry } from './expiry.ts';
import { invalidOptions } from './failures.ts';
import { type EncryptedSessionOptions, toKeySource } from './options.ts';
import { SessionCipher } from './session-cipher.ts';
import { SessionKeys } from './session-keys.ts';
import {
  type CapabilityOf,
  type CompactionOf,
  type ContextOf,
  type EncryptedView,
  encryptStored,
  isStored,
  type MaintenanceOf,
  type Sealed,
} from './stored.ts';

/**
 * A session that stores ciphertext only, around any session.
 *
 * Around a session over a store, such as `SQLiteSession`, it offers what that session offers, and the
 * store holds envelopes instead of items. Around any other session the envelopes travel as items of
 * type `unknown`, and what could not be atomic is absent: history transactions, mutations,
 * compaction, and the methods that rewrite what is stored.
 *
 * What it cannot read is an error, and is never skipped, changed or deleted for that reason.
 *
 * @throws SessionError from calls that read, and from the first that writes: `decryption_failed` if a
 * record does not decrypt, `not_encrypted` if it is plain text; from all that read or write:
 * `key_unavailable` if a key is missing, `invalid_options` if `keyProvider` or `now` gives what it
 * should not, `invalid_session_id` if the given session has no valid id; from every call: `closed`, and
 * what the given session rejects with
 *
 * @example
 * ```ts
 * import { randomBytes } from 'node:crypto';
 * import { MemorySessionStore } from '@agent-sessions/core';
 * import { EncryptedSession } from '@agent-sessions/encrypted';
 *
 * const store = new MemorySessionStore();
 * const session = new EncryptedSession({
 *   session: store.session('user-123'),
 *   key: randomBytes(32),
 * });
 * await session.addItems([{ role: 'user', content: 'Hello' }]);
 * ```
 */
export class EncryptedSession<TSession extends Session = Session>
  implements Session, AsyncDisposable
{
  /**
   * The given session seen through the encryption, for methods that only it has; `undefined` around
   * a session that does not take a cipher.
   */
  declare readonly session: EncryptedView<TSession>;
  /** The store of the given session, for example to list sessions. */
  declare readonly store: CapabilityOf<TSession, 'store'>;
  /** True if the SDK is to pass its run context, as the given session has it. */
  declare readonly acceptsRunContext: ContextOf<TSession>;
  /**
   * `applyHistoryTransaction({ operationId, transaction })` applies a change atomically and once, as
   * the given session does; absent if that does not take a cipher.
   */
  declare readonly applyHistoryTransaction: CapabilityOf<TSession, 'applyHistoryTransaction'>;
  /**
   * `applyHistoryMutations({ mutations })` replaces function calls in place, as the given session does;
   * absent if that does not take a cipher.
   */
  declare readonly applyHistoryMutations: CapabilityOf<TSession, 'applyHistoryMutations'>;
  /**
   * `replaceHistoryWithCompaction(items)` replaces the history atomically, as the given session does;
   * absent if that does not take a cipher.
   */
  declare readonly replaceHistoryWithCompaction: CompactionOf<TSession>;
  /**
   * `rotate({ onProgress? })` seals every record with the current key, in batches of 200, each of them
   * atomic. Safe beside writers; when it was interrupted, call it again. Afterwards the current key
   * opens every record, and the old ones may go once no other process seals with them. It reaches
   * every branch of a session that has some.
   *
   * @returns how many records were sealed anew
   * @throws SessionError as reading does, before anything is changed; `conflict` if others change the
   * session during every attempt for ten seconds, and then the batches before stay done
   */
  declare readonly rotate: MaintenanceOf<TSession, 'rotate'>;
  /**
   * `purgeExpired()` deletes the records whose time is over, in batches of 200, each of them atomic.
   *
   * @returns how many were deleted
   * @throws SessionError `invalid_options` without `ttlSeconds`; as reading does; `conflict` as
   * `rotate`
   */
  declare readonly purgeExpired: MaintenanceOf<TSession, 'purgeExpired'>;
  /**
   * `encryptExisting({ onProgress? })` encrypts what the session holds in plain text, in batches of
   * 200, each of them atomic; when it was interrupted, call it again. It takes whatever plain items are
   * there for authentic. They expire as if they had been written now.
   *
   * @returns how many records were encrypted
   * @throws SessionError `damaged_record` if something is neither an item nor an envelope;
   * `decryption_failed`, `key_unavailable`; `conflict` as `rotate`
   */
  declare readonly encryptExisting: MaintenanceOf<TSession, 'encryptExisting'>;

  readonly #sealed: Sealed;

  /**
   * Uses neither session nor keys yet: the first call does.
   *
   * @throws SessionError `invalid_options`; `unsupported` for a session on the Conversations API
   */
  constructor(options: EncryptedSessionOptions<TSession>) {
    const { session } = options;
    if (typeof session?.getItems !== 'function') throw invalidOptions('`session` is not a session');
    refuseConversations(session);
    const keys = new SessionKeys(toKeySource(options), () => session.getSessionId());
    const box = new EnvelopeBox(keys);
    const expiry = new Expiry(options);
    if (isStored(session)) {
      const { sealed, offers } = encryptStored(session, box, expiry);
      this.#sealed = sealed;
      Object.assign(this, offers);
    } else {
      this.#sealed = new EnvelopeSession(session, new SessionCipher(box, expiry));
      const acceptsRunContext: unknown = Reflect.get(session, 'acceptsRunContext');
      if (acceptsRunContext === true) Object.assign(this, { acceptsRunContext });
    }
  }

  /**
   * The id of the given session.
   *
   * @throws SessionError `closed`
   */
  async getSessionId(): Promise<string> {
    return this.#sealed.getSessionId();
  }

  /**
   * The whole history, or its newest `limit` items, oldest first; expired items do not count.
   *
   * @param limit - A whole number, or `Infinity` for everything; 0 or less gives `[]`. Default:
   * everything.
   * @throws SessionError `closed`, `invalid_limit`, and as described above for reading
   */
  async getItems(limit?: number, ...context: RunContext<unknown>[]): Promise<AgentInputItem[]> {
    return this.#sealed.getItems(limit, ...context);
  }

  /**
   * Adds items at the end, as one batch. The items are copied before this method returns.
   *
   * @throws SessionError `closed`, `invalid_item`, `item_too_large`; then nothing was written
   */
  async addItems(items: AgentInputItem[], ...context: RunContext<unknown>[]): Promise<void> {
    await this.#sealed.addItems(items, ...context);
  }

  /**
   * Removes and returns the newest item that has not expired.
   *
   * Around a session that does not take a cipher, removing and decrypting are two steps. The item is
   * looked at first, so within one process what does not decrypt is never removed. If another process
   * changed the session in between, what came off instead is returned if it decrypts, and added back
   * at the end if not. There an expired newest item gives `undefined`.
   *
   * @throws SessionError `closed`, and as described above for reading
   */
  async popItem(...context: RunContext<unknown>[]): Promise<AgentInputItem | undefined> {
    return this.#sealed.popItem(...context);
  }

  /**
   * Removes everything, also what does not decrypt. The session id stays. Needs no key.
   *
   * @throws SessionError `closed`
   */
  async clearSession(...context: RunContext<unknown>[]): Promise<void> {
    await this.#sealed.clearSession(...context);
  }

  /**
   * True if no record is plain text. Needs no key, and does not tell whether the records decrypt.
   *
   * @throws SessionError `closed`
   */
  async isEncrypted(): Promise<boolean> {
    return this.#sealed.isEncrypted();
  }

  /** Closes this session; the given one stays open. Later calls reject. */
  async close(): Promise<void> {
    await this.#sealed.close();
  }

  /** Closes this session, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
