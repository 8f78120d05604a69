import type { KeyObject } from 'node:crypto';

/** A key from which those of sessions are derived, and its id. */
export interface MasterKey {
  readonly kid: string;
  /** 32 bytes. The same object for the same key, as long as it is remembered. */
  readonly key: KeyObject;
}

/** Where keys come from. */
export interface KeySource {
  /** The key that new records are sealed with. */
  current(identity: string): MasterKey | Promise<MasterKey>;
  /** @throws SessionError `key_unavailable` if there is no key of this id */
  find(kid: string, identity: string): MasterKey | Promise<MasterKey>;
}
