import { assertOptions, type OptionChecks } from '@agent-sessions/core/backend';
import { isKeyId } from '../envelope.ts';
import { invalidOptions, keyUnavailable } from '../failures.ts';
import type { KeySource, MasterKey } from './key-source.ts';
import { assertPassphrase, keyFromPassphrase } from './passphrase.ts';
import { readSecretKey } from './secret-key.ts';

/** 32 bytes: raw, as 64 hexadecimal digits, or as 44 characters of base64. */
export type SecretKey = Uint8Array | string;

/** Keys by id: new records are sealed with the current one, and each opens what it sealed. */
export interface KeyRing {
  /** The id of the key that new records are sealed with. */
  readonly current: string;
  /**
   * The keys, by id: 1 to 512 visible ASCII characters without `"` and `\`. The key of the option
   * `key` has the id `key`, and that of `passphrase` the id `passphrase`.
   */
  readonly ring: Readonly<
    Record<
      string,
      | SecretKey
      | {
          /** What a person remembers, instead of a key. */
          readonly passphrase: string;
        }
    >
  >;
}

const checks: OptionChecks<KeyRing> = {
  // They are read, and refused, together.
  current: () => undefined,
  ring: () => undefined,
};

type Entry = (identity: string) => MasterKey | Promise<MasterKey>;

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
    this.#current = current;
  }

  current(identity: string): MasterKey | Promise<MasterKey> {
    return this.find(this.#current, identity);
  }

  find(kid: string, identity: string): MasterKey | Promise<MasterKey> {
    const entry = this.#keys.get(kid);
    if (entry === undefined) throw keyUnavailable(kid);
    return entry(identity);
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
  if (typeof entry === 'object' && entry !== null && 'passphrase' in entry) {
    const { passphrase } = entry;
    assertPassphrase(passphrase, option ?? `the passphrase of ${name}`);
    const derive = async (identity: string) => keyFromPassphrase(passphrase, identity);
    return [kid, async (identity) => ({ kid, key: await derive(identity) })];
  }
  const master = { kid, key: readSecretKey(entry, name) };
  return [kid, () => master];
}
