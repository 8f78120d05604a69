import { AdvancedSessionStore } from '@agent-sessions/advanced';
import { MemorySessionStore, type StoredSession } from '@agent-sessions/core';
import { EncryptedSession } from '@agent-sessions/encrypted';
import { Agent, Runner, tool } from '@openai/agents';
import {
  assistantMessage,
  functionCall,
  modelResponse,
  ScriptedModel,
} from '@openai/agents/testing';
import SQLite from 'better-sqlite3';
import { Kysely, SqliteDialect } from 'kysely';
import { describe, expect, onTestFinished, test } from 'vitest';
import { KEY, OTHER_KEY } from '../../encrypted/test/support/keys.ts';

const runner = new Runner({ tracingDisabled: true });

/** An agent whose only tool needs approval: it asks for it, then answers. */
function asking() {
  const lookup = tool({
    name: 'lookup',
    description: 'Looks something up.',
    parameters: { type: 'object', properties: {}, required: [], additionalProperties: false },
    needsApproval: true,
    execute: async () => 'found',
  });
  const model = new ScriptedModel([
    modelResponse([functionCall('lookup', {}, { callId: 'c1' })]),
    modelResponse([assistantMessage('done')]),
  ]);
  return new Agent({ name: 'Scripted', model, tools: [lookup] });
}

type Opened = Pick<StoredSession, 'sealState' | 'openState' | 'getItems' | 'addItems'> &
  StoredSession;

function branched(): AdvancedSessionStore {
  const database = new SQLite(':memory:');
  database.pragma('foreign_keys = ON');
  onTestFinished(() => {
    database.close();
  });
  return new AdvancedSessionStore({ db: new Kysely({ dialect: new SqliteDialect({ database }) }) });
}

const kinds: Readonly<
  Record<
    string,
    () => {
      store: MemorySessionStore | AdvancedSessionStore;
      seal: (session: StoredSession) => Opened;
    }
  >
> = {
  'a plain session': () => ({ store: new MemorySessionStore(), seal: (session) => session }),
  'a session with branches': () => ({ store: branched(), seal: (session) => session }),
  'an encrypted session': () => ({
    store: new MemorySessionStore(),
    seal: (session) => new EncryptedSession({ session, key: KEY }) as unknown as Opened,
  }),
  'an encrypted session with branches': () => ({
    store: branched(),
    seal: (session) => new EncryptedSession({ session, key: KEY }) as unknown as Opened,
  }),
};

describe.each(Object.entries(kinds))('the state of a run on %s', (_kind, make) => {
  async function interrupted() {
    const { store, seal } = make();
    const open = (id = 'conversation') => seal(store.session(id));
    const agent = asking();
    const session = open();
    const result = await runner.run(agent, 'a secret question', { session });
    expect(result.interruptions).toHaveLength(1);
    return { store, agent, open, text: await session.sealState(result) };
  }

  test('goes on in another process, once it is approved', async () => {
    const { agent, open, text } = await interrupted();
    const session = open();
    const state = await session.openState(agent, text);
    for (const interruption of state.getInterruptions()) state.approve(interruption);
    expect((await runner.run(agent, state, { session })).finalOutput).toBe('done');
    const types = (await open().getItems()).map(({ type }) => type);
    expect(types).toEqual(['message', 'function_call', 'function_call_result', 'message']);
  });

  test('is refused after the session was deleted, also if that happens after it was opened', async () => {
    const { store, agent, open, text } = await interrupted();
    const session = open();
    const state = await session.openState(agent, text);
    for (const interruption of state.getInterruptions()) state.approve(interruption);
    await store.deleteSession('conversation');
    await expect(runner.run(agent, state, { session })).rejects.toMatchObject({
      code: 'session_deleted',
    });
    await expect(open().openState(agent, text)).rejects.toMatchObject({ code: 'session_deleted' });
    await open().addItems([{ role: 'user', content: 'a new conversation' }]);
    await expect(open().openState(agent, text)).rejects.toMatchObject({ code: 'session_deleted' });
  });

  test('opens on no other session, and no other text opens', async () => {
    const { agent, open, text } = await interrupted();
    await expect(open('another').openState(agent, text)).rejects.toMatchObject({
      code: expect.stringMatching(/^(?:invalid_options|decryption_failed)$/),
    });
    await expect(open().openState(agent, '{"state":1}')).rejects.toMatchObject({
      code: expect.stringMatching(/^(?:invalid_options|not_encrypted|decryption_failed)$/),
    });
  });
});

test('the state of a run on a branch opens on that branch alone', async () => {
  const store = branched();
  const agent = asking();
  const session = store.session('conversation');
  const text = await session.sealState(await runner.run(agent, 'question', { session }));
  await session.createBranchFromTurn(1, 'other');
  await expect(session.openState(agent, text)).rejects.toMatchObject({
    code: 'invalid_options',
    message: expect.stringContaining('belongs to branch "main", and this is branch "other"'),
  });
  const there = store.session('conversation', { branchId: 'main' });
  expect((await there.openState(agent, text)).getInterruptions()).toHaveLength(1);
});

test('the state of a run on an encrypted session shows nothing of it, and opens with its key alone', async () => {
  const store = new MemorySessionStore();
  const agent = asking();
  const session = new EncryptedSession({ session: store.session('s'), key: KEY });
  const text = await session.sealState(await runner.run(agent, 'a secret question', { session }));
  expect(text).not.toContain('secret');
  expect(text).not.toContain('lookup');
  const stranger = new EncryptedSession({ session: store.session('s'), key: OTHER_KEY });
  await expect(stranger.openState(agent, text)).rejects.toMatchObject({
    code: 'decryption_failed',
  });
});
