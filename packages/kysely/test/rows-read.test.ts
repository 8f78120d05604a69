import { KyselySessionStore } from '@agent-sessions/kysely';
import type { AgentInputItem } from '@openai/agents';
import { test } from 'vitest';
import { mysql, pglite, postgres, type TestKysely } from './support/backends.ts';
import { numbered } from './support/batches.ts';
import { onEveryBackend } from './support/on-every-backend.ts';
import { analyze, expectFewRows, type NamedCall } from './support/rows-read.ts';

const OTHER_SESSIONS = 8;
const ITEMS_OF_EACH = 2000;
/** An index is no gain on the table that has a row for each session. */
const FEW_ROWS = 200;

type Session = ReturnType<KyselySessionStore['session']>;
type Work = (session: Session, store: KyselySessionStore) => Promise<unknown>;

const call: AgentInputItem & { type: 'function_call' } = {
  type: 'function_call',
  callId: 'c',
  name: 'lookup',
  arguments: '{}',
};

const operations: readonly [string, Work][] = [
  ['appending', (session) => session.addItems([...numbered(4), call, ...numbered(4)])],
  ['reading the newest 3', (session) => session.getItems(3)],
  ['reading all', (session) => session.getItems()],
  ['popping', (session) => session.popItem()],
  [
    'a transaction',
    (session) =>
      session.applyHistoryTransaction({
        operationId: 'one',
        transaction: { type: 'append_items', items: numbered(2) },
      }),
  ],
  [
    'changing a call',
    (session) =>
      session.applyHistoryMutations({
        mutations: [
          {
            type: 'replace_function_call',
            callId: 'c',
            replacement: { ...call, arguments: '{"a":1}' },
          },
        ],
      }),
  ],
  ['compacting', (session) => session.replaceHistoryWithCompaction(numbered(2))],
  ['describing', async (session, store) => store.getSession(await session.getSessionId())],
  [
    'setting metadata',
    async (session, store) => store.setMetadata(await session.getSessionId(), { a: 1 }),
  ],
  ['clearing', (session) => session.clearSession()],
  ['deleting', async (session, store) => store.deleteSession(await session.getSessionId())],
];

async function callsOn(db: TestKysely): Promise<NamedCall[]> {
  const store = new KyselySessionStore({ db });
  const session = store.session('own');
  return operations.map(([name, work]) => [name, () => work(session, store)]);
}

onEveryBackend(
  (backend, database) => {
    test('no call on a session reads the rows of others', async () => {
      const store = new KyselySessionStore({ db: database().connect(), createTables: true });
      for (let number = 0; number < OTHER_SESSIONS; number += 1) {
        await store.session(`other ${number}`).addItems(numbered(ITEMS_OF_EACH));
      }
      await expectFewRows(backend, database(), FEW_ROWS, callsOn);
    });

    test('nor with the statistics of these tables', async () => {
      await analyze(backend, database(), 'agent_sessions, agent_messages, agent_operations');
      await expectFewRows(backend, database(), FEW_ROWS, callsOn);
    });
  },
  [postgres, mysql, pglite],
);
