import { createCipheriv, createDecipheriv, type KeyObject } from 'node:crypto';
import { ENVELOPE_VERSION, type Envelope } from './envelope.ts';

const CIPHER = 'aes-256-gcm';
const TAG_BYTES = 16;
const TIME_BYTES = 8;

/** Seals and opens the records of one session with one key: AES-256-GCM (NIST SP 800-38D). */
export class RecordKey {
  readonly kid: string;
  readonly #key: KeyObject;
  /** What is authenticated besides the text; the time is filled in for each record. */
  readonly #associated: Buffer;

  constructor(kid: string, identity: string, key: KeyObject) {
    this.kid = kid;
    this.#key = key;
    // Unambiguous: neither session ids, nor owners, nor key ids contain NUL, and the time has a fixed length.
    const fields = ['agent-sessions/envelope', ENVELOPE_VERSION, identity, kid, ''].join('\0');
    this.#associated = Buffer.concat([Buffer.from(fields), Buffer.alloc(TIME_BYTES)]);
  }

  /** @param iv - Random, for no vector may ever be used twice with one key. */
  seal(text: string, ts: number, iv: Buffer): Envelope {
    const cipher = createCipheriv(CIPHER, this.#key, iv);
    cipher.setAAD(this.#associatedAt(ts));
    const body = cipher.update(text, 'utf8');
    cipher.final();
    const bytes = Buffer.allocUnsafe(body.length + TAG_BYTES);
    body.copy(bytes);
    cipher.getAuthTag().copy(bytes, body.length);
    return { kid: this.kid, iv: iv.toString('base64'), ts, ct: bytes.toString('base64') };
  }

  /** @throws Error if the envelope is not exactly as this key sealed it */
  open({ iv, ts, ct }: Envelope): string {
    const bytes = Buffer.from(ct, 'base64');
    // Decoding is lenient: several texts stand for the same bytes, and only one of them was sealed.
    if (bytes.toString('base64') !== ct) throw new Error('The ciphertext is not base64.');
    if (bytes.length < TAG_BYTES) throw new Error('The ciphertext is shorter than its tag.');
    const decipher = createDecipheriv(CIPHER, this.#key, Buffer.from(iv, 'base64'));
    decipher.setAAD(this.#associatedAt(ts));
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
    const body = decipher.update(bytes.subarray(0, -TAG_BYTES));
    decipher.final();
    return body.toString('utf8');
  }

  #associatedAt(ts: number): Buffer {
    const start = this.#associated.length - TIME_BYTES;
    this.#associated.writeUInt32BE(Math.floor(ts / 2 ** 32), start);
    this.#associated.writeUInt32BE(ts % 2 ** 32, start + 4);
    return this.#associated;
  }
}
