import { assertOptions, expecting, type OptionChecks } from '@agent-sessions/core/backend';
import type { Session } from '@openai/agents';
import type { EncryptionContext } from './binding.ts';
import type { ExpiryOptions } from './expiry.ts';
import { invalidOptions } from './failures.ts';
import { type KeyProvider, ProviderSource } from './keys/key-provider.ts';
import { type KeyRing, RingSource, type SecretKey } from './keys/key-ring.ts';
import type { KeySource } from './keys/key-source.ts';

/** Exactly one of these. */
export type KeyOptions =
  | {
      /** One key of 32 bytes, with the id `key`. */
      readonly key: SecretKey;
      readonly keys?: never;
      readonly keyProvider?: never;
      readonly passphrase?: never;
    }
  | {
      /** Several keys, for rotation. */
      readonly keys: KeyRing;
      readonly key?: never;
      readonly keyProvider?: never;
      readonly passphrase?: never;
    }
  | {
      /**
       * Gets keys, such as from a key management service. Use one function for all sessions: what it
       * gives is remembered for 5 minutes, up to 1 000 keys.
       */
      readonly keyProvider: KeyProvider;
      readonly key?: never;
      readonly keys?: never;
      readonly passphrase?: never;
    }
  | {
      /**
       * What a person remembers, with the id `passphrase`. The first call on each session takes about
       * half a second and 128 MiB.
       */
      readonly passphrase: string;
      readonly key?: never;
      readonly keys?: never;
      readonly keyProvider?: never;
    };

/** Options of an encrypted session. */
export type EncryptedSessionOptions<TSession extends Session = Session> = KeyOptions &
  ExpiryOptions & {
    /** The session to encrypt. It stays open when the encrypted one is closed. */
    readonly session: TSession;
    /**
     * What records are bound to besides the session's owner and id, such as `{ tenant: 'acme' }`. It goes
     * into the keys and is not stored: with another context nothing opens, so it must never change.
     * Default: nothing.
     */
    readonly context?: EncryptionContext;
  };

/** What options look like, for errors. */
const EXAMPLE = '{ session, key }';

const checks: OptionChecks<EncryptedSessionOptions> = {
  session: expecting(
    'a session',
    (value) => typeof value === 'object' && value !== null && 'getItems' in value,
  ),
  // Each is read, and refused, by what uses it.
  key: isGiven,
  keys: isGiven,
  keyProvider: isGiven,
  passphrase: isGiven,
  context: (value) =>
    value === undefined ? 'is undefined. Pass an object of texts, or leave it out' : undefined,
  ttlSeconds: () => undefined,
  now: () => undefined,
};

/** @throws SessionError `invalid_options` */
export function assertEncryptionOptions(
  options: unknown,
): asserts options is EncryptedSessionOptions {
  const of = 'EncryptedSession';
  assertOptions<EncryptedSessionOptions>(options, { of, example: EXAMPLE, checks });
  if (options.session === undefined) {
    throw invalidOptions('`session` is missing. Pass the session to encrypt');
  }
}

/** @throws SessionError `invalid_options` unless there is exactly one kind of key, and a valid one */
export function toKeySource({ key, keys, keyProvider, passphrase }: KeyOptions): KeySource {
  const given = [key, keys, keyProvider, passphrase].filter((option) => option !== undefined);
  if (given.length !== 1) {
    throw invalidOptions('pass exactly one of `key`, `keys`, `keyProvider` and `passphrase`');
  }
  if (keyProvider !== undefined) return new ProviderSource(keyProvider);
  if (keys !== undefined) return new RingSource(keys);
  if (key !== undefined) return new RingSource({ current: 'key', ring: { key } }, '`key`');
  const ring = { passphrase: { passphrase } };
  return new RingSource({ current: 'passphrase', ring }, '`passphrase`');
}

/** A key that is `undefined` was meant to be there. */
function isGiven(value: unknown): string | undefined {
  return value === undefined ? 'is undefined. Pass a key, or leave it out' : undefined;
}
