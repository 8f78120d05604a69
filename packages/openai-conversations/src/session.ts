import { SessionError } from '@agent-sessions/core';
import {
  assertSessionId,
  inOrder,
  noteItemCount,
  retryUntil,
  traceOperation,
} from '@agent-sessions/core/adapter';
import { type AgentInputItem, getLogger } from '@openai/agents-core';
import { OpenAIConversationsSession as SdkConversationsSession } from '@openai/agents-openai';
import { append } from './api/append.ts';
import { ConversationsApi, MissingConversationError } from './api/conversations-api.ts';
import { readAll, readIds, readNewest } from './api/read.ts';
import { type ClientOptions, resolveClient } from './client.ts';
import { toComparable } from './convert/comparable.ts';
import { fromWire } from './convert/from-wire.ts';
import { prepareItems } from './convert/prepare.ts';
import { assertLimit, assertMetadata, assertOnMissing } from './options.ts';
import type { WireItem } from './wire/parse.ts';

/** How long a pop is repeated while others take the newest item first, in milliseconds. */
const POP_DEADLINE_MS = 10_000;

/** Options of {@link OpenAIConversationsSession}; all of the SDK's class, and two more. */
export interface OpenAIConversationsSessionOptions extends ClientOptions {
  /** An existing conversation. Default: a new one, created by the first write. */
  readonly conversationId?: string | undefined;
  /** For a conversation that this session creates: 16 pairs of 64 and 512 characters at most. */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  /**
   * What to do when the conversation was deleted. `error`: reject. `create`: read it as empty; the
   * first write creates a new one, with another id. Default: `error`.
   */
  readonly onMissingConversation?: 'error' | 'create' | undefined;
}

interface Conversation {
  readonly id: string;
  /** The newest item as far as is known; `null` if there is none, `undefined` if it is not known. */
  newest: string | null | undefined;
}

/**
 * A session that keeps its history in a conversation of OpenAI's Conversations API. It takes the
 * place of the SDK's class of the same name, of which it is a subclass, and passes for it.
 *
 * Calls on one instance take effect in the order in which they were made. Requests are repeated as
 * the client's `maxRetries` says, but a write is never sent again before its effect was looked for.
 *
 * @throws SessionError from every call that sends requests: `busy` for a rate limit or a lock that
 * outlasts the repetitions; `invalid_options` without an API key; `backend` for what the API refuses,
 * for no answer, and for a conversation that does not exist
 *
 * @example
 * ```ts
 * import { OpenAIConversationsSession } from '@agent-sessions/openai-conversations';
 * import { Agent, run } from '@openai/agents';
 *
 * const session = new OpenAIConversationsSession();
 * await run(new Agent({ name: 'Assistant' }), 'Hello', { session });
 * console.log(session.sessionId);
 * ```
 */
export class OpenAIConversationsSession extends SdkConversationsSession {
  readonly #api: ConversationsApi;
  readonly #metadata: Readonly<Record<string, string>> | undefined;
  readonly #createsMissing: boolean;
  #conversation: Conversation | undefined;

  /**
   * Sends no request yet: the first call does.
   *
   * @throws SessionError `invalid_options`, `invalid_session_id`
   */
  constructor(options: OpenAIConversationsSessionOptions = {}) {
    const { conversationId, metadata, onMissingConversation = 'error' } = options;
    const client = resolveClient(options);
    // The base class brands the instance, which other parts of the SDK look for. Its own client and
    // state are not used: every method that would is overridden here.
    super({ client });
    if (conversationId !== undefined) assertSessionId(conversationId);
    assertMetadata(metadata);
    assertOnMissing(onMissingConversation);
    this.#api = new ConversationsApi(client);
    this.#metadata = metadata;
    this.#createsMissing = onMissingConversation === 'create';
    if (conversationId !== undefined)
      this.#conversation = { id: conversationId, newest: undefined };
  }

  /** The conversation's id; `undefined` until there is one. */
  override get sessionId(): string | undefined {
    return this.#conversation?.id;
  }

  /**
   * The conversation's id. Creates the conversation if there is none: ids come from the server.
   *
   * @throws SessionError `busy`, `backend`
   */
  override getSessionId(): Promise<string> {
    return this.#inOrder('getSessionId', async () => (await this.#open()).id);
  }

  /**
   * The whole history in pages of 100, or the newest `limit` items with as few requests as possible;
   * oldest first. Never creates a conversation.
   *
   * @param limit - A whole number, or `Infinity` for everything; 0 or less gives `[]`. Default:
   * everything.
   * @throws SessionError `invalid_limit`, `busy`, `backend`
   */
  override async getItems(limit?: number): Promise<AgentInputItem[]> {
    if (limit === Number.POSITIVE_INFINITY) return this.getItems();
    if (limit !== undefined) assertLimit(limit);
    if (limit !== undefined && limit <= 0) return [];
    const items = await this.#inOrder('getItems', async () => this.#read(limit));
    return Promise.all(items.map(fromWire));
  }

