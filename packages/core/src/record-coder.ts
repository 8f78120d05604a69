import { createHash } from 'node:crypto';
import type { AgentInputItem } from '@openai/agents';
import type { RecordCipher } from './cipher.ts';
import { decodeItem, decodeUnsealed } from './codec.ts';
import { SessionError } from './errors.ts';

/** How many records are decrypted at once: of a long history, not everything is held three times. */
const CHUNK = 1000;

/** A record that was read: an item, or `damaged`, or `hidden` by the cipher. */
export type Decoded = AgentInputItem | 'damaged' | 'hidden';

/** Turns texts of items into records and back, through the cipher if there is one. */
export class RecordCoder {
  readonly #cipher: RecordCipher | undefined;
  readonly #maxRecordBytes: number;
  readonly #sessionId: string;

  /** @param sessionId - For errors. */
  constructor(
    cipher: RecordCipher | undefined,
    maxRecordBytes: number | undefined,
    sessionId: string,
  ) {
    this.#cipher = cipher;
    this.#maxRecordBytes = maxRecordBytes ?? Number.POSITIVE_INFINITY;
    this.#sessionId = sessionId;
  }

  /**
   * Without a cipher at once, for a promise of its own costs more than the work.
   *
   * @throws SessionError `item_too_large`, before anything is sent
   */
  encode(texts: readonly string[]): readonly string[] | Promise<readonly string[]> {
    // The cipher is asked also for no records at all: with a wrong key it refuses those too.
    if (this.#cipher !== undefined) return this.#seal(this.#cipher, texts);
    this.#assertFit(texts);
    return texts;
  }

  /**
   * Decodes records, without a cipher at once; lets go of each text of the array as it goes.
   *
   * @throws SessionError what the cipher throws, and `damaged_record` for what decrypts to no item
   */
  decode(records: string[]): Decoded[] | Promise<Decoded[]> {
    if (this.#cipher !== undefined) return this.#unseal(this.#cipher, records);
    const decoded: Decoded[] = [];
    for (let index = 0; index < records.length; index += 1) {
      decoded.push(decodeItem(records[index] ?? '') ?? 'damaged');
      records[index] = '';
    }
    return decoded;
  }

  async fingerprint(text: string, operation: string): Promise<string> {
    return this.#cipher === undefined ? sha256(text) : this.#cipher.fingerprint(text, operation);
  }

  async isFingerprintOf(stored: string, text: string, operation: string): Promise<boolean> {
    return this.#cipher === undefined
      ? stored === sha256(text)
      : this.#cipher.isFingerprintOf(stored, text, operation);
  }

  /** To be told when the session is cleared. */
  cleared(): void {
    this.#cipher?.cleared();
  }

  async #seal(cipher: RecordCipher, texts: readonly string[]): Promise<readonly string[]> {
    const records = await cipher.seal(texts);
    this.#assertFit(records);
    return records;
  }

  async #unseal(cipher: RecordCipher, records: string[]): Promise<Decoded[]> {
    const decoded: Decoded[] = [];
    for (let start = 0; start < records.length; start += CHUNK) {
      const end = Math.min(start + CHUNK, records.length);
      const texts = await cipher.unseal(records.slice(start, end));
      records.fill('', start, end);
      for (const text of texts) {
        decoded.push(text === undefined ? 'hidden' : decodeUnsealed(text, this.#sessionId));
      }
    }
    return decoded;
  }

  #assertFit(records: readonly string[]): void {
    // A UTF-16 unit takes at most three bytes of UTF-8, which settles it for almost every record.
    const index = records.findIndex(
      (record) =>
        record.length * 3 > this.#maxRecordBytes &&
        Buffer.byteLength(record) > this.#maxRecordBytes,
    );
    if (index === -1) return;
    const bytes = Buffer.byteLength(records[index] ?? '');
    throw new SessionError(
      'item_too_large',
      `items[${index}] is too large: ${bytes} bytes, and the backend takes ${this.#maxRecordBytes}. Nothing was written.`,
    );
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
