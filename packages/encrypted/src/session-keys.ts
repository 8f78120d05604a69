import { createHmac, createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';
import { splitKey } from '@agent-sessions/core/backend';
import type { KeySource, MasterKey } from './keys/key-source.ts';
import { RecordKey } from './record-key.ts';

const RECORD_INFO = 'agent-sessions/record-key/1';
const FINGERPRINT_INFO = 'agent-sessions/fingerprint-key/1';

/** What is derived from one master key for one session. */
export interface DerivedKeys {
  readonly kid: string;
  readonly record: RecordKey;
  /** For HMAC-SHA256. */
  readonly fingerprint: KeyObject;
}

/** The keys of one session, by key id; each is derived once. */
export class SessionKeys {
  readonly #source: KeySource;
  readonly #askIdentity: () => Promise<string>;
  /** By master key: what the source lets go of is forgotten here as well. */
  readonly #derived = new WeakMap<KeyObject, DerivedKeys>();
  #identity: string | undefined;

  /** @param identity - What records are bound to: whose session it is, and which, as one text. */
  constructor(source: KeySource, identity: () => Promise<string>) {
    this.#source = source;
    this.#askIdentity = identity;
  }

  /**
   * The session's id, for errors.
   *
   * @throws SessionError `invalid_session_id`
   */
  async sessionId(): Promise<string> {
    return splitKey(this.#identity ?? (await this.#ask())).sessionId;
  }

  /** The keys to seal with. */
  async current(): Promise<DerivedKeys> {
    const identity = this.#identity ?? (await this.#ask());
    return this.#derive(await this.#source.current(identity), identity);
  }

  /** @throws SessionError `key_unavailable` if there is no key of this id */
  async find(kid: string): Promise<DerivedKeys> {
    const identity = this.#identity ?? (await this.#ask());
    return this.#derive(await this.#source.find(kid, identity), identity);
  }

  async #ask(): Promise<string> {
    this.#identity = await this.#askIdentity();
    return this.#identity;
  }

  #derive({ kid, key }: MasterKey, identity: string): DerivedKeys {
    const known = this.#derived.get(key);
    // One key may go by two ids.
    if (known?.kid === kid) return known;
    const derived = deriveKeys({ kid, key }, identity);
    this.#derived.set(key, derived);
    return derived;
  }
}

/** HKDF-SHA256 (RFC 5869) with the session's identity as salt: without an owner that is its id. */
export function deriveKeys({ kid, key }: MasterKey, identity: string): DerivedKeys {
  const derive = (info: string): KeyObject =>
    createSecretKey(new Uint8Array(hkdfSync('sha256', key, identity, info, 32)));
  return {
    kid,
    record: new RecordKey(kid, identity, derive(RECORD_INFO)),
    fingerprint: derive(FINGERPRINT_INFO),
  };
}

/** What the ledger of operations keeps of a text: the key id, and an HMAC-SHA256 in hexadecimal. */
export function fingerprintOf(text: string, { kid, fingerprint }: DerivedKeys): string {
  return `${kid}:${createHmac('sha256', fingerprint).update(text).digest('hex')}`;
}

/** The key id in a fingerprint; `undefined` if it was made without a key. */
export function keyIdOfFingerprint(fingerprint: string): string | undefined {
  return /^(.+):[0-9a-f]{64}$/.exec(fingerprint)?.[1];
}
