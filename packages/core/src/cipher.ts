/**
 * What encrypts the records of one session. It works on the JSON text of items, between the codec and
 * the store, so that everything a session does (transactions, mutations, compaction) goes on working
 * and the store holds ciphertext only.
 */
export interface RecordCipher {
  /** Encrypts texts, one record each, in order. */
  seal(texts: readonly string[]): Promise<string[]>;

  /**
   * Decrypts records. `undefined` stands for one that is to be passed over though it is sound, as
   * when its time is up; like a damaged one it is never destroyed by passing it over.
   *
   * @throws SessionError `decryption_failed`, `not_encrypted`, `key_unavailable`. Then the whole call
   * fails: a wrong key must not look like an empty history.
   */
  unseal(records: readonly string[]): Promise<(string | undefined)[]>;

  /**
   * What the ledger keeps of a transaction: it tells nothing about it, not even whether another
   * operation had the same one.
   *
   * @param operation - The operation's key, 64 hexadecimal digits.
   */
  fingerprint(text: string, operation: string): Promise<string>;

  /** True if the stored fingerprint was made of this text for this operation. */
  isFingerprintOf(stored: string, text: string, operation: string): Promise<boolean>;

  /** The session is being cleared: what was read of it says nothing about what comes after. */
  cleared(): void;
}
