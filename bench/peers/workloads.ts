import type { Effort } from '../compare.ts';
import type { Conversations } from './contender.ts';
import { type Load, type Turn, turnsOfFour } from './conversations.ts';

/** Work that is done in the same way on the conversations of each contender. */
export interface Workload {
  readonly name: string;
  readonly effort: Effort;
  /** Gives what is measured: each call takes the next conversation. */
  on(conversations: Conversations): () => unknown;
}

const ROUNDS = 5;
const reading: Effort = { rounds: ROUNDS, least: 13 };
const writing = (calls: number): Effort => ({ rounds: ROUNDS, least: calls, most: calls });

/** The items of a long conversation, and how many are read of it as the newest. */
const LONG = 1000;
const NEWEST = 50;
const LONG_CONVERSATIONS = 8;

/** Conversations as contenders are filled with them, and what is done with them then. */
export class Workloads {
  readonly #load: Load;
  readonly #fours: readonly Turn[];
  readonly #long: readonly Turn[];
  readonly #realIds: readonly string[];
  readonly #longIds: readonly string[];

  constructor(load: Load) {
    this.#load = load;
    this.#fours = turnsOfFour(load);
    this.#long = Array.from({ length: LONG / 4 }, (_, index) => at(this.#fours, index));
    this.#realIds = load.conversations.map((_, index) => `conversation ${index}`);
    this.#longIds = Array.from({ length: LONG_CONVERSATIONS }, (_, index) => `long ${index}`);
  }

  /** Stores every conversation, and sees that they come back. */
  async fill(conversations: Conversations): Promise<void> {
    for (const [index, turns] of this.#load.conversations.entries()) {
      await conversations.create(at(this.#realIds, index), turns);
      await expectBack(conversations, at(this.#realIds, index), turns);
    }
    for (const id of this.#longIds) {
      await conversations.create(id, this.#long);
      await expectBack(conversations, id, this.#long);
    }
  }

  /** Reads come first, as appends make histories longer. */
  all(): Workload[] {
    const { conversations } = this.#load;
    const average = Math.round(conversations.flat(2).length / conversations.length);
    return [
      {
        name: `whole, ${average} items`,
        effort: reading,
        on: (target) => inTurn(this.#realIds, (id) => target.whole(id)),
      },
      {
        name: `newest ${NEWEST} of ${LONG}`,
        effort: reading,
        on: (target) => {
          const perItem = this.#long.flatMap((turn) => target.format(turn)).length / LONG;
          return inTurn(this.#longIds, (id) => target.newest(id, Math.ceil(NEWEST * perItem)));
        },
      },
      {
        name: `whole, ${LONG} items`,
        effort: reading,
        on: (target) => inTurn(this.#longIds, (id) => target.whole(id)),
      },
      {
        name: `append 4 to ${average}`,
        effort: writing(100),
        on: (target) => this.#append(target, this.#realIds),
      },
      {
        name: `append 4 to ${LONG}`,
        effort: writing(16),
        on: (target) => this.#append(target, this.#longIds),
      },
    ];
  }

  #append(target: Conversations, ids: readonly string[]): () => unknown {
    let count = 0;
    return inTurn(ids, (id) => {
      count += 1;
      return target.append(id, at(this.#long, count));
    });
  }
}

/** Fails unless all of a conversation is read back, its last words included. */
async function expectBack(
  conversations: Conversations,
  id: string,
  turns: readonly Turn[],
): Promise<void> {
  const expected = turns.flatMap((turn) => conversations.format(turn));
  const whole = await conversations.whole(id);
  const [newest] = await conversations.newest(id, 1);
  if (whole.length !== expected.length) {
    throw new Error(`stored ${expected.length} messages, read ${whole.length}`);
  }
  const last = lastText(turns);
  if (![whole.at(-1), newest].every((message) => JSON.stringify(message).includes(last))) {
    throw new Error('the newest message is not what was stored last');
  }
}

function lastText(turns: readonly Turn[]): string {
  const json = JSON.stringify(turns.at(-1)?.at(-1));
  return /"(?:text|content)":"((?:[^"\\]|\\.)+)"/.exec(json)?.[1] ?? '';
}

function inTurn(ids: readonly string[], work: (id: string) => unknown): () => unknown {
  let count = 0;
  return () => {
    count += 1;
    return work(at(ids, count));
  };
}

function at<Value>(values: readonly Value[], index: number): Value {
  const value = values[index % values.length];
  if (value === undefined) throw new Error('the load is empty');
  return value;
}
