import type { AgentInputItem, Session } from '@openai/agents';

/** Histories as JSON text, by session id; what all instances share. */
export type Histories = Map<string, string[]>;

/**
 * A session with nothing but the five methods, written without this project's core: the suite passes
 * on more than on its own code. JSON text keeps no bytes, so those are marked.
 */
export class PlainSession implements Session {
  readonly histories: Histories;
  readonly id: string;

  constructor(histories: Histories, id: string) {
    if (id === '' || id.includes('\0') || !id.isWellFormed() || Buffer.byteLength(id) > 512) {
      throw new Error('The session id is not valid.');
    }
    this.histories = histories;
    this.id = id;
  }

  /** The history as it is stored. */
  get texts(): readonly string[] {
    return this.histories.get(this.id) ?? [];
  }

  set texts(texts: readonly string[]) {
    this.histories.set(this.id, [...texts]);
  }

  async getSessionId(): Promise<string> {
    return this.id;
  }

  async getItems(limit?: number): Promise<AgentInputItem[]> {
    const { texts } = this;
    if (limit === undefined || limit === Number.POSITIVE_INFINITY) return texts.map(decode);
    if (!Number.isInteger(limit)) throw new Error('The limit is not valid.');
    return limit <= 0 ? [] : texts.slice(-limit).map(decode);
  }

  async addItems(items: AgentInputItem[]): Promise<void> {
    const added = items.map(encode);
    if (added.length > 0) this.texts = [...this.texts, ...added];
  }

  async popItem(): Promise<AgentInputItem | undefined> {
    const text = this.histories.get(this.id)?.pop();
    return text === undefined ? undefined : decode(text);
  }

  async clearSession(): Promise<void> {
    this.histories.delete(this.id);
  }
}

const BYTES = '\ufffebytes:';

/** The text of an item; throws for what JSON would drop, cannot hold, or could not read again. */
export function encode(item: AgentInputItem): string {
  const text = JSON.stringify(item, function replace(this: unknown, key, value: unknown) {
    if (typeof value === 'function' || typeof value === 'symbol') throw new Error('not JSON');
    // A Buffer has already become something else in `value`.
    const raw: unknown = Reflect.get(Object(this), key);
    return raw instanceof Uint8Array ? BYTES + Buffer.from(raw).toString('base64') : value;
  });
  decode(text);
  return text;
}

/** The item of a text. */
export function decode(text: string): AgentInputItem {
  return JSON.parse(text, (_key, value: unknown) =>
    typeof value === 'string' && value.startsWith(BYTES)
      ? new Uint8Array(Buffer.from(value.slice(BYTES.length), 'base64'))
      : value,
  ) as AgentInputItem;
}
