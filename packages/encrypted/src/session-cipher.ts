import { timingSafeEqual } from 'node:crypto';
import type { RecordCipher } from '@agent-sessions/core/backend';
import { parseEnvelope } from './envelope.ts';
import type { EnvelopeBox } from './envelope-box.ts';
import type { Expiry } from './expiry.ts';
import { notEncrypted } from './failures.ts';
import { fingerprintOf, keyIdOfFingerprint } from './session-keys.ts';

/** Reads the newest record of a session, if there is one. */
export type ReadNewest = () => Promise<readonly string[]>;

/** Encrypts the records of one session. */
export class SessionCipher implements RecordCipher {
  readonly #box: EnvelopeBox;
  readonly #expiry: Expiry;
  readonly #newest: ReadNewest | undefined;
  #fits = false;

  /** @param newest - For {@link assertFits} before the first record is sealed. */
  constructor(box: EnvelopeBox, expiry: Expiry, newest?: ReadNewest) {
    this.#box = box;
    this.#expiry = expiry;
    this.#newest = newest;
  }

  async seal(texts: readonly string[]): Promise<string[]> {
    if (this.#newest !== undefined && !this.#fits) await this.assertFits(this.#newest);
    const ts = this.#expiry.now();
    return this.#box.seal(texts.map((text) => ({ text, ts })));
  }

  async unseal(records: readonly string[]): Promise<(string | undefined)[]> {
    const opened = await this.#box.open(records);
    this.#fits ||= opened.length > 0;
    return opened.map(({ text, ts }) => (this.#expiry.isOver(ts) ? undefined : text));
  }

  async fingerprint(text: string, operation: string): Promise<string> {
    return fingerprintOf(text, operation, await this.#box.keys.current());
  }

  async isFingerprintOf(stored: string, text: string, operation: string): Promise<boolean> {
    const kid = keyIdOfFingerprint(stored);
    if (kid === undefined) {
      throw notEncrypted(await this.#box.keys.sessionId(), 'an entry of its ledger');
    }
    const computed = fingerprintOf(text, operation, await this.#box.keys.find(kid));
    return timingSafeEqual(Buffer.from(stored), Buffer.from(computed));
  }

  /** What comes next may be of anybody: it is looked at before the next record is sealed. */
  cleared(): void {
    this.#fits = false;
  }

  /**
   * Opens the newest record, unless one was opened already. An append reads nothing, so without this
   * a wrong key would leave records that nobody else can read, and an encrypted record would end up
   * among plain ones.
   *
   * @throws SessionError `not_encrypted`, `decryption_failed`, `key_unavailable`
   */
  async assertFits(newest: ReadNewest): Promise<void> {
    if (this.#fits) return;
    await this.#box.open(await newest());
    this.#fits = true;
  }
}

/** As {@link SessionCipher}, for whoever looks after the records: plain text is read as it is. */
export class MixedCipher extends SessionCipher {
  override async unseal(records: readonly string[]): Promise<(string | undefined)[]> {
    const isSealed = (record: string) => parseEnvelope(record) !== undefined;
    const opened = (await super.unseal(records.filter(isSealed))).values();
    return records.map((record) => (isSealed(record) ? opened.next().value : record));
  }
}
