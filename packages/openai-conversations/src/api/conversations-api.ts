import { SessionError } from '@agent-sessions/core';
import type OpenAI from 'openai';
import type { WireItem } from '../wire.ts';
import { itemsOf, strangeAnswer } from './answer.ts';
import { type Failure, toFailure } from './failure.ts';
import { repeat } from './repeat.ts';
import type { Patience } from './wait.ts';

/** What a replay needs and the API leaves out unless it is asked for. */
const INCLUDE = [
  'file_search_call.results',
  'web_search_call.action.sources',
  'message.input_image.image_url',
  'computer_call_output.output.image_url',
  'code_interpreter_call.outputs',
  'reasoning.encrypted_content',
  'message.output_text.logprobs',
] as const;

/** Thrown when the API does not know the conversation. */
export class MissingConversationError extends SessionError {}

export interface PageQuery {
  readonly order: 'asc' | 'desc';
  /** 1 to 100. */
  readonly limit: number;
  /** The id of the item before the page, in its order. */
  readonly after?: string | undefined;
  /** Whether only ids are needed. Default: false. */
  readonly idsOnly?: boolean;
}

/** A page of items, and where the next one starts. */
export interface Page {
  readonly items: readonly WireItem[];
  readonly next: string | undefined;
}

/** Of a client that does not say, such as a mock: the number that the `openai` package has. */
const DEFAULT_MAX_RETRIES = 2;

/** What a client says of itself; a mock may say nothing. */
interface ClientSettings {
  readonly maxRetries?: number;
  /** In milliseconds. */
  readonly timeout?: number;
}

/** The requests of one call, each repeated as often as its nature and the caller's patience allow. */
export class ConversationsApi {
  readonly patience: Patience;
  readonly #client: OpenAI;
  /** Our own loop repeats requests, which knows what may be sent twice. */
  readonly #once: { readonly maxRetries: 0; readonly timeout: number };

  /** @param timeoutMs - How long an answer, and from now on a locked conversation, is waited for. */
  constructor(client: OpenAI, timeoutMs: number) {
    this.#client = client;
    const { maxRetries = DEFAULT_MAX_RETRIES, timeout = timeoutMs }: ClientSettings = client;
    this.#once = { maxRetries: 0, timeout: Math.min(timeout, timeoutMs) };
    // Where the limit is ours it is that of the call, and nothing is left of it.
    const repeatsTimeouts = timeout < timeoutMs;
    this.patience = { maxRetries, repeatsTimeouts, lockedUntil: performance.now() + timeoutMs };
  }

  /** Creates an empty conversation. If an answer is lost, one more may be left behind, empty. */
  async createConversation(metadata: Record<string, string> | undefined): Promise<string> {
    const body = { items: [], ...(metadata && { metadata }) };
    const action = 'create a conversation';
    const { id }: { id?: unknown } = await repeat(action, this.patience, () =>
      this.#client.conversations.create(body, this.#once),
    );
    if (typeof id !== 'string' || id === '') throw strangeAnswer(action);
    return id;
  }

  /** Lists one page. */
  async page(conversationId: string, query: PageQuery): Promise<Page> {
    const { order, limit, after, idsOnly = false } = query;
    const params = {
      order,
      limit,
      ...(after !== undefined && { after }),
      ...(!idsOnly && { include: [...INCLUDE] }),
    };
    const action = `list the items of conversation ${JSON.stringify(conversationId)}`;
    const page = await repeat(
      action,
      this.patience,
      () => this.#client.conversations.items.list(conversationId, params, this.#once),
      async (failure) => {
        // A later page follows an item, which may be gone as well.
        if (after === undefined) await this.#assertNotMissing(conversationId, failure);
        return undefined;
      },
    );
    // The client makes an empty page of whatever is not a list.
    const items = itemsOf(Reflect.get(page, 'body'));
    if (items === undefined) throw strangeAnswer(action);
    if (!page.has_more) return { items, next: undefined };
    if (page.last_id === '' || page.last_id === after) {
      throw new SessionError(
        'backend',
        `Cannot ${action}: the API says that there are more, but not after which one. Reading stopped, because the history would be cut off.`,
      );
    }
    return { items, next: page.last_id };
  }

  /** Adds at most 20 items, with a single request, and returns their ids or what went wrong. */
  async create(
    conversationId: string,
    items: readonly WireItem[],
  ): Promise<readonly string[] | Failure> {
    try {
      const body = { items: items as unknown as OpenAI.Responses.ResponseInputItem[] };
      const answer = await this.#client.conversations.items.create(
        conversationId,
        body,
        this.#once,
      );
      const stored = itemsOf(answer);
      if (stored?.length === items.length) return stored.map(({ id }) => String(id));
      return toFailure(new Error(`The API answered with ${stored?.length ?? 'no'} items.`));
    } catch (error) {
      const failure = toFailure(error);
      await this.#assertNotMissing(conversationId, failure);
      return failure;
    }
  }

  /** Deletes an item. `gone` if somebody else did. */
  deleteItem(conversationId: string, itemId: string): Promise<'deleted' | 'gone'> {
    return repeat<'deleted' | 'gone'>(
      `delete item ${JSON.stringify(itemId)} of conversation ${JSON.stringify(conversationId)}`,
      this.patience,
      async () => {
        await this.#client.conversations.items.delete(
          itemId,
          { conversation_id: conversationId },
          this.#once,
        );
        return 'deleted';
      },
      // After an attempt of unknown outcome it was most likely that one that did it.
      ({ isNotFound }, uncertain) =>
        isNotFound ? { value: uncertain ? 'deleted' : 'gone' } : undefined,
    );
  }

  /** Deletes the conversation, but not its items. */
  async deleteConversation(conversationId: string): Promise<void> {
    await repeat<unknown>(
      `delete conversation ${JSON.stringify(conversationId)}`,
      this.patience,
      () => this.#client.conversations.delete(conversationId, this.#once),
      ({ isNotFound }) => (isNotFound ? { value: undefined } : undefined),
    );
  }

  /** A 404 may be about an item, or come from a proxy: only the conversation's own counts. */
  async #assertNotMissing(conversationId: string, failure: Failure): Promise<void> {
    if (!failure.isNotFound) return;
    const known = await this.#client.conversations.retrieve(conversationId, this.#once).then(
      () => true,
      (error) => !toFailure(error).isNotFound,
    );
    if (!known) throw missing(conversationId, failure);
  }
}

function missing(conversationId: string, failure: Failure): MissingConversationError {
  return new MissingConversationError(
    'backend',
    `Conversation ${JSON.stringify(conversationId)} does not exist, or belongs to another project. Pass another conversationId, or { onMissingConversation: 'create' }.`,
    { cause: failure.cause },
  );
}