  /**
   * Adds items, at most 20 a request. When a request fails, those before it are taken back, and the
   * error says whether that succeeded or which items are left.
   *
   * @throws SessionError `unsupported`, `invalid_item` or `item_too_large` for what the API cannot
   * store, before anything is sent; `busy`, `backend`; `conflict` if somebody else deleted the item by
   * which the effect of a request would be known
   */
  override async addItems(items: AgentInputItem[]): Promise<void> {
    const { wires, warning } = prepareItems(items);
    if (warning !== undefined) getLogger('agent-sessions').warn(warning);
    if (wires.length > 0) await this.#inOrder('addItems', () => this.#write(wires));
  }

  /**
   * Removes the newest item and returns it; `undefined` if there is none.
   *
   * @throws SessionError `busy`, `backend`; `conflict` if others take the newest item first during every
   * attempt for ten seconds
   */
  override async popItem(): Promise<AgentInputItem | undefined> {
    return this.#inOrder('popItem', async () => {
      const conversation = this.#conversation;
      if (conversation === undefined) return undefined;
      return retryUntil<AgentInputItem | undefined>(POP_DEADLINE_MS, async () => {
        const [newest] = await this.#read(1);
        if (newest === undefined) return { value: undefined };
        const value = await fromWire(newest);
        const outcome = await this.#api.deleteItem(conversation.id, String(newest.id));
        conversation.newest = undefined;
        return outcome === 'deleted' ? { value } : { retry: () => contested(conversation.id) };
      });
    });
  }

  /**
   * Deletes all items, newest first, one request each. The conversation and its id stay.
   *
   * @throws SessionError `busy`, `backend`; then the oldest items may be left
   */
  override async clearSession(): Promise<void> {
    await this.#inOrder('clearSession', () => this.#clear());
  }

  /**
   * Deletes all items, then the conversation; deleting only the conversation would leave its items
   * at OpenAI. What is gone already counts as deleted. The session keeps the id of the conversation.
   *
   * @throws SessionError `busy`, `backend`
   */
  async deleteConversation(): Promise<void> {
    await this.#inOrder('deleteConversation', async () => {
      if (this.#conversation === undefined) return;
      await this.#clear();
      await this.#api.deleteConversation(this.#conversation.id);
    });
  }

  /**
   * Adds a compaction item and what follows it. The runner replays a history from its newest
   * compaction item on, so what was before stays in the conversation as the full transcript.
   *
   * @throws SessionError as {@link addItems}: `unsupported`, `invalid_item`, `item_too_large`, `busy`,
   * `conflict`, `backend`
   */
  override async replaceHistoryWithCompaction(items: AgentInputItem[]): Promise<void> {
    await this.addItems(items);
  }

  /** What the API makes of each item, without what it assigns: how the SDK recognises them again. */
  override prepareHistoryItemsForPersistenceComparison(items: AgentInputItem[]): AgentInputItem[] {
    return items.map(toComparable);
  }

  async #read(limit: number | undefined): Promise<WireItem[]> {
    const conversation = this.#conversation;
    if (conversation === undefined) return [];
    try {
      const items = await (limit === undefined
        ? readAll(this.#api, conversation.id)
        : readNewest(this.#api, conversation.id, limit));
      conversation.newest = items.at(-1)?.id ?? null;
      noteItemCount(items.length);
      return items;
    } catch (error) {
      if (this.#createsMissing && error instanceof MissingConversationError) return [];
      throw error;
    }
  }

  async #write(items: readonly WireItem[], mayCreate = this.#createsMissing): Promise<void> {
    noteItemCount(items.length);
    const conversation = await this.#open();
    try {
      const { newest } = conversation;
      conversation.newest = undefined;
      conversation.newest = await append(
        this.#api,
        conversation.id,
        items,
        newest === undefined ? await this.#newest(conversation.id) : newest,
      );
    } catch (error) {
      if (!mayCreate || !(error instanceof MissingConversationError)) throw error;
      this.#conversation = undefined;
      await this.#write(items, false);
      getLogger('agent-sessions').warn(
        `Conversation ${JSON.stringify(conversation.id)} does not exist; the session goes on in ${JSON.stringify(this.sessionId)}.`,
      );
    }
  }

  async #newest(conversationId: string): Promise<string | null> {
    const { items } = await this.#api.page(conversationId, {
      order: 'desc',
      limit: 1,
      idsOnly: true,
    });
    return items[0]?.id ?? null;
  }

  async #clear(): Promise<void> {
    const conversation = this.#conversation;
    if (conversation === undefined) return;
    conversation.newest = undefined;
    try {
      for (const id of await readIds(this.#api, conversation.id)) {
        await this.#api.deleteItem(conversation.id, id);
      }
    } catch (error) {
      if (!(error instanceof MissingConversationError)) throw error;
    }
  }

  async #open(): Promise<Conversation> {
    this.#conversation ??= {
      id: await this.#api.createConversation(this.#metadata && { ...this.#metadata }),
      newest: null,
    };
    return this.#conversation;
  }

  #inOrder<T>(operation: string, work: () => Promise<T>): Promise<T> {
    const call = { operation, store: this, sessionId: () => this.sessionId };
    return traceOperation(call, () => inOrder(this, '', work));
  }
}

function contested(conversationId: string): SessionError {
  return new SessionError(
    'conflict',
    `Others took the newest item of conversation ${JSON.stringify(conversationId)} first during every attempt for ${POP_DEADLINE_MS} ms; nothing was removed.`,
  );
}
