import assert from 'node:assert/strict';
import { type AgentInputItem, RunContext, type Session } from '@openai/agents';
import { assistantMessage, modelResponder, modelStreamResponder } from '@openai/agents/testing';
import { expectUnlisted, refusalOf } from '../assertions.ts';
import type { RuleContext } from '../context.ts';
import { append, replaceSuffix } from '../history-transaction.ts';
import { assistant, user, users } from '../items.ts';
import { directory, hasMethod } from '../optional.ts';
import { concern, type Rule } from '../rule.ts';
import { converse, looksUp, lookupTool, runner, says, scriptedAgent } from '../scripted.ts';

/** A method of a session, as it is called within a run. */
type CallInRun = (session: Session, run: RunContext<unknown>) => Promise<unknown>;

const invoke = (session: Session, method: string, ...args: unknown[]): Promise<unknown> =>
  Reflect.apply(Reflect.get(session, method), session, args);

const calls: Readonly<Record<string, CallInRun>> = {
  getItems: (session, run) => invoke(session, 'getItems', undefined, run),
  'getItems with a limit': (session, run) => invoke(session, 'getItems', 2, run),
  addItems: (session, run) => invoke(session, 'addItems', [user('late')], run),
  popItem: (session, run) => invoke(session, 'popItem', run),
  applyHistoryTransaction: (session, run) => {
    const transaction = append([user('late')]);
    return invoke(session, 'applyHistoryTransaction', { operationId: 'late', transaction }, run);
  },
  'applyHistoryTransaction of a suffix': (session, run) => {
    const transaction = replaceSuffix([], [user('late')]);
    return invoke(session, 'applyHistoryTransaction', { operationId: 'late', transaction }, run);
  },
  replaceHistoryWithCompaction: (session, run) =>
    invoke(session, 'replaceHistoryWithCompaction', [user('late')], run),
};

/** The calls that the session has. */
function callsOf(session: Session): [string, CallInRun][] {
  return Object.entries(calls).filter(([name]) => hasMethod(session, name.split(' ')[0] ?? ''));
}

/** Fails unless a call says that its session was deleted. */
async function expectDeleted(t: RuleContext, call: () => Promise<unknown>, what: string) {
  const error = await refusalOf(call, what);
  if (t.has('errorCodes')) assert.equal(Reflect.get(error, 'code'), 'session_deleted', what);
}

const read: CallInRun = (session, run) => invoke(session, 'getItems', undefined, run);
/** How a run comes to know which session it is on. */
const ways: Readonly<Record<string, CallInRun>> = {
  read,
  'read the end of': (session, run) => invoke(session, 'getItems', 1, run),
  'written to': (session, run) => invoke(session, 'addItems', [user('own')], run),
};

/** A session that a run has seen. */
async function seen(t: RuleContext, see: CallInRun = read) {
  const id = t.newId();
  const [session, run] = [await t.open(id), new RunContext()];
  await session.addItems(users('old', 2));
  await see(session, run);
  return { id, session, run };
}

export const deletion: readonly Rule[] = concern(
  'deletion',
  (rule) => {
    for (const [how, see] of Object.entries(ways)) {
      rule(
        `a session that was deleted after a run had ${how} it is not made again by that run`,
        async (t) => {
          for (const [name, call] of callsOf(await t.open())) {
            const { id, session, run } = await seen(t, see);
            assert.equal(await directory(session).deleteSession(id), true);
            await expectDeleted(t, () => call(session, run), name);
            await expectUnlisted(session);
            assert.deepEqual(await session.getItems(), [], `${name} left something`);
          }
        },
      );
    }

    rule('a session that a run has made itself is not made again by that run', async (t) => {
      const id = t.newId();
      const [session, run] = [await t.open(id), new RunContext()];
      await invoke(session, 'getItems', undefined, run);
      await invoke(session, 'addItems', [user('own')], run);
      await directory(session).deleteSession(id);
      await expectDeleted(t, () => invoke(session, 'addItems', [user('late')], run), 'addItems');
      await expectUnlisted(session);
    });

    rule('a session that was begun anew is left alone by a run on the deleted one', async (t) => {
      for (const [name, call] of callsOf(await t.open())) {
        const { id, session, run } = await seen(t);
        await directory(session).deleteSession(id);
        await session.addItems([user('new')]);
        await expectDeleted(t, () => call(session, run), name);
        await t.expectHistory(session, [user('new')], name);
      }
    });

    rule('a call without a run on a deleted session begins a new one', async (t) => {
      const { id, session } = await seen(t);
      await directory(session).deleteSession(id);
      await session.addItems([user('new')]);
      await t.expectHistory(await t.open(id), [user('new')]);
    });

    rule('clearing is not deletion: the run goes on', async (t) => {
      for (const [name, call] of callsOf(await t.open())) {
        const { session, run } = await seen(t);
        await session.clearSession();
        await call(session, run);
        await invoke(session, 'addItems', [user('on')], run);
        const items = (await session.getItems()) as AgentInputItem[];
        t.expectItems(session, items.slice(-1), [user('on')], name);
      }
    });

    rule('a session that is deleted during a run without streaming stays deleted', async (t) => {
      const id = t.newId();
      const session = await t.open(id);
      await session.addItems(users('old', 2));
      const { agent } = scriptedAgent([
        modelResponder(async () => {
          await directory(session).deleteSession(id);
          return [assistantMessage('answer')];
        }),
      ]);
      await expectDeleted(t, () => runner.run(agent, 'question', { session }), 'the run');
      await expectUnlisted(session);
      await t.expectHistory(session, []);
    });

    rule('a session that is deleted during a streamed run stays deleted', async (t) => {
      const id = t.newId();
      const session = await t.open(id);
      await session.addItems(users('old', 2));
      const { agent } = scriptedAgent([
        modelStreamResponder(async function* () {
          yield { type: 'output_text_delta', delta: 'half an ans' };
          await directory(session).deleteSession(id);
          yield { type: 'output_text_delta', delta: 'wer' };
        }),
      ]);
      await expectDeleted(t, () => converse(agent, 'question', session, true), 'the run');
      await expectUnlisted(session);
      await t.expectHistory(session, []);
    });

    rule('a session that is deleted while a run waits for approval stays deleted', async (t) => {
      const id = t.newId();
      const session = await t.open(id);
      const { lookup } = lookupTool(true);
      const { agent } = scriptedAgent([looksUp('a'), says('done')], { tools: [lookup] });
      const { state } = await runner.run(agent, 'look up', { session });
      await directory(session).deleteSession(id);
      for (const item of state.getInterruptions()) state.approve(item);
      await expectDeleted(t, () => runner.run(agent, state, { session }), 'the resumed run');
      await expectUnlisted(session);
      await converse(scriptedAgent([says('answer')]).agent, 'again', session, false);
      await t.expectHistory(session, [user('again'), assistant('answer')]);
    });

    rule(
      'a session that another process deletes during a run stays deleted',
      async (t) => {
        const other = await t.startProcess();
        const id = t.newId();
        const session = await t.open(id);
        await session.addItems(users('old', 2));
        const { agent } = scriptedAgent([
          modelStreamResponder(async function* () {
            yield { type: 'output_text_delta', delta: 'half an ans' };
            await other.deleteSession(id);
            yield { type: 'output_text_delta', delta: 'wer' };
          }),
        ]);
        await expectDeleted(t, () => converse(agent, 'question', session, true), 'the run');
        await expectUnlisted(session);
        await t.expectHistory(session, []);
      },
      ['processes'],
    );
  },
  ['runContext', 'directory', 'callerIds'],
);
