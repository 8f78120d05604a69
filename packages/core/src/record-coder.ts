import { createHash } from 'node:crypto';
import type { AgentInputItem } from '@openai/agents-core';
import type { RecordCipher } from './cipher.ts';
import { decodeItem } from './codec.ts';
import { SessionError } from './errors.ts';

/** How many records are decrypted at once: of a long history, not everything is held three times. */
const CHUNK = 1000;

/** A record that was read: an item, or `damaged`, or `hidden` by the cipher. */
export type Decoded = AgentInputItem | 'damaged' | 'hidden';

/** Turns texts of items into records and back, through the cipher if there is one. */
export class RecordCoder {
  readonly #cipher: RecordCipher | undefined;
  readonly #maxRecordBytes: number;

  constructor(cipher: RecordCipher | undefined, maxRecordBytes: number | undefined) {
    this.#cipher = cipher;
    this.#maxRecordBytes = maxRecordBytes ?? Number.POSITIVE_INFINITY;
  }

  /** @throws SessionError `item_too_large`, before anything is sent */
  async encode(texts: readonly string[]): Promise<readonly string[]> {
    // Also for no records at all: with a wrong key the cipher refuses those too.
    const records = this.#cipher === undefined ? texts : await this.#cipher.seal(texts);
    for (const [index, record] of records.entries()) this.#assertFits(record, index);
    return records;
  }

  /** Decodes records; lets go of each text of the array as it goes. */
  async decode(records: string[]): Promise<Decoded[]> {
    const decoded: Decoded[] = [];
    const cipher = this.#cipher;
    if (cipher === undefined) {
      for (let index = 0; index < records.length; index += 1) {
        decoded.push(decodeItem(records[index] ?? '') ?? 'damaged');
        records[index] = '';
      }
      return decoded;
    }
    for (let start = 0; start < records.length; start += CHUNK) {
      const end = Math.min(start + CHUNK, records.length);
      const texts = await cipher.unseal(records.slice(start, end));
      records.fill('', start, end);
      for (const text of texts) {
        decoded.push(text === undefined ? 'hidden' : (decodeItem(text) ?? 'damaged'));
      }
    }
    return decoded;
  }

  async fingerprint(text: string): Promise<string> {
    return this.#cipher === undefined ? sha256(text) : this.#cipher.fingerprint(text);
  }

  async isFingerprintOf(stored: string, text: string): Promise<boolean> {
    return this.#cipher === undefined
      ? stored === sha256(text)
      : this.#cipher.isFingerprintOf(stored, text);
  }

  #assertFits(record: string, index: number): void {
    // A UTF-16 unit takes at most three bytes of UTF-8, which settles it for almost every record.
    if (record.length * 3 <= this.#maxRecordBytes) return;
    const bytes = Buffer.byteLength(record);
    if (bytes <= this.#maxRecordBytes) return;
    throw new SessionError(
      'item_too_large',
      `items[${index}] is too large: ${bytes} bytes, and the backend takes ${this.#maxRecordBytes}. Nothing was written.`,
    );
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
