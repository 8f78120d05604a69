import type { PublishedSchema } from './published-schema.ts';
import { shown, toStored } from './stored-item.ts';

type Item = Record<string, unknown>;

/** An answer that is not 200. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  readonly param: string | null;

  constructor(status: number, code: string, message: string, param: string | null = null) {
    super(message);
    this.status = status;
    this.code = code;
    this.param = param;
  }
}

interface Conversation {
  readonly id: string;
  readonly created_at: number;
  metadata: Item;
  items: Item[];
}

const INCLUDABLE = new Set([
  'file_search_call.results',
  'web_search_call.results',
  'web_search_call.action.sources',
  'message.input_image.image_url',
  'computer_call_output.output.image_url',
  'code_interpreter_call.outputs',
  'reasoning.encrypted_content',
  'message.output_text.logprobs',
]);

const TYPES_WITH_ID = new Set([
  'reasoning',
  'program',
  'program_output',
  'file_search_call',
  'web_search_call',
  'image_generation_call',
  'code_interpreter_call',
  'computer_call',
  'local_shell_call',
  'local_shell_call_output',
  'mcp_list_tools',
  'mcp_approval_request',
  'mcp_call',
]);

/** How an API may be that is not documented, or not yet. */
export interface Behavior {
  /** Whether items of any type, with any fields, are taken. Default: what the schema allows. */
  readonly isPermissive?: boolean;
  /** What the API makes of an item that it stores. Default: nothing but ids and defaults. */
  readonly rewrite?: (item: Item) => Item;
  /** Whether all ids are the server's, those that the schema requires in requests too. */
  readonly assignsAllIds?: boolean;
  /** Whether the answer to the first write to each conversation is lost. Default: false. */
  readonly losesFirstAnswers?: boolean;
  /** How long an answer takes, in milliseconds. Default: 0. */
  readonly latencyMs?: number;
}

/** The API's state and its documented rules, without HTTP. */
export class ConversationsState {
  readonly #conversations = new Map<string, Conversation>();
  readonly #schema: PublishedSchema;
  readonly #behavior: Behavior;
  #count = 0;

  constructor(schema: PublishedSchema, behavior: Behavior) {
    this.#schema = schema;
    this.#behavior = behavior;
  }

