import type { AgentInputItem } from '@openai/agents';
import { turnIfDue } from './event-loop.ts';
import type { Decoded, RecordCoder } from './record-coder.ts';
import type { LockedSession, Snapshot, State } from './session-backend.ts';

/** How many records are read, and decoded, before the event loop turns, unless a backend says otherwise. */
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
export interface Whole<T> {
  readonly found: T[];
  readonly state: State | undefined;
  /** See `Snapshot`. */
  readonly follows: boolean;
  readonly damaged: number;
}

/** What to read of a history. */
interface WholeQuery {
  /** So many of the newest items, and perhaps more. Default: all. */
  readonly count?: number;
  /** See `SnapshotQuery`. */
  readonly base?: State | undefined;
}

/** What becomes of a page that was read. */
interface PageUse<T> {
  /** Whether the records are needed after they were decoded. */
  readonly keepsRecords: boolean;
  readonly find: (snapshot: Snapshot, decoded: readonly Decoded[]) => T[];
}

const AS_ENTRIES: PageUse<Entry> = { keepsRecords: true, find: toEntries };
// Half of what there is to collect as garbage are texts, which need not outlive their page.
const AS_ITEMS: PageUse<AgentInputItem> = {
  keepsRecords: false,
  find: (_snapshot, decoded) => itemsOf(decoded),
};

/** Where a history is. */
export interface Source {
  readonly session: LockedSession;
  readonly key: string;
  readonly coder: RecordCoder;
  readonly pageSize?: number | undefined;
}

/** Reads a whole history with its records, as {@link readItems} does. */
export function readEntries(source: Source, base?: State): Promise<Whole<Entry>> {
  return read(source, { base }, AS_ENTRIES);
}

/**
 * Reads the items of a history, or `count` of the newest and perhaps more. They are read in pages from
 * the end, between which the event loop turns, and yet are those of one moment: if anything but an
 * addition at the end happened meanwhile, they are read again, at last in one piece.
 */
export function readItems(source: Source, count: number): Promise<Whole<AgentInputItem>> {
  return read(source, { count }, AS_ITEMS);
}

async function read<T>(source: Source, query: WholeQuery, use: PageUse<T>): Promise<Whole<T>> {
  const { pageSize = PAGE } = source;
  for (let attempt = 1; attempt < ATTEMPTS; attempt += 1) {
    const whole = await readPages(source, { ...query, limit: pageSize }, use);
    if (whole !== undefined) return whole;
  }
  const whole = await readPages(source, query, use);
  if (whole === undefined) throw new Error('one page cannot differ from itself');
  return whole;
}

async function readPages<T>(
  { session, key, coder }: Source,
  { count = Number.POSITIVE_INFINITY, base, limit }: WholeQuery & { readonly limit?: number },
  { keepsRecords, find }: PageUse<T>,
): Promise<Whole<T> | undefined> {
  const pages: T[][] = [];
  let newest: Snapshot | undefined;
  let before: number | undefined;
  let items = 0;
  let damaged = 0;
  for (;;) {
    const since = newest === undefined ? base : newest.state;
    const snapshot = await session.snapshot(key, { positions: true, limit, before, base: since });
    if (newest === undefined) newest = snapshot;
    else if (!snapshot.follows || snapshot.state?.edition !== newest.state?.edition)
      return undefined;
    const { records, positions } = snapshot;
    const decoded = await coder.decode(keepsRecords ? [...records] : records);
    damaged += damagedAmong(decoded);
    items += itemsOf(decoded).length;
    pages.push(find(snapshot, decoded));
    before = positions?.[0];
    await turnIfDue();
    if (records.length !== limit || items >= count) break;
  }
  const { state, follows = true } = newest;
  // Of 200 000, `flat()` would take as long as some pages.
  return { found: ([] as T[]).concat(...pages.reverse()), state, follows, damaged };
}

/** The items among what was decoded. */
export function itemsOf(decoded: readonly Decoded[]): AgentInputItem[] {
  return decoded.filter((one) => typeof one !== 'string');
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
