import { Agent, RunContext, Runner, tool } from '@openai/agents';
import {
  assistantMessage,
  functionCall,
  modelResponder,
  modelResponse,
  ScriptedModel,
} from '@openai/agents/testing';
import { describe, expect, test } from 'vitest';
import type { SessionStore, StoredSession } from '../../src/index.ts';
import { compaction, user } from '../items.ts';

/** Two stores over one database, as two processes have them. */
export interface TwoStores {
  readonly mine: SessionStore;
  readonly other: SessionStore;
}

const runner = new Runner({ tracingDisabled: true });
const deleted = { code: 'session_deleted' };

type Call = (session: StoredSession, run?: RunContext<unknown>) => Promise<unknown>;

const writes: readonly [string, Call][] = [
  ['addItems', (session, run) => session.addItems([user('late')], run)],
  [
    'an append by applyHistoryTransaction',
    (session, run) =>
      session.applyHistoryTransaction(
        { operationId: 'o', transaction: { type: 'append_items', items: [user('late')] } },
        run,
      ),
  ],
  [
    'replaceHistoryWithCompaction',
    (session, run) => session.replaceHistoryWithCompaction([compaction('late')], run),
  ],
];
const calls: readonly [string, Call][] = [
  ...writes,
  ['popItem', (session, run) => session.popItem(run)],
  [
    'a suffix replaced by applyHistoryTransaction',
    (session, run) => {
      const transaction = {
        type: 'replace_suffix' as const,
        expectedSuffix: [user('old')],
        replacement: [user('late')],
      };
      return session.applyHistoryTransaction({ operationId: 'o', transaction }, run);
    },
  ],
  ['getItems', (session, run) => session.getItems(undefined, run)],
  ['getItems of the newest', (session, run) => session.getItems(3, run)],
];

let sessions = 0;

/** Tests that a session which was deleted during a run stays deleted. */
export function testDeletions(stores: () => TwoStores): void {
  function open(): TwoStores & { id: string; session: StoredSession } {
    sessions += 1;
    const id = `deleted ${sessions}`;
    const { mine, other } = stores();
    return { mine, other, id, session: mine.session(id) };
  }

  async function read(): Promise<ReturnType<typeof open> & { run: RunContext<unknown> }> {
    const opened = open();
    const run = new RunContext();
    await opened.session.addItems([user('old')]);
    await opened.session.getItems(undefined, run);
    return { ...opened, run };
  }

  describe('in a run, after another process deleted the session', () => {
    test.each(calls)('%s rejects, and does not make it again', async (_name, call) => {
      const { session, other, id, run } = await read();
      await other.deleteSession(id);
      await expect(call(session, run)).rejects.toMatchObject(deleted);
      expect(await other.getSession(id)).toBeUndefined();
    });

    test.each(calls)(
      'and began it anew, %s rejects and leaves the new one alone',
      async (_name, call) => {
        const { session, other, id, run } = await read();
        await other.deleteSession(id);
        await other.session(id).addItems([user('old')]);
        await expect(call(session, run)).rejects.toMatchObject(deleted);
        expect(await other.session(id).getItems()).toEqual([user('old')]);
      },
    );

    test.each(writes)('%s outside the run begins a new session', async (_name, call) => {
      const { session, other, id } = await read();
      await other.deleteSession(id);
      await call(session);
      expect(await other.getSession(id)).toMatchObject({ itemCount: 1 });
    });

    test('it rejects also if the run had read only the newest items', async () => {
      const { session, other, id } = open();
      const run = new RunContext();
      await session.addItems([user('old')]);
      await session.getItems(1, run);
      await other.deleteSession(id);
      await expect(session.addItems([user('late')], run)).rejects.toMatchObject(deleted);
    });

    test('it rejects also if the run itself had made the session', async () => {
      const { session, other, id } = open();
      const run = new RunContext();
      await session.getItems(undefined, run);
      await session.addItems([user('old')], run);
      await other.deleteSession(id);
      await expect(session.addItems([user('late')], run)).rejects.toMatchObject(deleted);
    });
  });

  test.each(writes)(
    'in a run, after another process cleared the session, %s goes on',
    async (_name, call) => {
      const { session, other, id, run } = await read();
      await other.session(id).clearSession();
      await call(session, run);
      expect(await session.getItems()).toHaveLength(1);
    },
  );

  describe.each([false, true])('a run of the SDK (streamed: %s)', (stream) => {
    async function converse(agent: Agent, session: StoredSession): Promise<void> {
      if (!stream) {
        await runner.run(agent, 'a question', { session });
        return;
      }
      const result = await runner.run(agent, 'a question', { session, stream: true });
      await result.completed;
    }

    test('rejects if its session is deleted while the model thinks, and it stays deleted', async () => {
      const { session, other, id } = open();
      await session.addItems([user('old')]);
      const model = new ScriptedModel([
        modelResponder(async () => {
          await other.deleteSession(id);
          return [assistantMessage('an answer')];
        }),
      ]);
      const agent = new Agent({ name: 'Assistant', model });
      await expect(converse(agent, session)).rejects.toMatchObject(deleted);
      expect(await other.getSession(id)).toBeUndefined();
    });
  });

  test('a run that is resumed after an approval rejects if its session was deleted meanwhile', async () => {
    const { session, other, id } = open();
    await session.addItems([user('old')]);
    const refund = tool({
      name: 'refund',
      description: 'Refunds an order.',
      parameters: {
        type: 'object',
        properties: {},
        required: [],
        additionalProperties: false,
      },
      needsApproval: true,
      execute: async () => 'refunded',
    });
    const model = new ScriptedModel([
      modelResponse([functionCall('refund', {}, { callId: 'call' })]),
      modelResponse([assistantMessage('done')]),
    ]);
    const agent = new Agent({ name: 'Assistant', model, tools: [refund] });
    const { state, interruptions } = await runner.run(agent, 'refund it', { session });
    for (const interruption of interruptions) state.approve(interruption);
    await other.deleteSession(id);
    await expect(runner.run(agent, state, { session })).rejects.toMatchObject(deleted);
    expect(await other.getSession(id)).toBeUndefined();
  });
}
