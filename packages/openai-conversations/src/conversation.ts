import { type AgentInputItem, getLogger } from '@openai/agents';
import { append } from './api/append.ts';
import { type ClearProgress, clear } from './api/clear.ts';
import type { ConversationsApi } from './api/conversations-api.ts';
import { type Known, readAll, readNewest } from './api/read.ts';
import { fromWire } from './convert/from-wire.ts';
import type { Outgoing } from './convert/to-wire.ts';
import type { WireItem } from './wire.ts';

/** By so many items a session remembers how far it knows the conversation: a page of the API. */
const MAX_KNOWN = 100;
/** So many are looked at for it before a first write: should the newest be deleted, others are left. */
const KNOWN_BEFORE_WRITE = 10;

/** A conversation, and what is known of it. */
export class Conversation {
  readonly id: string;
  #known: Known | undefined;
  readonly #unknownFields: Set<string>;

  /**
   * @param unknownFields - Fields that the API refused, as `type.path`: they are not sent again.
   * @param known - The newest items, `undefined` if they are not known.
   */
  constructor(id: string, unknownFields: Set<string>, known?: Known) {
    this.id = id;
    this.#unknownFields = unknownFields;
    this.#known = known;
  }

  async read(api: ConversationsApi, limit: number | undefined): Promise<WireItem[]> {
    const items = await (limit === undefined
      ? readAll(api, this.id)
      : readNewest(api, this.id, limit));
    this.#known = knownOf(items, limit);
    return items;
  }

  async append(api: ConversationsApi, items: readonly Outgoing[]): Promise<void> {
    const known = this.#known ?? (await this.#look(api));
    this.#known = undefined;
    const refused = new Set<string>();
    const { id: conversationId } = this;
    const unknown = { fields: this.#unknownFields, refused };
    const ids = [...known.ids, ...(await append({ api, conversationId, known, unknown }, items))];
    const isAll = known.isAll && ids.length <= MAX_KNOWN;
    this.#known = { ids: ids.slice(-MAX_KNOWN), isAll };
    if (refused.size > 0) {
      warn(
        `the API does not know these fields, so they are not stored: ${[...refused].join(', ')}.`,
      );
    }
  }

  /** Removes the newest item and returns it, `undefined` if there is none, `contested` if it is gone. */
  async pop(api: ConversationsApi): Promise<AgentInputItem | undefined | 'contested'> {
    const before = this.#known?.ids ?? [];
    const [newest] = await this.read(api, 1);
    if (newest === undefined) return undefined;
    const item = await fromWire(newest);
    this.#known = undefined;
    if ((await api.deleteItem(this.id, String(newest.id))) === 'gone') return 'contested';
    if (before.length > 1 && before.at(-1) === newest.id) {
      this.#known = { ids: before.slice(0, -1), isAll: false };
    }
    return item;
  }

  async clear(api: ConversationsApi, onProgress: (progress: ClearProgress) => void): Promise<void> {
    this.#known = undefined;
    await clear(api, this.id, onProgress);
  }

  async #look(api: ConversationsApi): Promise<Known> {
    const limit = KNOWN_BEFORE_WRITE;
    const page = await api.page(this.id, { order: 'desc', limit, idsOnly: true });
    return knownOf(page.items.toReversed(), limit);
  }
}

/** Tells what is not an error. */
export function warn(message: string): void {
  getLogger('agent-sessions').warn(`Conversations session: ${message}`);
}

/** What is known after a read of that many items, or of all. */
function knownOf(items: readonly WireItem[], limit: number | undefined): Known {
  const ids = items.slice(-MAX_KNOWN).map(({ id }) => String(id));
  return { ids, isAll: ids.length === items.length && items.length < (limit ?? MAX_KNOWN + 1) };
}
