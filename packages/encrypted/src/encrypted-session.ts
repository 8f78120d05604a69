import type { CloseOptions, StoredSession } from '@agent-sessions/core';
import { assertSessionId, type OwnedId, splitKey } from '@agent-sessions/core/backend';
import type { AgentInputItem, RunContext, Session } from '@openai/agents';
import { readContext } from './binding.ts';
import { refuseConversations } from './conversations.ts';
import { EnvelopeBox } from './envelope-box.ts';
import { EnvelopeSession } from './envelope-session.ts';
import { Expiry } from './expiry.ts';
import { internalsOfPlain, markEncrypted } from './layers.ts';
import type { Maintenance } from './maintenance.ts';
import { assertEncryptionOptions, type EncryptedSessionOptions, toKeySource } from './options.ts';
import { SessionCipher } from './session-cipher.ts';
import { SessionKeys } from './session-keys.ts';
import { encryptStored, offerMembers, type Sealed } from './stored.ts';

/** Which session it is, of which only the id is known. */
async function identityOf(session: Session): Promise<OwnedId> {
  const sessionId = await session.getSessionId();
  assertSessionId(sessionId);
  return { owner: '', sessionId };
}

/** What an encrypted session offers around any session. */
class SealedSession implements Session, AsyncDisposable {
  readonly #sealed: Sealed;
  readonly #keys: SessionKeys;

  constructor(options: EncryptedSessionOptions) {
    assertEncryptionOptions(options);
    const { session } = options;
    refuseConversations(session);
    const internals = internalsOfPlain(session);
    const identity = async () => (internals ? splitKey(internals.key) : identityOf(session));
    this.#keys = new SessionKeys(toKeySource(options), identity, readContext(options.context));
    const box = new EnvelopeBox(this.#keys);
    const expiry = new Expiry(options);
    markEncrypted(this);
    if (internals === undefined) {
      this.#sealed = new EnvelopeSession(session, new SessionCipher(box, expiry));
      const acceptsRunContext: unknown = Reflect.get(session, 'acceptsRunContext');
      if (acceptsRunContext === true) Object.assign(this, { acceptsRunContext });
      return;
    }
    const { view, sealed, maintenance } = encryptStored(session, internals, box, expiry);
    this.#sealed = sealed;
    Object.assign(this, { session: view });
    offerMembers(this, maintenance);
    offerMembers(this, view);
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
   * True if no record is plain text. Does not tell whether the records decrypt. Needs no key, but for
   * a session with branches that a plain one has written to since: its new records are looked into.
   *
   * @throws SessionError `closed`
   */
  async isEncrypted(): Promise<boolean> {
    return this.#sealed.isEncrypted();
  }

  /** Closes this session, and lets go of its keys; the given one stays open. Later calls reject. */
  async close(options?: CloseOptions): Promise<void> {
    await this.#sealed.close(options);
    this.#keys.forget();
  }

  /** Closes this session, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/** What an encrypted session offers around a session over a store: what that offers, and more. */
type SealedMembers<TSession extends StoredSession> = Omit<TSession, keyof SealedSession> &
  Pick<Maintenance, 'rotate' | 'purgeExpired' | 'encryptExisting'> & {
    /** The given session seen through the encryption. */
    readonly session: TSession;
  };

/**
 * A session that stores ciphertext only, around any session.
 *
 * Around a session over a store, such as `SQLiteSession`, it offers every method of that session, those
 * for branches and usage included, and the store holds envelopes instead of items. Around any other session the envelopes travel as items of
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
export type EncryptedSession<TSession extends Session = Session> = SealedSession &
  (TSession extends StoredSession ? SealedMembers<TSession> : { readonly session: undefined });

/** Makes an {@link EncryptedSession}, whose type follows that of the given session. */
export interface EncryptedSessionConstructor {
  /**
   * Uses neither session nor keys yet: the first call does.
   *
   * @throws SessionError `invalid_options`, also for a session that is encrypted already; `unsupported`
   * for a session on the Conversations API, and for one over a store with methods of its own
   */
  new <TSession extends Session = Session>(
    options: EncryptedSessionOptions<TSession>,
  ): EncryptedSession<TSession>;
  /** For `instanceof`. */
  readonly prototype: EncryptedSession;
}

/** The class of encrypted sessions. */
export const EncryptedSession: EncryptedSessionConstructor =
  // A class cannot say that its members follow a type parameter.
  SealedSession as unknown as EncryptedSessionConstructor;
