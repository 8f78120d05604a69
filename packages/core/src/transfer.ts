import type { AgentInputItem, Session } from '@openai/agents';
import { type AbortOptions, isSignal } from './call-options.ts';
import { isSessionError, SessionError } from './errors.ts';
import { assertOptions, expecting, type OptionChecks, optional } from './options.ts';
import {
  footerLine,
  headerLine,
  itemLine,
  readHeader,
  readItems,
  readLines,
} from './transfer-format.ts';

/** How many items one write of a transfer carries, unless they are too large; each batch is atomic. */
const BATCH_SIZE = 200;

/** How far a transfer is. */
export interface TransferProgress {
  /** Items moved so far. */
  readonly items: number;
}

/** Options of a transfer. */
export interface TransferOptions extends AbortOptions {
  /** Called after each batch of at most 200 items. */
  readonly onProgress?: (progress: TransferProgress) => void;
}

/** Options of a transfer into a session. */
export interface TransferIntoOptions extends TransferOptions {
  /**
   * What to do if the target already holds items. Default: `'error'`, so that a transfer that is
   * repeated by mistake does not double the history.
   */
  readonly ifNotEmpty?: 'error' | 'append';
}

const checks: OptionChecks<TransferOptions> = {
  onProgress: optional(expecting('a function', (value) => typeof value === 'function')),
  signal: optional(isSignal),
};

const checksInto: OptionChecks<TransferIntoOptions> = {
  ...checks,
  ifNotEmpty: optional(
    expecting("'error' or 'append'", (value) => value === 'error' || value === 'append'),
  ),
};

/**
 * Exports a session as JSON Lines: a header, one item a line, and a closing line with their number,
 * by which a cut-off file is noticed. The history is read once, so the export is consistent while
 * others write; its lines are made one at a time.
 *
 * @throws SessionError `invalid_options` at once; `invalid_item` for an item that JSON cannot hold, and
 * what the session rejects with
 *
 * @example
 * ```ts
 * import { createWriteStream } from 'node:fs';
 * import { pipeline } from 'node:stream/promises';
 * import { exportSession } from '@agent-sessions/core';
 * import type { Session } from '@openai/agents';
 *
 * async function backUp(session: Session): Promise<void> {
 *   await pipeline(exportSession(session), createWriteStream('conversation.jsonl'));
 * }
 * ```
 */
export function exportSession(
  session: Session,
  options: TransferOptions = {},
): AsyncGenerator<string, void, undefined> {
  // Here, for a generator does nothing until its first line is asked for.
  const example = '{ onProgress }';
  assertOptions<TransferOptions>(options, { of: 'exportSession()', example, checks });
  return exportLines(session, options);
}

async function* exportLines(
  session: Session,
  options: TransferOptions,
): AsyncGenerator<string, void, undefined> {
  options.signal?.throwIfAborted();
  const items = await session.getItems();
  yield headerLine(await session.getSessionId());
  for (const [index, item] of items.entries()) {
    options.signal?.throwIfAborted();
    yield itemLine(item, index);
    const done = index + 1;
    if (done % BATCH_SIZE === 0 || done === items.length) options.onProgress?.({ items: done });
  }
  yield footerLine(items.length);
}

/**
 * Imports what {@link exportSession} wrote: pass `createReadStream(path)`, or the lines themselves.
 * Each batch is atomic, the import as a whole is not: after an error, what `onProgress` was told of is
 * there.
 *
 * @throws SessionError `invalid_transfer` if the text is damaged or cut off, `conflict` if the target
 * holds items already, and what the session rejects with
 *
 * @example
 * ```ts
 * import { createReadStream } from 'node:fs';
 * import { importSession } from '@agent-sessions/core';
 * import type { Session } from '@openai/agents';
 *
 * async function restore(session: Session): Promise<void> {
 *   const { items } = await importSession(session, createReadStream('conversation.jsonl'));
 *   console.log(`${items} items`);
 * }
 * ```
 */
export async function importSession(
  session: Session,
  source: AsyncIterable<string | Uint8Array> | Iterable<string | Uint8Array>,
  options: TransferIntoOptions = {},
): Promise<{
  /** How many items were added. */
  items: number;
  /** The id of the session that they come from. */
  sessionId: string;
}> {
  assertOptionsInto('importSession()', options);
  const lines = readLines(source);
  try {
    // Before anything that takes time: a stream that fails while nobody reads it ends the process.
    const { sessionId } = await readHeader(lines);
    await assertMayAdd(session, options);
    return { items: await addInBatches(session, readItems(lines), options), sessionId };
  } finally {
    await lines.return(undefined);
  }
}

/**
 * Copies the whole history of one session to the end of another, between any two backends. Batches
 * and errors are as for {@link importSession}.
 *
 * @returns how many items were copied
 * @throws SessionError `conflict` if the target holds items already, and what the sessions reject with
 *
 * @example
 * ```ts
 * import { copySession, MemorySessionStore } from '@agent-sessions/core';
 *
 * const store = new MemorySessionStore();
 * const copied = await copySession(store.session('user-123'), store.session('copy-of-user-123'));
 * ```
 */
export async function copySession(
  from: Session,
  to: Session,
  options: TransferIntoOptions = {},
): Promise<number> {
  assertOptionsInto('copySession()', options);
  await assertMayAdd(to, options);
  return addInBatches(to, await from.getItems(), options);
}

function assertOptionsInto(of: string, options: TransferIntoOptions): void {
  const example = "{ ifNotEmpty: 'append' }";
  assertOptions<TransferIntoOptions>(options, { of, example, checks: checksInto });
}

async function assertMayAdd(session: Session, options: TransferIntoOptions): Promise<void> {
  if (options.ifNotEmpty === 'append' || (await session.getItems(1)).length === 0) return;
  throw new SessionError(
    'conflict',
    "The target session already holds items; nothing was added. Clear it, choose another session id, or pass { ifNotEmpty: 'append' }.",
  );
}

async function addInBatches(
  session: Session,
  items: Iterable<AgentInputItem> | AsyncIterable<AgentInputItem>,
  { onProgress, signal }: TransferOptions,
): Promise<number> {
  let added = 0;
  const add = async (batch: AgentInputItem[]): Promise<void> => {
    signal?.throwIfAborted();
    try {
      await session.addItems(batch);
    } catch (error) {
      // Each item may fit though all of them do not; then nothing was written.
      if (batch.length === 1 || !isSessionError(error, 'item_too_large')) throw error;
      const half = Math.ceil(batch.length / 2);
      await add(batch.slice(0, half));
      return add(batch.slice(half));
    }
    added += batch.length;
    onProgress?.({ items: added });
  };
  let batch: AgentInputItem[] = [];
  for await (const item of items) {
    batch.push(item);
    if (batch.length < BATCH_SIZE) continue;
    await add(batch);
    batch = [];
  }
  if (batch.length > 0) await add(batch);
  return added;
}
