import { SessionError } from '@agent-sessions/core';
import { fieldOf, without } from '../convert/extras.ts';
import { isStoredAs } from '../convert/same.ts';
import type { Outgoing } from '../convert/to-wire.ts';
import type { WireItem } from '../wire.ts';
import { type ConversationsApi, MissingConversationError } from './conversations-api.ts';
import { type Failure, toSessionError } from './failure.ts';
import { type Known, readSince } from './read.ts';
import { counted } from './repeat.ts';
import { Repetitions } from './wait.ts';

/** As many items as the API takes at once. */
const BATCH_SIZE = 20;

/** Where items go. */
export interface Target {
  readonly api: ConversationsApi;
  readonly conversationId: string;
  /** What was there before. */
  readonly known: Known;
  /** Fields that the API does not know, as `type.path`. */
  readonly unknown: {
    /** All of which that is known. */
    readonly fields: Set<string>;
    /** Those that were found out by this call. */
    readonly refused: Set<string>;
  };
}

/**
 * Adds items in batches, in order. No request is repeated blindly: when it is unknown whether one was
 * carried out, the items that were added since tell. When a batch fails for good, the earlier ones are
 * taken back, newest first, so that what might be left is the start of them.
 *
 * @returns the ids of the added items
 */
export async function append(
  target: Target,
  items: readonly Outgoing[],
): Promise<readonly string[]> {
  const work = new Append(target);
  try {
    for (let start = 0; start < items.length; start += BATCH_SIZE) {
      await work.add(items.slice(start, start + BATCH_SIZE));
    }
    return work.added;
  } catch (error) {
    if (error instanceof MissingConversationError) throw error;
    throw await work.takeBack(error, items.length);
  }
}

class Append {
  readonly added: string[] = [];
  readonly #target: Target;
  /** Items of which it is not known whether they were added. */
  #uncertain: readonly Outgoing[] = [];
  #wasUncertain = false;

  constructor(target: Target) {
    this.#target = target;
  }

  async add(batch: readonly Outgoing[]): Promise<void> {
    const { api, conversationId } = this.#target;
    const repetitions = new Repetitions(api.patience);
    let rest = batch.map((item) => this.#withoutUnknown(item));
    await counted<void>(async () => {
      const wires = rest.map(({ wire }) => wire);
      const answer = await api.create(conversationId, wires);
      if (!('outcome' in answer)) {
        this.added.push(...answer);
        return { value: undefined };
      }
      if (this.#learns(answer, rest)) {
        rest = rest.map((item) => this.#withoutUnknown(item));
        return 'again';
      }
      const mayRepeat = await repetitions.wait(answer);
      if (answer.outcome === 'unknown') rest = await this.#findAdded(rest, answer);
      if (rest.length === 0) return { value: undefined };
      if (!mayRepeat) throw this.#failed(answer);
      return 'again';
    });
  }

  /** Deletes what was added and says so, or says what is left. */
  async takeBack(error: unknown, total: number): Promise<SessionError> {
    const cause = error instanceof SessionError ? error.cause : error;
    const code = error instanceof SessionError ? error.code : 'backend';
    const reason = error instanceof Error ? error.message : 'It failed.';
    const unknown = await this.#settle();
    const added = this.added.length;
    const left = unknown === 0 ? await this.#deleteAdded() : this.added;
    const wasUncertain = this.#wasUncertain;
    const effect = describe({ total, added, left, unknown, wasUncertain });
    return new SessionError(code, `${reason} ${effect}`, { cause });
  }

  /** True if the API refused a field that the items can do without, and that was not known before. */
  #learns({ code, param }: Failure, items: readonly Outgoing[]): boolean {
    const named = code === 'unknown_parameter' && param !== undefined ? fieldOf(param) : undefined;
    const item = named && items[named.index];
    if (named === undefined || item === undefined) return false;
    const path = [...item.extras].find((extra) => isIn(named.path, extra));
    const { fields, refused } = this.#target.unknown;
    const field = `${item.wire.type}.${path}`;
    if (path === undefined || fields.has(field)) return false;
    fields.add(field);
    refused.add(field);
    return true;
  }

  #withoutUnknown({ wire, extras }: Outgoing): Outgoing {
    const unknown = [...extras].filter((path) =>
      this.#target.unknown.fields.has(`${wire.type}.${path}`),
    );
    return { wire: unknown.reduce(without, wire), extras };
  }

  /** Looks for the start of a batch among the newest items; what is returned is still to be added. */
  async #findAdded(batch: readonly Outgoing[], failure: Failure): Promise<Outgoing[]> {
    this.#uncertain = batch;
    this.#wasUncertain = true;
    try {
      return await this.#look();
    } catch (error) {
      if (error instanceof MissingConversationError) throw error;
      // Why it could not be looked for matters less than what could not be done.
      throw isConflict(error) ? error : this.#failed(failure);
    }
  }

  async #look(): Promise<Outgoing[]> {
    const { api, conversationId, known } = this.#target;
    const ids = [...known.ids, ...this.added];
    const newer = await readSince(api, conversationId, { ...known, ids });
    const found = longestMatch(newer, this.#uncertain);
    const rest = this.#uncertain.slice(found.length);
    this.#uncertain = [];
    this.added.push(...found);
    return rest;
  }

  /** One more look at what is uncertain; how many items still are. */
  async #settle(): Promise<number> {
    if (this.#uncertain.length === 0) return 0;
    try {
      await this.#look();
    } catch {
      // Told to the caller as the number of items of unknown fate.
    }
    return this.#uncertain.length;
  }

  async #deleteAdded(): Promise<readonly string[]> {
    const { api, conversationId } = this.#target;
    const left = [...this.added];
    try {
      for (const id of this.added.toReversed()) {
        await api.deleteItem(conversationId, id);
        left.pop();
      }
    } catch {
      // The caller learns from what is left; the first failure is the one to report.
    }
    return left;
  }

  #failed(failure: Failure): SessionError {
    const { conversationId } = this.#target;
    return toSessionError(`add items to conversation ${JSON.stringify(conversationId)}`, failure);
  }
}

/** Parts of a message can do without all of an extra; of others, only what the API names is left off. */
function isIn(path: string, extra: string): boolean {
  if (path === extra || !extra.includes('[].')) return path === extra;
  return path.startsWith(`${extra}.`) || path.startsWith(`${extra}[`);
}

function isConflict(error: unknown): boolean {
  return error instanceof SessionError && error.code === 'conflict';
}

/** The ids of the longest run of items that can be the start of the batch; the newest, if several. */
function longestMatch(items: readonly WireItem[], batch: readonly Outgoing[]): string[] {
  let best: readonly WireItem[] = [];
  for (let start = items.length - 1; start >= 0; start -= 1) {
    let length = 0;
    while (length < batch.length && matches(items[start + length], batch[length])) length += 1;
    if (length > best.length) best = items.slice(start, start + length);
  }
  return best.map(({ id }) => String(id));
}

function matches(item: WireItem | undefined, sent: Outgoing | undefined): boolean {
  return item !== undefined && sent !== undefined && isStoredAs(item, sent.wire);
}

interface Remains {
  readonly total: number;
  readonly added: number;
  readonly left: readonly string[];
  readonly unknown: number;
  readonly wasUncertain: boolean;
}

function describe({ total, added, left, unknown, wasUncertain }: Remains): string {
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
  return wasUncertain ? 'As far as can be seen, nothing was added.' : 'Nothing was added.';
}
