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
 * Every call rejects with a SessionError if a record does not decrypt (`decryption_failed`), its key
 * is missing (`key_unavailable`), or it is plain text (`not_encrypted`); nothing is skipped, changed
 * or deleted for that reason.
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
  /** As the given session has it. */
  declare readonly acceptsRunContext: TSession extends { readonly acceptsRunContext: true }
    ? true
    : never;
  /** Of the given session; absent if that does not take a cipher. */
  declare readonly applyHistoryTransaction: CapabilityOf<TSession, 'applyHistoryTransaction'>;
  /** Of the given session; absent if that does not take a cipher. */
  declare readonly applyHistoryMutations: CapabilityOf<TSession, 'applyHistoryMutations'>;
  /** Of the given session; absent if that does not take a cipher. */
  declare readonly replaceHistoryWithCompaction: CompactionOf<TSession>;
  /**
   * Seals every record with the current key, in batches of 200, each of them atomic. Safe beside
   * writers; when it was interrupted, call it again. Afterwards the current key opens every record,
   * and the old ones may go once no other process seals with them.
   * It reaches every branch of a session that has some.
   *
   * @returns how many records were sealed anew
   * @throws SessionError as reading does, before anything is changed
   */
  declare readonly rotate: MaintenanceOf<TSession, 'rotate'>;
  /**
   * Deletes the records whose time is over, in batches of 200, each of them atomic.
   *
   * @returns how many were deleted
   * @throws SessionError `invalid_options` without `ttlSeconds`
   */
  declare readonly purgeExpired: MaintenanceOf<TSession, 'purgeExpired'>;
  /**
   * Encrypts what the session holds in plain text, in batches of 200, each of them atomic; when it
   * was interrupted, call it again. It takes whatever plain items are there for authentic. They
   * expire as if they had been written now.
   *
   * @returns how many records were encrypted
   * @throws SessionError `damaged_record` if something is neither an item nor an envelope
   */
  declare readonly encryptExisting: MaintenanceOf<TSession, 'encryptExisting'>;

  readonly #sealed: Sealed;

  /** @throws SessionError `invalid_options`; `unsupported` for a session on the Conversations API */
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

  async getSessionId(): Promise<string> {
    return this.#sealed.getSessionId();
  }

  /**
   * The whole history, or its newest `limit` items, oldest first; expired items do not count.
   *
   * @param limit - A whole number; 0 or less gives `[]`. Default: everything.
   * @throws SessionError `invalid_limit`
   */
  async getItems(limit?: number, ...context: RunContext<unknown>[]): Promise<AgentInputItem[]> {
    return this.#sealed.getItems(limit, ...context);
  }

  /**
   * Adds items at the end, as one batch. The items are copied before this method returns.
   *
   * @throws SessionError `invalid_item`; then nothing was written
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
   */
  async popItem(...context: RunContext<unknown>[]): Promise<AgentInputItem | undefined> {
    return this.#sealed.popItem(...context);
  }

  /** Removes everything, also what does not decrypt. The session id stays. */
  async clearSession(...context: RunContext<unknown>[]): Promise<void> {
    await this.#sealed.clearSession(...context);
  }

  /** True if no record is plain text. Needs no key, and does not tell whether the records decrypt. */
  async isEncrypted(): Promise<boolean> {
    return this.#sealed.isEncrypted();
  }

  /** Closes this session; the given one stays open. Later calls reject. */
  async close(): Promise<void> {
    await this.#sealed.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
