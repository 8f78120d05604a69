import { isSettledWithin } from '@agent-sessions/core/backend';
import { isKeyId } from '../envelope.ts';
import { invalidOptions, keyUnavailable } from '../failures.ts';
import { KeyCache } from './key-cache.ts';
import type { SecretKey } from './key-ring.ts';
import type { KeySource, MasterKey } from './key-source.ts';
import { readSecretKey } from './secret-key.ts';

/** A key with its id. */
export interface ProvidedKey {
  /** Its id: 1 to 512 visible ASCII characters without `"` and `\`. */
  readonly kid: string;
  /** The key itself. */
  readonly key: SecretKey;
  /** As on a ring: `ledger` for a key that opens no record any more. Default: it opens records. */
  readonly use?: 'ledger';
}

/**
 * Gets keys from elsewhere, such as a key management service. Called without an id it gives the key
 * to seal with; called with an id it gives that key, or `undefined` if there is none. If it throws or
 * gives none, or takes longer than ten seconds, the call on the session rejects with `key_unavailable`.
 */
export type KeyProvider = (
  kid?: string,
) => ProvidedKey | undefined | Promise<ProvidedKey | undefined>;

/** How long a provider may take to answer, in milliseconds. */
const PROVIDER_TIMEOUT_MS = 10_000;

/** So many keys of one provider are remembered, for so long: a key that was revoked works no longer. */
const REMEMBERED = { maxEntries: 1000, maxAgeMs: 5 * 60 * 1000 };

/** By provider, as a server makes a session a request. */
const caches = new WeakMap<KeyProvider, KeyCache<MasterKey>>();

/** No key has this id. */
const CURRENT = '';

/** A provider as a source of keys. */
export class ProviderSource implements KeySource {
  readonly #provider: KeyProvider;
  readonly #timeoutMs: number;
  readonly #cache: KeyCache<MasterKey>;

  /**
   * @param timeoutMs - How long the provider may take to answer.
   * @throws SessionError `invalid_options`
   */
  constructor(provider: KeyProvider, timeoutMs: number = PROVIDER_TIMEOUT_MS) {
    if (typeof provider !== 'function') throw invalidOptions('`keyProvider` is not a function');
    this.#provider = provider;
    this.#timeoutMs = timeoutMs;
    this.#cache = caches.get(provider) ?? new KeyCache(REMEMBERED);
    caches.set(provider, this.#cache);
  }

  current(): Promise<MasterKey> {
    return this.#cache.get(CURRENT, () => this.#ask());
  }

  find(kid: string): Promise<MasterKey> {
    return this.#cache.get(kid, () => this.#ask(kid));
  }

  async #ask(kid?: string): Promise<MasterKey> {
    const provided = await this.#call(kid);
    // Thrown, so that it is not remembered: the key may be on its way.
    if (!provided) throw keyUnavailable(kid);
    if (!isKeyId(provided.kid) || (kid !== undefined && provided.kid !== kid)) {
      throw invalidOptions(
        '`keyProvider` gave a key with another id than it was asked for, or an invalid one',
      );
    }
    const { use } = provided;
    if (use !== undefined && (use !== 'ledger' || kid === undefined)) {
      throw invalidOptions(
        "`keyProvider` gave a key with a `use` other than 'ledger', or one for the ledger to seal with",
      );
    }
    const key = readSecretKey(provided.key, 'what `keyProvider` gave');
    return { kid: provided.kid, key, use };
  }

  async #call(kid?: string): Promise<ProvidedKey | undefined> {
    try {
      const asked = Promise.resolve(kid === undefined ? this.#provider() : this.#provider(kid));
      if (await isSettledWithin(this.#timeoutMs, asked)) return await asked;
    } catch (cause) {
      throw keyUnavailable(kid, cause);
    }
    // Not remembered either: the next call asks again.
    throw keyUnavailable(kid, new Error(`no answer within ${this.#timeoutMs} ms`));
  }
}
