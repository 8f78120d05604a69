import { SessionError } from '@agent-sessions/core';
import { sameItem } from '../convert/canonical.ts';
import type { WireItem } from '../wire/parse.ts';
import { type ConversationsApi, MissingConversationError } from './conversations-api.ts';
import { type Failure, toSessionError } from './failure.ts';
import { readSince } from './read.ts';
import { waitToRetry } from './retry.ts';

/** As many items as the API takes at once. */
const BATCH_SIZE = 20;

/**
 * Adds items in batches, in order. No request is repeated blindly: when it is unknown whether one was
 * carried out, the items that were added since `newest` tell. When a batch fails for good, the
 * earlier ones are taken back, newest first, so that what might be left is the start of them.
 *
 * @param newest - The newest item before; `null` if the conversation was empty.
 * @returns the id of the newest item now
 */
export async function append(
  api: ConversationsApi,
  conversationId: string,
  items: readonly WireItem[],
  newest: string | null,
): Promise<string | null> {
  const work = new Append(api, conversationId, newest);
  try {
    for (let start = 0; start < items.length; start += BATCH_SIZE) {
      await work.add(items.slice(start, start + BATCH_SIZE));
    }
    return work.newest;
  } catch (error) {
    if (error instanceof MissingConversationError) throw error;
    throw await work.takeBack(error, items.length);
  }
}

class Append {
  readonly #api: ConversationsApi;
  readonly #conversationId: string;
  readonly #added: string[] = [];
  readonly #before: string | null;
  /** Items of which it is not known whether they were added. */
  #uncertain: readonly WireItem[] = [];

  constructor(api: ConversationsApi, conversationId: string, newest: string | null) {
    this.#api = api;
    this.#conversationId = conversationId;
    this.#before = newest;
  }

  get newest(): string | null {
    return this.#added.at(-1) ?? this.#before;
  }

  async add(batch: readonly WireItem[]): Promise<void> {
    let rest = batch;
    for (let attempt = 1; rest.length > 0; attempt += 1) {
      const answer = await this.#api.create(this.#conversationId, rest);
      if (!('outcome' in answer)) {
        this.#added.push(...answer);
        return;
      }
      const mayRepeat = attempt <= this.#api.maxRetries && (await waitToRetry(answer, attempt));
      if (answer.outcome === 'unknown') rest = await this.#findAdded(rest);
      if (rest.length > 0 && !mayRepeat) throw this.#failed(answer);
    }
  }

  /** Deletes what was added and says so, or says what is left. */
  async takeBack(error: unknown, total: number): Promise<SessionError> {
    const cause = error instanceof SessionError ? error.cause : error;
    const code = error instanceof SessionError ? error.code : 'backend';
    const reason = error instanceof Error ? error.message : 'It failed.';
    const unknown = await this.#settle();
    const added = this.#added.length;
    const left = unknown === 0 ? await this.#deleteAdded() : this.#added;
    const effect = describe({ total, added, left, unknown });
    return new SessionError(code, `${reason} ${effect}`, { cause });
  }

  /** Looks for the start of a batch among the newest items; what is returned is still to be added. */
  async #findAdded(batch: readonly WireItem[]): Promise<readonly WireItem[]> {
    this.#uncertain = batch;
    const newer = await readSince(this.#api, this.#conversationId, this.newest);
    this.#uncertain = [];
    const ids = longestMatch(newer, batch);
    this.#added.push(...ids);
    return batch.slice(ids.length);
  }

  /** One more look at what is uncertain; how many items still are. */
  async #settle(): Promise<number> {
    if (this.#uncertain.length === 0) return 0;
    try {
      await this.#findAdded(this.#uncertain);
    } catch {
      // Told to the caller as the number of items of unknown fate.
    }
    return this.#uncertain.length;
  }

  async #deleteAdded(): Promise<readonly string[]> {
    const left = [...this.#added];
    try {
      for (const id of this.#added.toReversed()) {
        await this.#api.deleteItem(this.#conversationId, id);
        left.pop();
      }
    } catch {
      // The caller learns from what is left; the first failure is the one to report.
    }
    return left;
  }

  #failed(failure: Failure): SessionError {
    return toSessionError(
      `add items to conversation ${JSON.stringify(this.#conversationId)}`,
      failure,
    );
  }
}

/** The ids of the longest run of items that equals the start of the batch; the newest, if several. */
function longestMatch(items: readonly WireItem[], batch: readonly WireItem[]): string[] {
  let best: readonly WireItem[] = [];
  for (let start = items.length - 1; start >= 0; start -= 1) {
    let length = 0;
    while (length < batch.length && matches(items[start + length], batch[length])) length += 1;
    if (length > best.length) best = items.slice(start, start + length);
  }
  return best.map(({ id }) => String(id));
}

function matches(item: WireItem | undefined, sent: WireItem | undefined): boolean {
  return item !== undefined && sent !== undefined && sameItem(item, sent);
}

interface Remains {
  readonly total: number;
  readonly added: number;
  readonly left: readonly string[];
  readonly unknown: number;
}

function describe({ total, added, left, unknown }: Remains): string {
  const ids = left.length === 0 ? '' : ` These items are left: ${left.join(', ')}.`;
  if (unknown > 0) {
    return `Of ${total} items ${added} were added; whether the next ${unknown} were is unknown, so nothing was taken back.${ids}`;
  }
  if (left.length > 0) {
    return `${added} of ${total} items had been added, and taking them back failed.${ids}`;
  }
  if (added > 0) {
    return `${added} of ${total} items had been added and were taken back; nothing is left of them.`;
  }
  return 'Nothing was added.';
}