  get conversationIds(): string[] {
    return [...this.#conversations.keys()];
  }

  create(body: Item): Item {
    onlyKeys(body, ['items', 'metadata']);
    const items = this.#checked(body.items ?? []);
    const metadata = checkedMetadata(body.metadata ?? {});
    this.#count += 1;
    const id = `conv_${String(this.#count).padStart(8, '0')}`;
    const conversation: Conversation = {
      id,
      created_at: Math.floor(Date.now() / 1000),
      metadata,
      items: [],
    };
    this.#conversations.set(id, conversation);
    this.#store(conversation, items);
    return resource(conversation);
  }

  retrieve(id: string): Item {
    return resource(this.#get(id));
  }

  update(id: string, body: Item): Item {
    onlyKeys(body, ['metadata']);
    const conversation = this.#get(id);
    conversation.metadata = checkedMetadata(body.metadata);
    return resource(conversation);
  }

  delete(id: string): Item {
    this.#get(id);
    this.#conversations.delete(id);
    return { object: 'conversation.deleted', deleted: true, id };
  }

  addItems(id: string, body: Item, include: readonly string[]): Item {
    const conversation = this.#get(id);
    onlyKeys(body, ['items']);
    if (!Array.isArray(body.items)) throw invalid('missing_required_parameter', 'items is missing');
    const added = this.#store(conversation, this.#checked(body.items));
    return page(added, false, checkedInclude(include));
  }

  listItems(id: string, query: URLSearchParams): Item {
    const conversation = this.#get(id);
    const limit = Number(query.get('limit') ?? '20');
    if (!Number.isInteger(limit) || limit < 1 || limit > 100) {
      throw invalid('invalid_value', `limit ${query.get('limit')} is not from 1 to 100`);
    }
    const order = query.get('order') ?? 'desc';
    if (order !== 'asc' && order !== 'desc') throw invalid('invalid_value', `order ${order}`);
    const items = order === 'asc' ? conversation.items : conversation.items.toReversed();
    const after = query.get('after');
    const position = items.findIndex((item) => item.id === after);
    if (after !== null && position === -1) throw new Refusal(404, 'not_found', `no item ${after}`);
    const rest = items.slice(position + 1);
    const include = checkedInclude(query.getAll('include[]'));
    return page(rest.slice(0, limit), rest.length > limit, include);
  }

  retrieveItem(id: string, itemId: string, include: readonly string[]): Item {
    return shown(this.#item(this.#get(id), itemId), checkedInclude(include));
  }

  deleteItem(id: string, itemId: string): Item {
    const conversation = this.#get(id);
    const item = this.#item(conversation, itemId);
    conversation.items = conversation.items.filter((other) => other !== item);
    return resource(conversation);
  }

  /** The items behind the API's back. */
  stored(id: string): Item[] {
    return this.#get(id).items;
  }

  #checked(items: unknown): Item[] {
    if (!Array.isArray(items)) throw invalid('invalid_type', 'items is no list');
    if (items.length > 20) throw invalid('array_above_max_length', `${items.length} items`);
    if (this.#behavior.isPermissive) return items;
    for (const [index, item] of items.entries()) this.#check(index, item);
    return items;
  }

  #check(index: number, item: Item): void {
    // In the schema, but nothing that a conversation could return.
    const isInstruction = item.type === 'item_reference' || item.type === 'compaction_trigger';
    const problem = isInstruction
      ? { message: 'not an item of a conversation', unknown: undefined }
      : this.#schema.inputProblem(item);
    if (problem === undefined) return;
    if (problem.unknown !== undefined) {
      const param = `items[${index}].${problem.unknown}`;
      throw new Refusal(400, 'unknown_parameter', `Unknown parameter: '${param}'.`, param);
    }
    // Real messages show what was sent, too.
    const shownItem = JSON.stringify(item).slice(0, 500);
    throw invalid('invalid_value', `items[${index}]: ${problem.message} in ${shownItem}`);
  }

  #store(conversation: Conversation, items: readonly Item[]): Item[] {
    const { rewrite = (item) => item, assignsAllIds = false } = this.#behavior;
    const stored = items.map((item) => {
      this.#count += 1;
      const keepsId = TYPES_WITH_ID.has(String(item.type)) && !assignsAllIds;
      return rewrite(toStored(item, this.#count, keepsId));
    });
    const ids = [...conversation.items, ...stored].map(({ id }) => id);
    if (new Set(ids).size < ids.length) throw invalid('duplicate_item', 'an id is taken');
    conversation.items.push(...stored);
    return stored;
  }

  #get(id: string): Conversation {
    const conversation = this.#conversations.get(id);
    if (conversation === undefined) {
      throw new Refusal(404, 'not_found', `Conversation with id '${id}' not found.`);
    }
    return conversation;
  }

  #item(conversation: Conversation, itemId: string): Item {
    const item = conversation.items.find(({ id }) => id === itemId);
    if (item === undefined)
      throw new Refusal(404, 'not_found', `Item with id '${itemId}' not found.`);
    return item;
  }
}

function resource({ id, created_at, metadata }: Conversation): Item {
  return { id, object: 'conversation', created_at, metadata };
}

function page(items: readonly Item[], hasMore: boolean, include: ReadonlySet<string>): Item {
  return {
    object: 'list',
    data: items.map((item) => shown(item, include)),
    has_more: hasMore,
    first_id: items[0]?.id ?? '',
    last_id: items.at(-1)?.id ?? '',
  };
}

function checkedInclude(include: readonly string[]): ReadonlySet<string> {
  const unknown = include.find((value) => !INCLUDABLE.has(value));
  if (unknown !== undefined) throw invalid('invalid_value', `include ${unknown}`);
  return new Set(include);
}

function checkedMetadata(metadata: unknown): Item {
  const pairs = Object.entries(Object(metadata));
  const fits = pairs.every(
    ([key, value]) => key.length <= 64 && typeof value === 'string' && value.length <= 512,
  );
  if (!fits || pairs.length > 16) throw invalid('invalid_value', 'metadata');
  return Object.fromEntries(pairs);
}

function onlyKeys(body: Item, keys: readonly string[]): void {
  const unknown = Object.keys(body).find((key) => !keys.includes(key));
  if (unknown !== undefined) throw invalid('unknown_parameter', unknown);
}

function invalid(code: string, message: string): Refusal {
  return new Refusal(400, code, message);
}
