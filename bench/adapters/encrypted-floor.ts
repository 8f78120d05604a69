import {
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import type { StoredSession } from '@agent-sessions/core';
import type { AgentInputItem } from '@openai/agents';

interface SealedText {
  readonly body: string;
  readonly tag: Buffer;
}

/**
 * The same session without encryption, and for each record one raw call of the cipher between its
 * JSON text and base64, as records are text: no envelope, no authenticated data, no checks.
 */
export class EncryptedFloor {
  readonly #plain: StoredSession;
  readonly #key: KeyObject;
  readonly #iv: Buffer = randomBytes(12);
  readonly #texts = new WeakMap<readonly AgentInputItem[], string[]>();
  #sealed: SealedText[] = [];

  constructor(plain: StoredSession, key: Uint8Array) {
    this.#plain = plain;
    this.#key = createSecretKey(key);
  }

  /** Seals what the plain session holds, for reading. */
  async prepare(): Promise<void> {
    const items = await this.#plain.getItems();
    this.#sealed = items.map((item) => this.#seal(JSON.stringify(item)));
  }

  async append(items: AgentInputItem[]): Promise<void> {
    for (const text of this.#textsOf(items)) this.#seal(text);
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

  #seal(text: string): SealedText {
    const cipher = createCipheriv('aes-256-gcm', this.#key, this.#iv);
    const body = cipher.update(text, 'utf8').toString('base64');
    cipher.final();
    return { body, tag: cipher.getAuthTag() };
  }

  #open({ body, tag }: SealedText): string {
    const decipher = createDecipheriv('aes-256-gcm', this.#key, this.#iv);
    decipher.setAuthTag(tag);
    const text = decipher.update(body, 'base64').toString();
    decipher.final();
    return text;
  }
}
