import type { AgentInputItem } from '@openai/agents';
import { turnIfDue } from './event-loop.ts';
import type { Decoded, RecordCoder } from './record-coder.ts';
import type { LockedSession, Snapshot, State } from './session-backend.ts';

/** How many records are read, and decoded, before the event loop turns. */
const PAGE = 2048;
/** When a history keeps changing between its pages, so many times is it read; the last time in one. */
const ATTEMPTS = 4;

/** A record as it is stored, and the item in it; none if it is damaged or hidden. */
export interface Entry {
  readonly record: string;
  readonly item: AgentInputItem | undefined;
  /** 0 where positions were not asked for. */
  readonly position: number;
}

/** A history, or its end, as it was at one moment. */
export interface Whole {
  readonly entries: Entry[];
  readonly state: State | undefined;
  /** See `Snapshot`. */
  readonly follows: boolean;
  readonly damaged: number;
}

/** What to read of a history. */
export interface WholeQuery {
  /** So many of the newest items, and perhaps more. Default: all. */
  readonly count?: number;
  /** See `SnapshotQuery`. */
  readonly base?: State | undefined;
}

/**
 * Reads a history, or its end, with the position of each record. It is read in pages from the end,
 * between which the event loop turns, and yet is that of one moment: if anything but an addition at the
 * end happened meanwhile, it is read again, at last in one piece.
 */
export async function readWhole(
  session: LockedSession,
  key: string,
  coder: RecordCoder,
  query: WholeQuery,
): Promise<Whole> {
  for (let attempt = 1; attempt < ATTEMPTS; attempt += 1) {
    const whole = await readPages(session, key, coder, { ...query, limit: PAGE });
    if (whole !== undefined) return whole;
  }
  const whole = await readPages(session, key, coder, query);
  if (whole === undefined) throw new Error('one page cannot differ from itself');
  return whole;
}

async function readPages(
  session: LockedSession,
  key: string,
  coder: RecordCoder,
  { count = Number.POSITIVE_INFINITY, base, limit }: WholeQuery & { readonly limit?: number },
): Promise<Whole | undefined> {
  const pages: Entry[][] = [];
  let newest: Snapshot | undefined;
  let before: number | undefined;
  let items = 0;
  let damaged = 0;
  for (;;) {
    const since = newest === undefined ? base : newest.state;
    const query = { positions: true, limit, before, base: since };
    const snapshot = await session.snapshot(key, query);
    if (newest === undefined) newest = snapshot;
    else if (!snapshot.follows || snapshot.state?.edition !== newest.state?.edition)
      return undefined;
    const decoded = await coder.decode([...snapshot.records]);
    damaged += damagedAmong(decoded);
    const page = toEntries(snapshot, decoded);
    pages.push(page);
    items += page.filter(({ item }) => item !== undefined).length;
    before = page[0]?.position;
    if (page.length !== limit || items >= count) break;
    await turnIfDue();
  }
  const { state, follows = true } = newest;
  return { entries: pages.reverse().flat(), state, follows, damaged };
}

/** How many of the records are damaged. */
export function damagedAmong(decoded: readonly Decoded[]): number {
  let damaged = 0;
  for (const one of decoded) if (one === 'damaged') damaged += 1;
  return damaged;
}

/** Each record with the item in it. */
export function toEntries({ records, positions }: Snapshot, decoded: readonly Decoded[]): Entry[] {
  return records.map((record, index) => {
    const one = decoded[index];
    const item = typeof one === 'string' ? undefined : one;
    return { record, item, position: positions?.[index] ?? 0 };
  });
}
