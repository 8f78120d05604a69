import { isSessionError, type SessionStore, type StoredSession } from '@agent-sessions/core';
import type { AgentInputItem } from '@openai/agents';
import { batchOf } from './batches.ts';

/** Every method that asks the database something, whether it writes, and how it is called. */
const METHODS: readonly {
  readonly name: string;
  readonly writes: boolean;
  readonly call: (session: StoredSession, store: SessionStore, id: string) => Promise<unknown>;
}[] = [
  { name: 'getItems()', writes: false, call: (session) => session.getItems() },
  { name: 'getItems(2)', writes: false, call: (session) => session.getItems(2) },
  { name: 'addItems()', writes: true, call: (session) => session.addItems(batchOf('late')) },
  { name: 'popItem()', writes: true, call: (session) => session.popItem() },
  { name: 'clearSession()', writes: true, call: (session) => session.clearSession() },
  {
    name: 'applyHistoryTransaction()',
    writes: true,
    call: (session) =>
      session.applyHistoryTransaction({
        operationId: 'late',
        transaction: { type: 'append_items', items: batchOf('late') },
      }),
  },
  {
    name: 'applyHistoryMutations()',
    writes: true,
    call: (session) =>
      session.applyHistoryMutations({
        mutations: [
          { type: 'replace_function_call', callId: 'call', replacement: functionCall('changed') },
        ],
      }),
  },
  {
    name: 'replaceHistoryWithCompaction()',
    writes: true,
    call: (session) => session.replaceHistoryWithCompaction(batchOf('summary')),
  },
  {
    name: 'setMetadata()',
    writes: true,
    call: (_, store, id) => store.setMetadata(id, { title: 'late' }),
  },
  { name: 'deleteSession()', writes: true, call: (_, store, id) => store.deleteSession(id) },
  { name: 'getSession()', writes: false, call: (_, store, id) => store.getSession(id) },
  { name: 'listSessions()', writes: false, call: (_, store) => store.listSessions() },
];

function functionCall(name: string) {
  return {
    type: 'function_call',
    callId: 'call',
    name,
    arguments: '{}',
    status: 'completed',
  } as const satisfies AgentInputItem;
}

/** Gives each method a session of its own to work on, which is the method's name. */
export async function prepareSessions(store: SessionStore, prefix: string): Promise<void> {
  for (const { name } of METHODS) {
    await store.session(prefix + name).addItems([...batchOf('before'), functionCall('tool')]);
  }
}

/** What a call came to. */
export interface Outcome {
  readonly name: string;
  readonly writes: boolean;
  /** `done`, or the code that it rejected with. */
  readonly code: string;
  readonly message: string;
  /** In milliseconds. */
  readonly tookMs: number;
}

/**
 * Calls every method at once, each on the session that was prepared for it.
 *
 * @param wrap - What the session is called through. Default: itself.
 */
export function callEveryMethod(
  store: SessionStore,
  prefix: string,
  wrap: (session: StoredSession) => StoredSession = (session) => session,
): Promise<Outcome[]> {
  return Promise.all(
    METHODS.map(async ({ name, writes, call }) => {
      const id = prefix + name;
      const begin = performance.now();
      const [code, message] = await call(wrap(store.session(id)), store, id).then(
        () => ['done', ''],
        (error: unknown) =>
          isSessionError(error) ? [error.code, error.message] : ['no SessionError', String(error)],
      );
      return {
        name,
        writes,
        code: code ?? '',
        message: message ?? '',
        tookMs: performance.now() - begin,
      };
    }),
  );
}
