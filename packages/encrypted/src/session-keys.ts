import { createHmac, hkdfSync, type KeyObject } from 'node:crypto';
import type { OwnedId } from '@agent-sessions/core/backend';
import { bindingOf } from './binding.ts';
import type { KeySource, KeyUse, MasterKey } from './keys/key-source.ts';
import { takeKey } from './keys/secret-key.ts';
import { RecordKey } from './record-key.ts';

const KEY_BYTES = 32;
/** Two keys with the same commitment take 2^96 attempts; and 24 bytes have one spelling in base64. */
const COMMITMENT_BYTES = 24;

const INFO = {
  record: 'agent-sessions/record-key/1',
  commitment: 'agent-sessions/commitment/1',
  fingerprint: 'agent-sessions/fingerprint-key/1',
};

/** What is derived from one master key for one session. */
export interface DerivedKeys {
  readonly kid: string;
  readonly record: RecordKey;
  /** For HMAC-SHA256. */
  readonly fingerprint: KeyObject;
  readonly use: KeyUse | undefined;
}

/** Which session it is, and what its records are bound to. */
interface Bound {
  readonly sessionId: string;
  readonly binding: Buffer;
}

/** The keys of one session, by key id; each is derived once. */
export class SessionKeys {
  readonly #source: KeySource;
  readonly #askIdentity: () => Promise<OwnedId>;
  readonly #context: ReadonlyMap<string, string>;
  /** By master key: what the source lets go of is forgotten here as well. */
  #derived = new WeakMap<KeyObject, DerivedKeys>();
  #bound: Bound | undefined;

  /** @param identity - Whose session it is, and which. */
  constructor(
    source: KeySource,
    identity: () => Promise<OwnedId>,
    context: ReadonlyMap<string, string>,
  ) {
    this.#source = source;
    this.#askIdentity = identity;
    this.#context = context;
  }

  /**
   * The session's id, for errors.
   *
   * @throws SessionError `invalid_session_id`
   */
  async sessionId(): Promise<string> {
    const { sessionId } = this.#bound ?? (await this.#bind());
    return sessionId;
  }

  /** The keys to seal with. */
  async current(): Promise<DerivedKeys> {
    const { binding } = this.#bound ?? (await this.#bind());
    return this.#derive(await this.#source.current(binding), binding);
  }

  /** @throws SessionError `key_unavailable` if there is no key of this id */
  async find(kid: string): Promise<DerivedKeys> {
    const { binding } = this.#bound ?? (await this.#bind());
    return this.#derive(await this.#source.find(kid, binding), binding);
  }

  /** Lets go of the derived keys; what is still under way derives them again. */
  forget(): void {
    this.#derived = new WeakMap();
  }

  async #bind(): Promise<Bound> {
    const identity = await this.#askIdentity();
    const binding = bindingOf(identity, this.#context);
    this.#bound = { sessionId: identity.sessionId, binding };
    return this.#bound;
  }

  #derive(master: MasterKey, binding: Buffer): DerivedKeys {
    const known = this.#derived.get(master.key);
    // One key may go by two ids.
    if (known?.kid === master.kid && known.use === master.use) return known;
    const derived = deriveKeys(master, binding);
    this.#derived.set(master.key, derived);
    return derived;
  }
}

/** HKDF-SHA256 (RFC 5869) with what records are bound to as salt, which always has 32 bytes. */
export function deriveKeys({ kid, key, use }: MasterKey, binding: Uint8Array): DerivedKeys {
  const derive = (info: string, length: number) =>
    new Uint8Array(hkdfSync('sha256', key, binding, info, length));
  const commitment = derive(INFO.commitment, COMMITMENT_BYTES);
  return {
    kid,
    record: new RecordKey({
      kid,
      key: takeKey(derive(INFO.record, KEY_BYTES)),
      commitment,
      binding,
    }),
    fingerprint: takeKey(derive(INFO.fingerprint, KEY_BYTES)),
    use,
  };
}

/**
 * What the ledger keeps of a transaction: the key id, and an HMAC-SHA256 in hexadecimal. The operation is part of it,
 * so that neither equal transactions look equal nor an entry fits another operation.
 *
 * @param operation - 64 hexadecimal digits, so that what follows begins at a fixed place.
 */
export function fingerprintOf(
  text: string,
  operation: string,
  { kid, fingerprint }: Pick<DerivedKeys, 'kid' | 'fingerprint'>,
): string {
  const mac = createHmac('sha256', fingerprint).update(operation).update(text);
  return `${kid}:${mac.digest('hex')}`;
}

/** The key id in a fingerprint; `undefined` if it was made without a key. */
export function keyIdOfFingerprint(fingerprint: string): string | undefined {
  return /^(.+):[0-9a-f]{64}$/.exec(fingerprint)?.[1];
}
