import type { SessionStore } from '@agent-sessions/core';
import { storeInternals } from '@agent-sessions/core/backend';
import type { AgentInputItem } from '@openai/agents';
import { expect } from 'vitest';

const says = (text: string): AgentInputItem => ({ role: 'user', content: text });
const texts = (session: string): AgentInputItem[] => [says(`${session} 1`), says(`${session} 2`)];

/** Applied to the session `operation` when the file was written, and repeated by who reads it. */
const operation = {
  operationId: 'op-1',
  transaction: { type: 'append_items' as const, items: [says('applied once')] },
};

/** Writes one session of each kind. */
export async function writeSessions(store: SessionStore): Promise<void> {
  for (const id of ['plain', 'metadata', 'operation', 'gap', 'cleared', 'compacted']) {
    await store.session(id).addItems(texts(id));
  }
  await store.forOwner('alice').session('plain').addItems(texts("alice's"));
  await store
    .forOwner('bob')
    .session('plain')
    .addItems([says('héllo €😀 \\ \' "')]);
  await store.setMetadata('metadata', { title: 'Ünïcode', tags: ['a', 'b'] });
  await store.session('operation').applyHistoryTransaction(operation);
  await store.session('gap').popItem();
  await store.session('gap').addItems([says('after the gap')]);
  await store.session('cleared').clearSession();
  await store.session('compacted').replaceHistoryWithCompaction([says('summary')]);
}

/** Fails unless the sessions are what was written, and can be written on. */
export async function expectSessions(store: SessionStore): Promise<void> {
  const alice = store.forOwner('alice');
  const read = (id: string) => store.session(id).getItems();
  expect(await read('plain')).toEqual(texts('plain'));
  expect(await alice.session('plain').getItems()).toEqual(texts("alice's"));
  const bob = await store.forOwner('bob').session('plain').getItems();
  expect(bob).toEqual([says('héllo €😀 \\ \' "')]);
  expect(await read('operation')).toEqual([...texts('operation'), says('applied once')]);
  expect(await read('gap')).toEqual([says('gap 1'), says('after the gap')]);
  expect(await read('cleared')).toEqual([]);
  expect(await read('compacted')).toEqual([says('summary')]);
  expect((await store.getSession('metadata'))?.metadata).toEqual({
    title: 'Ünïcode',
    tags: ['a', 'b'],
  });
  const { sessions } = await store.listSessions();
  expect(
    sessions.map(({ owner, sessionId, itemCount }) => [owner, sessionId, itemCount]).sort(),
  ).toEqual([
    ['', 'cleared', 0],
    ['', 'compacted', 1],
    ['', 'gap', 2],
    ['', 'metadata', 2],
    ['', 'operation', 3],
    ['', 'plain', 2],
    ['alice', 'plain', 2],
    ['bob', 'plain', 1],
  ]);
  const { backend } = storeInternals(store);
  const { positions, state } = await backend.snapshot('gap', { positions: true });
  expect([positions, state?.revision, state?.edition]).toEqual([[1, 4], 4, 3]);
  const compacted = (await backend.snapshot('compacted')).state;
  expect([compacted?.revision, compacted?.edition, compacted?.view]).toEqual([3, 3, 3]);

  await store.session('operation').applyHistoryTransaction(operation);
  expect(await read('operation')).toHaveLength(3);
  await alice.session('plain').addItems([says('more')]);
  expect(await alice.session('plain').getItems()).toEqual([...texts("alice's"), says('more')]);
  expect(await store.session('gap').popItem()).toEqual(says('after the gap'));
  await store.session('plain').replaceHistoryWithCompaction([says('summary')]);
  expect(await read('plain')).toEqual([says('summary')]);
  expect(await alice.deleteSession('plain')).toBe(true);
}
