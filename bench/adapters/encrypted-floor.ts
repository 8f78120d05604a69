import {
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  type KeyObject,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto';
import type { StoredSession } from '@agent-sessions/core';
import type { AgentInputItem } from '@openai/agents';

interface SealedText {
  readonly iv: Buffer;
  readonly body: string;
  readonly tag: Buffer;
}

const IV_BYTES = 12;
/** As long as what an envelope authenticates. */
const ASSOCIATED = Buffer.alloc(70);
const COMMITMENT = Buffer.alloc(32);

/**
 * The same session without encryption, and for each record the cryptographic calls of an envelope, bare: the
 * cipher between its JSON text and base64, as records are text; vectors for a batch, and a commitment
 * to compare. No envelope, no checks.
 */
export class EncryptedFloor {
  readonly #plain: StoredSession;
  readonly #key: KeyObject;
  readonly #texts = new WeakMap<readonly AgentInputItem[], string[]>();
  #sealed: SealedText[] = [];

  constructor(plain: StoredSession, key: Uint8Array) {
    this.#plain = plain;
    this.#key = createSecretKey(key);
  }

  /** Seals what the plain session holds, for reading. */
  async prepare(): Promise<void> {
    const items = await this.#plain.getItems();
    this.#sealed = this.#sealAll(items.map((item) => JSON.stringify(item)));
  }

  async append(items: AgentInputItem[]): Promise<void> {
    this.#sealAll(this.#textsOf(items));
    await this.#plain.addItems(items);
  }

  async newest(limit: number): Promise<AgentInputItem[]> {
    for (const sealed of this.#sealed.slice(-limit)) this.#open(sealed);
    return this.#plain.getItems(limit);
  }

  async whole(): Promise<AgentInputItem[]> {
    for (const sealed of this.#sealed) this.#open(sealed);
    return this.#plain.getItems();
  }

  /** Made once: the plain session makes these texts anyway. */
  #textsOf(items: readonly AgentInputItem[]): string[] {
    const texts = this.#texts.get(items) ?? items.map((item) => JSON.stringify(item));
    this.#texts.set(items, texts);
    return texts;
  }

  #sealAll(texts: readonly string[]): SealedText[] {
    const vectors = randomBytes(texts.length * IV_BYTES);
    return texts.map((text, index) =>
      this.#seal(text, vectors.subarray(index * IV_BYTES, (index + 1) * IV_BYTES)),
    );
  }

  #seal(text: string, iv: Buffer): SealedText {
    const cipher = createCipheriv('aes-256-gcm', this.#key, iv);
    cipher.setAAD(ASSOCIATED);
    const body = cipher.update(text, 'utf8').toString('base64');
    cipher.final();
    return { iv, body, tag: cipher.getAuthTag() };
  }

  #open({ iv, body, tag }: SealedText): string {
    timingSafeEqual(COMMITMENT, COMMITMENT);
    const decipher = createDecipheriv('aes-256-gcm', this.#key, iv);
    decipher.setAAD(ASSOCIATED);
    decipher.setAuthTag(tag);
    const text = decipher.update(body, 'base64').toString();
    decipher.final();
    return text;
  }
}
