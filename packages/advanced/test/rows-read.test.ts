import { AdvancedSession, AdvancedSessionStore } from '@agent-sessions/advanced';
import type { AgentInputItem } from '@openai/agents';
import { Usage } from '@openai/agents';
import { test } from 'vitest';
import {
  mysql,
  pglite,
  postgres,
  type TestDatabase,
  type TestKysely,
} from '../../kysely/test/support/backends.ts';
import { onEveryBackend } from '../../kysely/test/support/on-every-backend.ts';
import { analyze, expectFewRows, type NamedCall } from '../../kysely/test/support/rows-read.ts';
import { call, turn, user } from './support/items.ts';

const OTHER_SESSIONS = 8;
const ITEMS_OF_EACH = 2000;
/** Half of one other session; an index is no gain on the tables that have a row for each branch. */
const FEW_ROWS = 1000;
const BRANCH_TABLES =
  'agent_messages, message_nodes, branch_ranges, branch_segments, agent_branches';

const used = () => ({ state: { usage: new Usage({ requests: 1, inputTokens: 1 }) } });
const changedCall = call('c', '{"a":1}') as AgentInputItem & { type: 'function_call' };

type Work = (session: AdvancedSession, store: AdvancedSessionStore) => Promise<unknown>;

const operations: readonly [string, Work][] = [
  ['appending', (session) => session.addItems(turn('more', 'more'))],
  ['popping', (session) => session.popItem()],
  ['reading the newest 10', (session) => session.getItems(10)],
  ['storing usage', (session) => session.storeRunUsage(used())],
  ['making a branch', (session) => session.createBranchFromTurn(5, 'child')],
  ['appending to the branch', (session) => session.addItems(turn('own', 'own'))],
  ['reading the newest 10 of the branch', (session) => session.getItems(10)],
  ['popping from the branch', (session) => session.popItem()],
  [
    'a transaction on the branch',
    (session) =>
      session.applyHistoryTransaction({
        operationId: 'one',
        transaction: { type: 'append_items', items: [user('again')] },
      }),
  ],
  [
    'changing a call that the parent shows',
    (session) =>
      session.applyHistoryMutations({
        mutations: [{ type: 'replace_function_call', callId: 'c', replacement: changedCall }],
      }),
  ],
  ['listing branches', (session) => session.listBranches()],
  ['reading usage', (session) => session.getSessionUsage()],
  ['reading turns', (session) => session.getConversationTurns()],
  ['reading tool calls', (session) => session.getToolUsage()],
  ['compacting the branch', (session) => session.replaceHistoryWithCompaction([user('all')])],
  ['switching', (session) => session.switchToBranch('main')],
  ['cutting the parent under its child', (session) => session.rewindToTurn(4)],
  ['deleting the branch', (session) => session.deleteBranch('child')],
  ['clearing', (session) => session.clearSession()],
  ['deleting', async (session, store) => store.deleteSession(await session.getSessionId())],
];

/** Fills a database with sessions, which all have a branch and usage. */
async function fill(database: TestDatabase): Promise<void> {
  const store = new AdvancedSessionStore({ db: database.connect(), createTables: true });
  for (let number = 0; number < OTHER_SESSIONS; number += 1) {
    const other = new AdvancedSession({ store, sessionId: `other ${number}` });
    const turns = Array.from({ length: ITEMS_OF_EACH / 2 }, (_, n) => turn(`q${n}`, `a${n}`));
    await other.addItems(turns.flat());
    await other.createBranchFromTurn(500, 'child');
    await other.addItems(turn('own', 'own'));
    await other.storeRunUsage(used());
  }
}

async function callsOn(db: TestKysely): Promise<NamedCall[]> {
  const store = new AdvancedSessionStore({ db });
  const session = new AdvancedSession({ store, sessionId: 'own' });
  const turns = ['d', 'f', 'h'].flatMap((name) => turn(name, name));
  await session.addItems([...turn('a', 'a'), user('b'), call('c'), ...turns]);
  return operations.map(([name, work]) => [name, () => work(session, store)]);
}

onEveryBackend(
  (backend, database) => {
    test('no operation reads the rows of other sessions', async () => {
      await fill(database());
      await expectFewRows(backend, database(), FEW_ROWS, callsOn);
    });

    test('nor with the statistics of these tables', async () => {
      await analyze(backend, database(), BRANCH_TABLES);
      await expectFewRows(backend, database(), FEW_ROWS, callsOn);
    });
  },
  [postgres, mysql, pglite],
);
