import { SessionError } from '@agent-sessions/core';
import type { ConversationsApi } from './conversations-api.ts';
import { readIds } from './read.ts';

/** How many deletions are under way at once. */
const AT_ONCE = 8;
/** How many ids an error names. */
const NAMED = 20;

/** How far a clear is. */
export interface ClearProgress {
  /** Items deleted so far. */
  readonly deleted: number;
  /** Items that there were when it began. */
  readonly total: number;
}

/**
 * Deletes the items that there are now, newest first, eight at a time. When that fails for good, what
 * is left need not be the start of the history.
 */
export async function clear(
  api: ConversationsApi,
  conversationId: string,
  onProgress: (progress: ClearProgress) => void,
): Promise<void> {
  const ids = await readIds(api, conversationId);
  const left = new Set(ids);
  const queue = ids.values();
  const failures: unknown[] = [];
  const work = async (): Promise<void> => {
    for (const id of queue) {
      if (failures.length > 0) return;
      try {
        await api.deleteItem(conversationId, id);
        left.delete(id);
        onProgress({ deleted: ids.length - left.size, total: ids.length });
      } catch (error) {
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  if (failures.length > 0) throw incomplete(failures[0], ids.length, [...left]);
}

function incomplete(error: unknown, total: number, left: readonly string[]): unknown {
  if (!(error instanceof SessionError)) return error;
  const more = left.length > NAMED ? `, and ${left.length - NAMED} more` : '';
  return new SessionError(
    error.code,
    `${error.message} ${total - left.length} of ${total} items were deleted, and these are left: ${left.slice(0, NAMED).join(', ')}${more}. Clear again to delete them.`,
    { cause: error.cause },
  );
}
