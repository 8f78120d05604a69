import { RunState, run } from '@openai/agents';
import { describe, expect, test } from 'vitest';
import { turn, user } from './support/items.ts';
import { openSessions } from './support/open.ts';
import { agentWith, answer, refundCall } from './support/runs.ts';

const one = {
  requests: 1,
  inputTokens: 10,
  outputTokens: 5,
  totalTokens: 15,
  inputTokensDetails: { cached_tokens: 4 },
  outputTokensDetails: { reasoning_tokens: 1 },
};

describe('storeRunUsage', () => {
  test('stores what a run used in the turn that it belongs to', async () => {
    const { session } = openSessions();
    const on = session();
    const agent = agentWith(answer('1'), answer('2', 7));
    await on.storeRunUsage(await run(agent, 'first', { session: on }));
    await on.storeRunUsage(await run(agent, 'second', { session: on }));
    expect(await on.getTurnUsage()).toEqual([
      { userTurnNumber: 1, ...one },
      { userTurnNumber: 2, ...one, outputTokens: 7, totalTokens: 17 },
    ]);
    expect(await on.getTurnUsage(2)).toMatchObject({ userTurnNumber: 2, outputTokens: 7 });
    expect(await on.getTurnUsage(3)).toBeUndefined();
    expect(await on.getSessionUsage()).toEqual({
      requests: 2,
      inputTokens: 20,
      outputTokens: 12,
      totalTokens: 32,
      totalTurns: 2,
    });
  });

  test('stores two runs of different instances with the same answers in one turn as both', async () => {
    const { session } = openSessions();
    const on = session();
    await on.addItems([user('question')]);
    for (let number = 0; number < 2; number += 1) {
      const result = await run(agentWith(answer('same')), [], { session: on });
      await on.storeRunUsage(result);
    }
    expect(await on.getTurnUsage(1)).toEqual({
      userTurnNumber: 1,
      requests: 2,
      inputTokens: 20,
      outputTokens: 10,
      totalTokens: 30,
      inputTokensDetails: { cached_tokens: 8 },
      outputTokensDetails: { reasoning_tokens: 2 },
    });
  });

  test('stores one result twice, through whatever session object, as one', async () => {
    const { session, elsewhere } = openSessions();
    const on = session();
    const result = await run(agentWith(answer('1')), 'first', { session: on });
    await on.storeRunUsage(result);
    await on.storeRunUsage(result);
    await elsewhere().storeRunUsage(result);
    expect(await on.getTurnUsage()).toEqual([{ userTurnNumber: 1, ...one }]);
  });

  test('counts an interrupted run that is resumed in this process once', async () => {
    const { session } = openSessions();
    const on = session();
    const agent = agentWith(refundCall(), answer('Done.'));
    const interrupted = await run(agent, 'Refund order 42', { session: on });
    await on.storeRunUsage(interrupted);
    expect(await on.getTurnUsage(1)).toMatchObject({ requests: 1, outputTokens: 3 });
    for (const approval of interrupted.interruptions) interrupted.state.approve(approval);
    await on.storeRunUsage(await run(agent, interrupted.state, { session: on }));
    expect(await on.getTurnUsage()).toEqual([
      {
        userTurnNumber: 1,
        requests: 2,
        inputTokens: 20,
        outputTokens: 8,
        totalTokens: 28,
        inputTokensDetails: { cached_tokens: 8 },
        outputTokensDetails: { reasoning_tokens: 2 },
      },
    ]);
  });

  test('counts an interrupted run that is resumed from a serialized state once', async () => {
    const { session, elsewhere } = openSessions();
    const on = session();
    const agent = agentWith(refundCall(), answer('Done.'));
    const interrupted = await run(agent, 'Refund order 42', { session: on });
    await on.storeRunUsage(interrupted);
    const serialized = interrupted.state.toString();

    const there = elsewhere();
    const state = await RunState.fromString(agent, serialized);
    for (const approval of state.getInterruptions()) state.approve(approval);
    const resumed = await run(agent, state, { session: there });
    await there.storeRunUsage(resumed);
    await there.storeRunUsage(resumed);
    expect(await there.getSessionUsage()).toMatchObject({
      requests: 2,
      outputTokens: 8,
      totalTurns: 1,
    });
  });

  test('does not take another run with the same first answer for an interrupted one', async () => {
    const { session } = openSessions();
    const on = session();
    const first = await run(agentWith(refundCall('call_1')), 'Refund it', { session: on });
    await on.storeRunUsage(first);
    const second = await run(agentWith(refundCall('call_2')), 'Refund that', { session: on });
    await on.storeRunUsage(second);
    expect(await on.getSessionUsage()).toMatchObject({ requests: 2, totalTurns: 2 });
  });

  test('looks at the responses of a run once, however many interrupted ones there are', async () => {
    const { session } = openSessions();
    const on = session();
    await on.addItems([user('question')]);
    let looks = 0;
    const source = (id: string) => ({
      state: { usage: { requests: 1, inputTokens: 1, outputTokens: 1, totalTokens: 2 } },
      rawResponses: [
        {
          get responseId() {
            looks += 1;
            return id;
          },
          output: [],
        },
      ],
    });
    for (let number = 0; number < 20; number += 1) {
      await on.storeRunUsage({ ...source(`given up ${number}`), interruptions: [{}] });
    }
    looks = 0;
    await on.storeRunUsage(source('finished'));
    expect(looks).toBe(1);
    expect(await on.getSessionUsage()).toMatchObject({ requests: 21 });
  });

  test('stores the usage of a run where it ran, wherever the session has gone since', async () => {
    const { session } = openSessions();
    const on = session();
    const agent = agentWith(answer('1'), answer('2', 7));
    await on.storeRunUsage(await run(agent, 'first', { session: on }));
    const late = await run(agent, 'second', { session: on });
    await on.createBranchFromTurn(2, 'other');
    await on.storeRunUsage(late);
    expect(await on.getTurnUsage()).toEqual([]);
    expect(await on.getSessionUsage('other')).toBeUndefined();
    expect(await on.getSessionUsage('main')).toMatchObject({ requests: 2, totalTurns: 2 });
  });

  test('stores nothing for a turn that is gone, and says so', async () => {
    const { session, warnings } = openSessions();
    const on = session();
    const agent = agentWith(answer('1'), answer('2'));
    await on.storeRunUsage(await run(agent, 'first', { session: on }));
    const gone = await run(agent, 'second', { session: on });
    await on.rewindToTurn(2);
    await on.storeRunUsage(gone);
    await on.addItems(turn('second', 'again'));
    await on.storeRunUsage(gone);
    expect(await on.getTurnUsage()).toEqual([{ userTurnNumber: 1, ...one }]);
    expect(warnings[0]).toContain('the turn that the run belongs to is gone');
  });

  test('stores nothing for a run of another process on a branch that only inherited its turns', async () => {
    const { session, elsewhere } = openSessions();
    const on = session();
    await on.addItems([...turn('first', '1'), ...turn('second', '2')]);
    await on.createBranchFromTurn(2, 'fresh');
    await elsewhere().storeRunUsage(await run(agentWith(answer('x')), 'without a session'));
    expect(await on.getSessionUsage()).toBeUndefined();
  });

  test('never throws: a failure is logged, without content', async () => {
    const { session, warnings, database } = openSessions();
    const on = session();
    const result = await run(agentWith(answer('1')), 'first', { session: on });
    database.exec('DROP TABLE run_usage');
    await on.storeRunUsage(result);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain('storing the usage of a run failed');
    expect(warnings[0]).not.toContain('first');
  });

  test('sums details by key, nested ones and those given as one record too', async () => {
    const { session } = openSessions();
    const on = session();
    await on.addItems([user('question')]);
    const store = (details: object) =>
      on.storeRunUsage({
        state: {
          usage: {
            requests: 1,
            inputTokens: 1,
            outputTokens: 1,
            totalTokens: 2,
            inputTokensDetails: details as Record<string, unknown>,
          },
        },
      });
    await store([{ cached_tokens: 1, by_kind: { audio: 2 } }, { cached_tokens: 3 }]);
    await store({ by_kind: { audio: 1, text: 5 }, note: 'no number' });
    expect((await on.getTurnUsage(1))?.inputTokensDetails).toEqual({
      cached_tokens: 4,
      by_kind: { audio: 3, text: 5 },
    });
  });
});

