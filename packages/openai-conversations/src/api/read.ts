import { SessionError } from '@agent-sessions/core';
import type { WireItem } from '../wire.ts';
import {
  type ConversationsApi,
  MissingConversationError,
  type PageQuery,
} from './conversations-api.ts';

const PAGE_SIZE = 100;
/** How often a read starts again because the item at a page's edge was deleted meanwhile. */
const MAX_RESTARTS = 3;

/** All items, oldest first. */
export async function readAll(api: ConversationsApi, conversationId: string): Promise<WireItem[]> {
  for (let restarts = 0; ; restarts += 1) {
    const items: WireItem[] = [];
    try {
      for await (const page of pages(api, conversationId, { order: 'asc', limit: PAGE_SIZE })) {
        items.push(...page);
      }
      return items;
    } catch (error) {
      if (items.length === 0 || restarts === MAX_RESTARTS || !isLostCursor(error)) throw error;
    }
  }
}

/** The newest items, oldest first, with no more requests than it takes. */
export async function readNewest(
  api: ConversationsApi,
  conversationId: string,
  count: number,
): Promise<WireItem[]> {
  const items: WireItem[] = [];
  let after: string | undefined;
  while (items.length < count) {
    const limit = Math.min(count - items.length, PAGE_SIZE);
    const page = await api.page(conversationId, { order: 'desc', limit, after });
    items.push(...page.items);
    after = page.next;
    if (after === undefined) break;
  }
  return items.reverse();
}

/** The ids of all items, newest first. */
export async function readIds(api: ConversationsApi, conversationId: string): Promise<string[]> {
  const query: PageQuery = { order: 'desc', limit: PAGE_SIZE, idsOnly: true };
  const ids: string[] = [];
  for await (const page of pages(api, conversationId, query)) {
    ids.push(...page.map(({ id }) => String(id)));
  }
  return ids;
}

/** Items that were in a conversation when it was last looked at. */
export interface Known {
  /** Newest last. */
  readonly ids: readonly string[];
  /** Whether there were no others. */
  readonly isAll: boolean;
}

/** What was added after the newest known item that is still there, oldest first. */
export async function readSince(
  api: ConversationsApi,
  conversationId: string,
  known: Known,
): Promise<WireItem[]> {
  const ids = new Set(known.ids);
  const newer: WireItem[] = [];
  for await (const page of pages(api, conversationId, { order: 'desc', limit: PAGE_SIZE })) {
    const anchor = page.findIndex(({ id }) => id !== undefined && ids.has(id));
    newer.push(...(anchor === -1 ? page : page.slice(0, anchor)));
    if (anchor !== -1) return newer.reverse();
  }
  if (known.isAll || newer.length === 0) return newer.reverse();
  throw new SessionError(
    'conflict',
    `The ${ids.size} newest items that were known of conversation ${JSON.stringify(conversationId)} were deleted by somebody else.`,
  );
}

async function* pages(
  api: ConversationsApi,
  conversationId: string,
  query: PageQuery,
): AsyncGenerator<readonly WireItem[], void, undefined> {
  let after: string | undefined;
  do {
    const page = await api.page(conversationId, { ...query, after });
    yield page.items;
    after = page.next;
  } while (after !== undefined);
}

/** Pages after the first one fail so when the item that they follow is no longer there. */
function isLostCursor(error: unknown): boolean {
  if (!(error instanceof SessionError) || error instanceof MissingConversationError) return false;
  const status: unknown = Reflect.get(Object(error.cause), 'status');
  return status === 400 || status === 404;
}
