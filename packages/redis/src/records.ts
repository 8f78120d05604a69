import { SessionError } from '@agent-sessions/core';
import type {
  Append,
  Appended,
  LockedSession,
  Operation,
  Rewrite,
  TailReplacement,
  Written,
} from '@agent-sessions/core/backend';
import type { Connection, Within } from './connection.ts';
import { toElements } from './elements.ts';
import type { Reader } from './reader.ts';
import { append, appendOnce } from './scripts/append.ts';
import { clear } from './scripts/clear.ts';
import {
  replaceTail,
  replaceTailKeeping,
  replaceTailOnce,
  replaceTailOnceKeeping,
} from './scripts/replace-tail.ts';
import { rewrite } from './scripts/rewrite.ts';
import { stateText, toState } from './state.ts';
import type { TimeLimit } from './time-limit.ts';

/**
 * What one write takes. Redis does one thing at a time, and all its clients wait meanwhile: for
 * 10 000 records of 400 bytes some 25 ms.
 */
const MOST_RECORDS = 10_000;
const MOST_CHARACTERS = 2 ** 27;

/** Writes the records of sessions. */
export class Records {
  readonly #connection: Connection;
  readonly #reader: Reader;

  constructor(connection: Connection, reader: Reader) {
    this.#connection = connection;
    this.#reader = reader;
  }

  async append(
    id: string,
    { records, operation, birth = '' }: Append,
    within: Within,
  ): Promise<Appended | undefined> {
    assertSize(records);
    const script = operation ? appendOnce : append;
    const args = argsOf(operation, [birth, ...toElements(records)]);
    const reply = await this.#connection.write(script, id, args, within);
    if (reply.length === 0) return undefined;
    return { birth: String(reply[1]), revision: Number(reply[0]), ...replayedIn(reply) };
  }

  async replaceTail(
    id: string,
    replacement: TailReplacement,
    within: Within,
  ): Promise<Written | undefined> {
    const { state, drop, records, operation } = replacement;
    assertSize(records);
    // So bytes are read that are no text.
    const keeps = drop !== 0 && records.some((record) => record.includes('\uFFFD'));
    const [plain, keeping] = operation
      ? [replaceTailOnce, replaceTailOnceKeeping]
      : [replaceTail, replaceTailKeeping];
    const script = keeps ? keeping : plain;
    const args = argsOf(operation, [stateText(state), String(drop), ...toElements(records)]);
    return toWritten(await this.#connection.write(script, id, args, within));
  }

  async rewrite(
    id: string,
    { state, changes, removed = [], isCompaction, unlessAppended }: Rewrite,
    within: Within,
  ): Promise<Written | undefined> {
    assertSize([...changes.values()]);
    const texts = [...changes]
      .sort(([left], [right]) => left - right)
      .flatMap(([position, text]) => [String(position), text]);
    const { birth, revision, edition, token } = state;
    const ranges = removed.map(([first, last]) => `${first}-${last}`).join();
    const base = [birth, String(revision), String(edition), token];
    const kind = `${isCompaction ? 'c' : '-'}${unlessAppended ? 'u' : '-'}`;
    const args = [...base, kind, ranges, ...texts];
    return toWritten(await this.#connection.write(rewrite, id, args, within));
  }

  exclusively<T>(
    id: string,
    work: (session: LockedSession) => Promise<T>,
    limit: TimeLimit,
  ): Promise<T> {
    return this.#connection.inTurn(id, limit, (within) =>
      work({
        snapshot: (_id, query) => this.#reader.snapshot(id, query, within.limit),
        replaceTail: (_id, change) => this.replaceTail(id, change, within),
        rewrite: (_id, change) => this.rewrite(id, change, within),
      }),
    );
  }

  async clear(id: string, within: Within): Promise<void> {
    await this.#connection.write(clear, id, [], within);
  }
}

function argsOf(operation: Operation | undefined, args: readonly string[]): readonly string[] {
  return operation ? [operation.key, operation.fingerprint, ...args] : args;
}

/** @throws SessionError `item_too_large`, before anything is sent */
function assertSize(texts: readonly string[]): void {
  let characters = 0;
  for (const text of texts) characters += text.length;
  if (texts.length <= MOST_RECORDS && characters <= MOST_CHARACTERS) return;
  throw new SessionError(
    'item_too_large',
    `A batch of ${texts.length} items and ${characters} characters is too large: one write takes ${MOST_RECORDS} items and ${MOST_CHARACTERS} characters. Nothing was written. Add the items in several calls.`,
  );
}

function toWritten(reply: readonly unknown[]): Written | undefined {
  return reply.length === 0 ? undefined : { state: toState(reply), ...replayedIn(reply) };
}

/** What the ledger had, which scripts return after the state. */
function replayedIn(reply: readonly unknown[]): Pick<Written, 'replayed'> {
  return typeof reply[5] === 'string' ? { replayed: reply[5] } : {};
}
