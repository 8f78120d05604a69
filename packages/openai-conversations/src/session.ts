import { SessionError } from '@agent-sessions/core';
import {
  assertLimit,
  assertSessionId,
  CallQueue,
  DEFAULT_TIMEOUT_MS,
  noteItemCount,
  retryUntil,
  traceOperation,
} from '@agent-sessions/core/backend';
import {
  type AgentInputItem,
  OpenAIConversationsSession as SdkConversationsSession,
} from '@openai/agents';
import { ConversationsApi, MissingConversationError } from './api/conversations-api.ts';
import { resolveClient } from './client.ts';
import { Conversation, warn } from './conversation.ts';
import { toComparable } from './convert/comparable.ts';
import { fromWire } from './convert/from-wire.ts';
import { prepareItems } from './convert/prepare.ts';
import type { Outgoing } from './convert/to-wire.ts';
import {
  assertClearOptions,
  assertSessionOptions,
  type ClearOptions,
  type OpenAIConversationsSessionOptions,
} from './options.ts';
import type { WireItem } from './wire.ts';

/** Of the whole call, which may need many requests: each of them has a limit of its own. */
const NO_LIMIT_MS = 2 ** 31 - 1;

/**
 * A session that keeps its history in a conversation of OpenAI's Conversations API. It takes the
 * place of the SDK's class of the same name, of which it is a subclass, and passes for it.
 *
 * Calls on one instance take effect in the order in which they were made. Requests are repeated as
 * the client's `maxRetries` says, but a write is never sent again before its effect was looked for.
 * `timeoutMs` says how long an answer and a locked conversation are waited for.
 *
 * @throws SessionError from every call that sends requests: `busy` for a rate limit that outlasts the
 * repetitions or a lock that outlasts `timeoutMs`; `invalid_options` without an API key; `backend` for
 * what the API refuses, for no answer, and for a conversation that does not exist
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
  readonly #calls = new CallQueue({ timeoutMs: NO_LIMIT_MS });
  readonly #client: ReturnType<typeof resolveClient>;
  readonly #timeoutMs: number;
  /** Fields that the API refused, as `type.path`: they are not sent again. */
  readonly #unknownFields = new Set<string>();
  readonly #metadata: Record<string, string> | undefined;
  readonly #createsMissing: boolean;
  #conversation: Conversation | undefined;

  /**
   * Sends no request yet: the first call does.
   *
   * @throws SessionError `invalid_options`, `invalid_session_id`
   */
  constructor(options: OpenAIConversationsSessionOptions = {}) {
    assertSessionOptions(options);
    const { conversationId, metadata, onMissingConversation } = options;
    const { timeoutMs = DEFAULT_TIMEOUT_MS } = options;
    if (conversationId !== undefined) assertSessionId(conversationId);
    const client = resolveClient(options);
    // The base class brands the instance, which other parts of the SDK look for. Its own client and
    // state are not used: every method that would is overridden here.
    super({ client });
    this.#client = client;
    this.#timeoutMs = timeoutMs;
    this.#metadata = metadata && { ...metadata };
    this.#createsMissing = onMissingConversation === 'create';
    if (conversationId !== undefined) {
      this.#conversation = new Conversation(conversationId, this.#unknownFields);
    }
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
    return this.#inOrder('getSessionId', async (api) => {
      this.#conversation ??= await this.#create(api);
      return this.#conversation.id;
    });
  }

  /**
   * The whole history in pages of 100, or the newest `limit` items with as few requests as possible;
   * oldest first. Never creates a conversation.
   *
   * @param limit - A whole number, or `Infinity` for everything; 0 or less returns `[]`. Default:
   * everything.
   * @throws SessionError `invalid_limit`, `busy`, `backend`
   */
  override async getItems(limit?: number): Promise<AgentInputItem[]> {
    if (limit === Number.POSITIVE_INFINITY) return this.getItems();
    if (limit !== undefined) assertLimit(limit);
    if (limit !== undefined && limit <= 0) return [];
    const items = await this.#inOrder('getItems', (api) => this.#read(api, limit));
    return Promise.all(items.map(fromWire));
  }

  /**
   * Adds items, at most 20 a request. When a request fails, those before it are taken back, and the
   * error says whether that succeeded or which items are left.
   *
   * @throws SessionError `unsupported`, `invalid_item` or `item_too_large` for what the API is known
   * to refuse, before anything is sent; `busy`, `backend`; `conflict` if somebody else deleted all
   * items by which the effect of a request would be known
   */
  override async addItems(items: AgentInputItem[]): Promise<void> {
    const { outgoing, warning } = prepareItems(items);
    if (warning !== undefined) warn(warning);
    if (outgoing.length > 0) await this.#inOrder('addItems', (api) => this.#write(api, outgoing));
  }

  /**
   * Removes the newest item and returns it; `undefined` if there is none.
   *
   * @throws SessionError `busy`, `backend`; `conflict` if others take the newest item first during every
   * attempt until `timeoutMs` have passed
   */
  override async popItem(): Promise<AgentInputItem | undefined> {
    return this.#inOrder('popItem', async (api) => {
      const conversation = this.#conversation;
      if (conversation === undefined) return undefined;
      return retryUntil<AgentInputItem | undefined>(this.#timeoutMs, async () => {
        const value = await this.#unlessMissing(conversation.pop(api), undefined);
        if (value === 'contested') return { retry: () => this.#contested(conversation.id) };
        noteItemCount(value === undefined ? 0 : 1);
        return { value };
      });
    });
  }

  /**
   * Deletes all items, one request each, eight at once. The conversation and its id stay. When it
   * fails for good, what is left need not be the start of the history; clear again to go on.
   *
   * @throws SessionError `invalid_options`; `busy`, `backend`, with the number of deleted items and what
   * is left
   */
  override async clearSession(options: ClearOptions = {}): Promise<void> {
    assertClearOptions(options, 'clearSession()');
    await this.#inOrder('clearSession', (api) => this.#clear(api, options));
  }

  /**
   * Deletes all items, then the conversation; deleting only the conversation would leave its items
   * at OpenAI. What is gone already counts as deleted. The session keeps the id of the conversation.
   *
   * @throws SessionError `invalid_options`, `busy`, `backend`
   */
  async deleteConversation(options: ClearOptions = {}): Promise<void> {
    assertClearOptions(options, 'deleteConversation()');
    await this.#inOrder('deleteConversation', async (api) => {
      if (this.#conversation === undefined) return;
      await this.#clear(api, options);
      await api.deleteConversation(this.#conversation.id);
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

  /** What the API makes of each item, without what it assigns: how the SDK recognizes them again. */
  override prepareHistoryItemsForPersistenceComparison(items: AgentInputItem[]): AgentInputItem[] {
    return items.map(toComparable);
  }

  /** Takes the ids off assistant messages, which the Responses API would relate to other responses. */
  override prepareHistoryItemForModelInput(item: AgentInputItem): AgentInputItem {
    if (item.type !== 'unknown' || item.providerData?.role !== 'assistant') {
      return super.prepareHistoryItemForModelInput(item);
    }
    const { id: _id, ...providerData } = item.providerData;
    return { type: 'unknown', providerData };
  }

  async #read(api: ConversationsApi, limit: number | undefined): Promise<WireItem[]> {
    const conversation = this.#conversation;
    if (conversation === undefined) return [];
    const items = await this.#unlessMissing(conversation.read(api, limit), []);
    noteItemCount(items.length);
    return items;
  }

  /** A missing conversation reads as empty, if the first write is to create another. */
  async #unlessMissing<T>(reading: Promise<T>, empty: T): Promise<T> {
    try {
      return await reading;
    } catch (error) {
      if (this.#createsMissing && error instanceof MissingConversationError) return empty;
      throw error;
    }
  }

  async #write(api: ConversationsApi, items: readonly Outgoing[]): Promise<void> {
    noteItemCount(items.length);
    this.#conversation ??= await this.#create(api);
    const conversation = this.#conversation;
    try {
      await conversation.append(api, items);
    } catch (error) {
      if (!this.#createsMissing || !(error instanceof MissingConversationError)) throw error;
      const next = await this.#create(api);
      await next.append(api, items);
      // Only now: an id under which there is a history is not given up for one without.
      this.#conversation = next;
      warn(
        `conversation ${JSON.stringify(conversation.id)} does not exist; it goes on in ${JSON.stringify(next.id)}.`,
      );
    }
  }

  async #clear(api: ConversationsApi, { onProgress }: ClearOptions): Promise<void> {
    try {
      await this.#conversation?.clear(api, (progress) => {
        noteItemCount(progress.deleted);
        onProgress?.(progress);
      });
    } catch (error) {
      if (!(error instanceof MissingConversationError)) throw error;
    }
  }

  async #create(api: ConversationsApi): Promise<Conversation> {
    const id = await api.createConversation(this.#metadata);
    return new Conversation(id, this.#unknownFields, { ids: [], isAll: true });
  }

  #contested(conversationId: string): SessionError {
    return new SessionError(
      'conflict',
      `Others took the newest item of conversation ${JSON.stringify(conversationId)} first during every attempt for ${this.#timeoutMs} ms; nothing was removed.`,
    );
  }

  #inOrder<T>(operation: string, work: (api: ConversationsApi) => Promise<T>): Promise<T> {
    const call = { operation, store: this, sessionId: () => this.sessionId };
    return traceOperation(call, () =>
      this.#calls.run('', async () => work(new ConversationsApi(this.#client, this.#timeoutMs))),
    );
  }
}
