import type { KeyObject } from 'node:crypto';

/** What a key is still good for: `ledger` only recognizes operations, and opens no record. */
export type KeyUse = 'ledger';

/** A key from which those of sessions are derived, and its id. */
export interface MasterKey {
  readonly kid: string;
  /** 32 bytes. The same object for the same key, as long as it is remembered. */
  readonly key: KeyObject;
  /** Default: everything. */
  readonly use?: KeyUse | undefined;
}

/** Where keys come from. `binding` is what the records of a session are bound to, as 32 bytes. */
export interface KeySource {
  /** The key that new records are sealed with. */
  current(binding: Uint8Array): MasterKey | Promise<MasterKey>;
  /** @throws SessionError `key_unavailable` if there is no key of this id */
  find(kid: string, binding: Uint8Array): MasterKey | Promise<MasterKey>;
}
