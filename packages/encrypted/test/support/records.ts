import { MemorySessionStore, type SessionStore } from '@agent-sessions/core';
import { EncryptedSession } from '@agent-sessions/encrypted';
import type { AgentInputItem } from '@openai/agents';
import { KEY } from './keys.ts';

/** What a user says. */
export function user(content: string): AgentInputItem {
  return { type: 'message', role: 'user', content };
}

/** User messages named `name-0`, `name-1`, … */
export function users(name: string, count: number): AgentInputItem[] {
  return Array.from({ length: count }, (_, number) => user(`${name}-${number}`));
}

/** What the store holds. */
export async function recordsOf(store: SessionStore, id: string): Promise<string[]> {
  return (await store.snapshot(id)).records;
}

/** Writes to the store as somebody does who has no key. */
export async function setRecords(
  store: SessionStore,
  id: string,
  records: readonly string[],
): Promise<void> {
  const { revision } = await store.snapshot(id);
  await store.replaceTail(id, { revision, drop: 'all', records });
}

/** The text of one envelope, of a session named `id` under {@link KEY}. */
export async function sealed(id: string, item: AgentInputItem): Promise<string> {
  const store = new MemorySessionStore();
  await new EncryptedSession({ session: store.session(id), key: KEY }).addItems([item]);
  const [record] = await recordsOf(store, id);
  if (record === undefined) throw new Error('nothing was stored');
  return record;
}
