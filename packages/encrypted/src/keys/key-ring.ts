import { types } from 'node:util';
import {
  assertOptions,
  expecting,
  type OptionChecks,
  optional,
} from '@agent-sessions/core/backend';
import { isKeyId } from '../envelope.ts';
import { invalidOptions, keyUnavailable } from '../failures.ts';
import type { KeySource, MasterKey } from './key-source.ts';
import { assertPassphrase, keyFromPassphrase } from './passphrase.ts';
import { readSecretKey } from './secret-key.ts';

/** 32 bytes: raw, as 64 hexadecimal digits, or as 44 characters of base64. */
export type SecretKey = Uint8Array | string;

/** A key on a ring, and what it is for. */
export type RingKey = (
  | {
      /** The key itself. */
      readonly key: SecretKey;
      readonly passphrase?: never;
    }
  | {
      /** What a person remembers, instead of a key. */
      readonly passphrase: string;
      readonly key?: never;
    }
) & {
  /**
   * `ledger`: it only recognizes the operations that were applied under it, and opens no record. For an
   * old key once every record was rotated, as long as runs from before may be resumed. Default: it opens
   * records, too.
   */
  readonly use?: 'ledger';
};

/**
 * Keys by id. New records are sealed with the current one; every other one only opens what it sealed before.
 */
export interface KeyRing {
  /** The id of the key that new records are sealed with. */
  readonly current: string;
  /**
   * The keys, by id: 1 to 512 visible ASCII characters without `"` and `\`. The key of the option
   * `key` has the id `key`, and that of `passphrase` the id `passphrase`.
   */
  readonly ring: Readonly<Record<string, SecretKey | RingKey>>;
}

const checks: OptionChecks<KeyRing> = {
  // They are read, and refused, together.
  current: () => undefined,
  ring: () => undefined,
};

type Entry = (binding: Uint8Array) => MasterKey | Promise<MasterKey>;

const keyChecks: OptionChecks<RingKey> = {
  // They are read, and refused, together.
  key: () => undefined,
  passphrase: () => undefined,
  use: optional(expecting("'ledger'", (value) => value === 'ledger')),
};

/** A ring as a source of keys. */
export class RingSource implements KeySource {
  readonly #current: string;
  readonly #keys: ReadonlyMap<string, Entry>;

  /**
   * @param option - What errors call the only key. Default: by its id.
   * @throws SessionError `invalid_options`
   */
  constructor(keys: KeyRing, option?: string) {
    assertOptions<KeyRing>(keys, { of: '`keys`', example: '{ current, ring }', checks });
    const { current, ring }: Partial<KeyRing> = keys;
    if (typeof ring !== 'object' || ring === null) throw invalidOptions('`keys.ring` is missing');
    const entries = Object.entries(ring).map(([kid, key]) => readEntry(kid, key, option));
    this.#keys = new Map(entries);
    if (typeof current !== 'string' || !this.#keys.has(current)) {
      throw invalidOptions('`keys.current` is not the id of a key in `keys.ring`');
    }
    if (partsOf(ring[current]).use !== undefined) {
      throw invalidOptions("`keys.current` is the id of a key with `use: 'ledger'`");
    }
    this.#current = current;
  }

  current(binding: Uint8Array): MasterKey | Promise<MasterKey> {
    return this.find(this.#current, binding);
  }

  find(kid: string, binding: Uint8Array): MasterKey | Promise<MasterKey> {
    const entry = this.#keys.get(kid);
    if (entry === undefined) throw keyUnavailable(kid);
    return entry(binding);
  }
}

function readEntry(
  kid: string,
  entry: KeyRing['ring'][string],
  option: string | undefined,
): readonly [string, Entry] {
  if (!isKeyId(kid)) {
    throw invalidOptions(
      'an id in `keys.ring` is not 1 to 512 visible ASCII characters without " and \\',
    );
  }
  const name = option ?? `the key ${JSON.stringify(kid)}`;
  const parts = partsOf(entry);
  assertOptions<RingKey>(parts, { of: name, example: "{ key, use: 'ledger' }", checks: keyChecks });
  const { key, passphrase, use } = parts;
  if (passphrase === undefined) {
    const master = { kid, key: readSecretKey(key, name), use };
    return [kid, () => master];
  }
  if (key !== undefined) throw invalidOptions(`${name} is both a key and a passphrase`);
  assertPassphrase(passphrase, option ?? `the passphrase of ${name}`);
  const derive = (binding: Uint8Array) => keyFromPassphrase(passphrase, binding);
  return [kid, async (binding) => ({ kid, key: await derive(binding), use })];
}

/** A key alone is one for everything. */
function partsOf(entry: SecretKey | RingKey | undefined): Partial<RingKey> {
  const isParts = typeof entry === 'object' && entry !== null && !types.isUint8Array(entry);
  if (isParts && ['key', 'passphrase', 'use'].some((name) => name in entry)) return entry;
  return { key: entry as SecretKey };
}
