import assert from 'node:assert/strict';
import type { MemorySessionStore } from '@agent-sessions/core';
import type { EncryptedSession } from '@agent-sessions/encrypted';
import type { AgentInputItem } from '@openai/agents';

const WORDS = ['the heron waits', 'find_waterfowl', 'quagmires', 'call_84721', 'Wien-Schwechat'];
const BYTES = new TextEncoder().encode('a photograph of marshland');

const items: AgentInputItem[] = [
  { type: 'message', role: 'user', content: `Tell me where ${WORDS[0]}.` },
  {
    type: 'function_call',
    callId: 'call_84721',
    name: 'find_waterfowl',
    arguments: JSON.stringify({ place: 'quagmires' }),
    providerData: { bytes: BYTES },
  },
  {
    type: 'function_call_result',
    callId: 'call_84721',
    name: 'find_waterfowl',
    status: 'completed',
    output: { type: 'text', text: 'near Wien-Schwechat' },
  },
];

/** Shorter ones turn up in random base64. */
const SHORTEST_TRACE = 8;

/** What somebody searches for who has stolen the data: words, and base64 of them at each offset. */
const traces: readonly string[] = [
  ...WORDS,
  'a photograph of marshland',
  'function_call',
  '"role":"',
]
  .flatMap((text) => [text, ...base64Of(text)])
  .filter((trace) => trace.length >= SHORTEST_TRACE);

/**
 * Writes to a session in every way that it has, and fails if what is stored shows a word of it.
 *
 * @param dump - Everything that is stored, as text.
 */
export async function expectNothingReadable(
  session: Pick<
    EncryptedSession<ReturnType<MemorySessionStore['session']>>,
    | 'addItems'
    | 'getItems'
    | 'applyHistoryTransaction'
    | 'applyHistoryMutations'
    | 'replaceHistoryWithCompaction'
    | 'rotate'
  >,
  dump: () => Promise<string>,
): Promise<void> {
  const [question, call] = items;
  assert.ok(question && call?.type === 'function_call');
  await session.addItems(items);
  await session.applyHistoryTransaction({
    operationId: 'append',
    transaction: { type: 'append_items', items: [question] },
  });
  await session.applyHistoryTransaction({
    operationId: 'replace',
    transaction: { type: 'replace_suffix', expectedSuffix: [question], replacement: items },
  });
  await session.applyHistoryMutations({
    mutations: [{ type: 'replace_function_call', callId: call.callId, replacement: call }],
  });
  await session.replaceHistoryWithCompaction([...items, ...(await session.getItems())]);
  assert.equal((await session.getItems()).length, 8);
  const stored = await dump();
  assert.ok(stored.includes('at rest'), 'this is not what was stored');
  for (const trace of traces) {
    assert.ok(!stored.includes(trace), `what is stored shows ${JSON.stringify(trace)}`);
  }
}

/** The middle of a text in base64, which is spelled in one of three ways wherever it stands. */
function base64Of(text: string): string[] {
  return [0, 1, 2].map((offset) =>
    Buffer.from(' '.repeat(offset) + text)
      .toString('base64')
      .slice(offset === 0 ? 0 : 4, -4),
  );
}
