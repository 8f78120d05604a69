import { MemorySessionStore } from '@agent-sessions/core';
import type { AgentInputItem } from '@openai/agents-core';

// Texts of items are made and read by a session in memory: what an item may hold, how it is written
// and which errors there are is the same as for every other session.

const SCRATCH = 'scratch';

/** Copies items at once, and gives their texts, or says why they cannot be stored, when it is called. */
export function encodeItems(items: AgentInputItem[]): () => Promise<string[]> {
  const store = new MemorySessionStore();
  const written = store.session(SCRATCH).addItems(items);
  // Reported by the call below, which may come later.
  written.catch(() => {});
  return async () => {
    await written;
    return (await store.snapshot(SCRATCH)).records;
  };
}

/**
 * The items of the newest `limit` texts, or of all.
 *
 * @throws SessionError `invalid_limit`
 */
export async function decodeItems(
  texts: readonly string[],
  limit?: number,
): Promise<AgentInputItem[]> {
  const store = new MemorySessionStore();
  if (texts.length > 0) await store.append(SCRATCH, texts);
  return store.session(SCRATCH).getItems(limit);
}
