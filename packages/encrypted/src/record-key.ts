import { createCipheriv, createDecipheriv, type KeyObject, timingSafeEqual } from 'node:crypto';
import { ENVELOPE_VERSION, type Envelope } from './envelope.ts';

const CIPHER = 'aes-256-gcm';
const TAG_BYTES = 16;
const TIME_BYTES = 8;

/** The length of an initialization vector. */
export const IV_BYTES = 12;

/** What the records of one session have in common that are sealed with one key. */
export interface RecordKeyParts {
  readonly kid: string;
  readonly key: KeyObject;
  /** Derived as the key is, and in every envelope: 24 bytes. */
  readonly commitment: Uint8Array;
  /** What the records are bound to: 32 bytes. */
  readonly binding: Uint8Array;
}

/**
 * Seals and opens the records of one session with one key: AES-256-GCM (NIST SP 800-38D), and a
 * commitment to the key, which GCM itself is not: one ciphertext can decrypt under two keys.
 */
export class RecordKey {
  readonly #kid: string;
  readonly #key: KeyObject;
  readonly #commitment: string;
  readonly #commitmentBytes: Buffer;
  // Filled anew for each record that is opened, for a buffer costs more than what goes into it.
  readonly #givenCommitment: Buffer;
  readonly #givenIv: Buffer = Buffer.alloc(IV_BYTES);
  /** What is authenticated besides the text; the time is filled in for each record. */
  readonly #associated: Buffer;

  constructor({ kid, key, commitment, binding }: RecordKeyParts) {
    this.#kid = kid;
    this.#key = key;
    this.#commitment = Buffer.from(commitment).toString('base64');
    this.#commitmentBytes = Buffer.from(this.#commitment);
    this.#givenCommitment = Buffer.alloc(this.#commitment.length);
    // Unambiguous: a key id does not contain NUL, and what follows has a fixed length.
    const label = ['agent-sessions/envelope', ENVELOPE_VERSION, kid, ''].join('\0');
    this.#associated = Buffer.concat([Buffer.from(label), binding, Buffer.alloc(TIME_BYTES)]);
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
    const ct = bytes.toString('base64');
    return { kid: this.#kid, kc: this.#commitment, iv: iv.toString('base64'), ts, ct };
  }

  /** @throws Error if the envelope is not exactly as this key sealed it */
  open({ kc, iv, ts, ct }: Envelope): string {
    // An envelope's text says how long both are.
    this.#givenCommitment.write(kc, 'latin1');
    if (!timingSafeEqual(this.#givenCommitment, this.#commitmentBytes)) {
      throw new Error('The commitment is to another key, session or context.');
    }
    const bytes = Buffer.from(ct, 'base64');
    // Decoding is lenient: several texts stand for the same bytes, and only one of them was sealed.
    if (bytes.toString('base64') !== ct) throw new Error('The ciphertext is not base64.');
    if (bytes.length < TAG_BYTES) throw new Error('The ciphertext is shorter than its tag.');
    this.#givenIv.write(iv, 'base64');
    const decipher = createDecipheriv(CIPHER, this.#key, this.#givenIv);
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
