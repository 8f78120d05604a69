import {
  copySession,
  exportSession,
  importSession,
  MemorySessionStore,
} from '@agent-sessions/core';
import type { AgentInputItem } from '@openai/agents';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTarget, type Target, user } from './support.ts';

let target: Target;
beforeAll(async () => {
  target = await openTarget();
});
afterAll(() => target[Symbol.asyncDispose]());

const conversation: AgentInputItem[] = Array.from({ length: 60 }, (_, turn) => [
  user(`question ${turn}`),
  {
    type: 'function_call' as const,
    callId: `c${turn}`,
    name: 'look',
    arguments: '{}',
    status: 'completed' as const,
  },
  {
    type: 'function_call_result' as const,
    callId: `c${turn}`,
    name: 'look',
    status: 'completed' as const,
    output: `found ${turn}`,
  },
  {
    type: 'message' as const,
    role: 'assistant' as const,
    status: 'completed' as const,
    content: [{ type: 'output_text' as const, text: `answer ${turn}` }],
  },
]).flat();

function expectSame(actual: AgentInputItem[]): void {
  const compare = (items: AgentInputItem[]): AgentInputItem[] =>
    target.session({ conversationId: 'any' }).prepareHistoryItemsForPersistenceComparison(items);
  expect(compare(actual)).toEqual(compare(conversation));
}

describe('moving a conversation', () => {
  it('copySession() brings it to the server and home again', async () => {
    const store = new MemorySessionStore();
    const local = store.session();
    await local.addItems(conversation);
    const remote = target.session();
    expect(await copySession(local, remote)).toBe(conversation.length);
    expectSame(await target.session({ conversationId: remote.sessionId ?? '' }).getItems());
    const home = store.session();
    await copySession(remote, home);
    expectSame(await home.getItems());
  });

  it('an export of a conversation can be imported into another', async () => {
    const from = target.session();
    await from.addItems(conversation);
    const to = target.session();
    await importSession(to, exportSession(from));
    expectSame(await to.getItems());
  });
});