describe('stored usage', () => {
  test('of all branches counts each run once', async () => {
    const { session } = openSessions();
    const on = session();
    const agent = agentWith(answer('1'), answer('2'), answer('3'));
    await on.storeRunUsage(await run(agent, 'first', { session: on }));
    await on.storeRunUsage(await run(agent, 'second', { session: on }));
    await on.createBranchFromTurn(2, 'other');
    await on.storeRunUsage(await run(agent, 'instead', { session: on }));
    expect(await on.getSessionUsage()).toMatchObject({ requests: 3, totalTurns: 3 });
    expect(await on.getSessionUsage('main')).toMatchObject({ requests: 2, totalTurns: 2 });
    expect(await on.getSessionUsage('other')).toMatchObject({ requests: 1, totalTurns: 1 });
    expect(await on.getTurnUsage()).toEqual([{ userTurnNumber: 2, ...one }]);
  });

  test('goes with the turn that is dropped, so that its number starts at nothing', async () => {
    const { session } = openSessions();
    const on = session();
    const agent = agentWith(answer('1'), answer('2', 7));
    await on.storeRunUsage(await run(agent, 'first', { session: on }));
    await on.rewindToTurn(1);
    await on.storeRunUsage(await run(agent, 'first, again', { session: on }));
    expect(await on.getSessionUsage()).toMatchObject({ requests: 1, outputTokens: 7 });
  });

  test('outlives compaction, as that of turn 0', async () => {
    const { session } = openSessions();
    const on = session();
    const agent = agentWith(answer('1'), answer('2'));
    await on.storeRunUsage(await run(agent, 'first', { session: on }));
    await on.storeRunUsage(await run(agent, 'second', { session: on }));
    await on.getItems();
    await on.replaceHistoryWithCompaction([{ type: 'compaction', encrypted_content: 'x' }]);
    expect(await on.getTurnUsage()).toMatchObject([{ userTurnNumber: 0, requests: 2 }]);
  });

  test('is forgotten with the session and with its branch', async () => {
    const { session } = openSessions();
    const on = session();
    const agent = agentWith(answer('1'), answer('2'));
    await on.storeRunUsage(await run(agent, 'first', { session: on }));
    await on.createBranchFromTurn(1, 'other');
    await on.storeRunUsage(await run(agent, 'second', { session: on }));
    await on.deleteBranch('other', { force: true });
    expect(await on.getSessionUsage()).toMatchObject({ requests: 1 });
    await on.clearSession();
    expect(await on.getSessionUsage()).toBeUndefined();
  });
});
