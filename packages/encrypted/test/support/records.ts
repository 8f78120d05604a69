import { MemorySessionStore, type SessionStore } from '@agent-sessions/core';
import { type Snapshot, type SnapshotQuery, storeInternals } from '@agent-sessions/core/backend';
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

/** What is stored of a session, without its order of calls. */
export function snapshotOf(
  store: SessionStore,
  id: string,
  query?: SnapshotQuery,
): Promise<Snapshot> {
  return storeInternals(store).backend.snapshot(id, query);
}

/** What the store holds. */
export async function recordsOf(store: SessionStore, id: string): Promise<string[]> {
  return (await snapshotOf(store, id)).records;
}

/** Cuts off the newest record, as a bad disk or a careless hand might. */
export async function cutNewest(store: SessionStore, id: string, length: number): Promise<void> {
  const { backend } = storeInternals(store);
  const { state, records } = await backend.snapshot(id, { limit: 1 });
  const cut = records.map((record) => record.slice(0, length));
  await backend.replaceTail(id, { state, drop: 1, records: cut });
}

/** Writes to the store as somebody does who has no key. */
export async function setRecords(
  store: SessionStore,
  id: string,
  records: readonly string[],
): Promise<void> {
  const { backend } = storeInternals(store);
  const { state } = await backend.snapshot(id);
  await backend.replaceTail(id, { state, drop: 'all', records });
}

/** The text of one envelope, of a session named `id` under {@link KEY}. */
export async function sealed(id: string, item: AgentInputItem): Promise<string> {
  const store = new MemorySessionStore();
  await new EncryptedSession({ session: store.session(id), key: KEY }).addItems([item]);
  const [record] = await recordsOf(store, id);
  if (record === undefined) throw new Error('nothing was stored');
  return record;
}
