import type { SessionInfo, SessionMetadata, SessionStore } from '@agent-sessions/core';
import type { AgentInputItem, SessionHistoryTransactionArgs } from '@openai/agents';
import { call, compaction, user } from '../../../core/test/items.ts';

/** A session of a golden file, as every later version must read it. */
export interface GoldenSession {
  readonly info: SessionInfo;
  readonly items: readonly AgentInputItem[];
}

const BEGINNING_MS = Date.UTC(2026, 0, 1);

/** The operation that session `operation` has applied. */
export const operation: SessionHistoryTransactionArgs = {
  operationId: 'greeting',
  transaction: { type: 'append_items', items: [user('applied once')] },
};

const picture: AgentInputItem = {
  role: 'user',
  content: [
    { type: 'input_text', text: 'Größe 👋 \u2028 日本語' },
    { type: 'input_file', file: { id: 'file-1' }, providerData: { bytes: Uint8Array.of(0, 255) } },
  ],
};

/** What is written, each call a second after the one before. */
const writes: readonly ((store: SessionStore) => Promise<unknown>)[] = [
  (store) => store.session('plain').addItems([user('1'), picture]),
  (store) =>
    store
      .forOwner('alice')
      .session('plain')
      .addItems([user('hers')]),
  (store) => store.session('\u001fodd').addItems([user('an id that looks like a hash')]),
  (store) => store.session('metadata').addItems([user('noted')]),
  (store) => store.setMetadata('metadata', { title: 'Notes', tags: ['a', 'b'] }),
  (store) => store.session('operation').applyHistoryTransaction(operation),
  (store) => store.session('gap').addItems([user('1'), user('2'), user('3')]),
  (store) => store.session('gap').popItem(),
  (store) => store.session('gap').addItems([user('4')]),
  (store) =>
    store
      .session('changed')
      .addItems([call('c', '{"n":1}'), user('between'), call('c', '{"n":2}'), user('end')]),
  (store) =>
    store.session('changed').applyHistoryMutations({
      mutations: [
        { type: 'replace_function_call', callId: 'c', replacement: call('c', '{"n":3}') },
      ],
    }),
  (store) => store.session('compacted').addItems([user('1'), user('2'), user('3')]),
  (store) => store.session('compacted').replaceHistoryWithCompaction([compaction('summary')]),
  (store) => store.session('cleared').addItems([user('gone')]),
  (store) => store.session('cleared').clearSession(),
  (store) => store.setMetadata('empty', { title: 'Nothing said' }),
];

/** What is read, in the order of the list. */
export const golden: readonly GoldenSession[] = [
  session('empty', [15, 15], [], { metadata: { title: 'Nothing said' } }),
  session('cleared', [13, 14], []),
  session('compacted', [11, 12], [compaction('summary')]),
  session('changed', [9, 10], [call('c', '{"n":3}'), user('between'), user('end')]),
  session('gap', [6, 8], [user('1'), user('2'), user('4')]),
  session('operation', [5, 5], [user('applied once')]),
  session('metadata', [3, 4], [user('noted')], {
    metadata: { title: 'Notes', tags: ['a', 'b'] },
  }),
  session('\u001fodd', [2, 2], [user('an id that looks like a hash')]),
  session('plain', [1, 1], [user('hers')], { owner: 'alice' }),
  session('plain', [0, 0], [user('1'), picture]),
];

/** Writes one session of each kind. */
export async function writeGolden(store: SessionStore): Promise<void> {
  const { now } = Date;
  try {
    for (const [second, write] of writes.entries()) {
      Date.now = () => BEGINNING_MS + second * 1000;
      await write(store);
    }
  } finally {
    Date.now = now;
  }
}

/** All sessions of a store, in the order of the list. */
export async function readGolden(store: SessionStore): Promise<GoldenSession[]> {
  const { sessions } = await store.listSessions();
  const reading = sessions.map(async (info) => ({
    info,
    items: await storeOf(store, info.owner).session(info.sessionId).getItems(),
  }));
  return Promise.all(reading);
}

/** The store as the owner of a session sees it. */
export function storeOf(store: SessionStore, owner: string): SessionStore {
  return owner === '' ? store : store.forOwner(owner);
}

function session(
  sessionId: string,
  [created, updated]: readonly [created: number, updated: number],
  items: readonly AgentInputItem[],
  more: { readonly owner?: string; readonly metadata?: SessionMetadata } = {},
): GoldenSession {
  const [createdAt, updatedAt] = [created, updated].map(
    (second) => new Date(BEGINNING_MS + second * 1000),
  ) as [Date, Date];
  const info = { sessionId, owner: '', createdAt, updatedAt, itemCount: items.length, ...more };
  return { info, items };
}
