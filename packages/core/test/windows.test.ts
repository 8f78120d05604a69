import type { AgentInputItem } from '@openai/agents';
import { describe, expect, test } from 'vitest';
import { keepRecentItems, keepRecentTurns } from '../src/index.ts';
import { assistant, call, raw, reasoning, result, user } from './items.ts';

const input = [user('new')];

async function itemsShown(history: AgentInputItem[], items: number): Promise<AgentInputItem[]> {
  return keepRecentItems(items)(history, input);
}

async function turnsShown(history: AgentInputItem[], turns: number): Promise<AgentInputItem[]> {
  return keepRecentTurns(turns)(history, input);
}

describe('keepRecentItems', () => {
  const history = ['1', '2', '3'].map(user);

  test.each([
    [0, []],
    [1, [user('3')]],
    [2, [user('2'), user('3')]],
    [3, history],
    [99, history],
  ])('(%d) shows the newest items of the history, then the input', async (items, shown) => {
    expect(await itemsShown(history, items)).toEqual([...shown, ...input]);
  });

  test('shows the input alone if there is no history', async () => {
    expect(await itemsShown([], 5)).toEqual(input);
  });

  test('does not change the history that it was given', async () => {
    const given = [...history];
    await itemsShown(given, 1);
    expect(given).toEqual(history);
  });
});

describe('keepRecentTurns', () => {
  const turn = (text: string): AgentInputItem[] => [
    user(text),
    call(text),
    result(text),
    assistant(text),
  ];
  const history = [assistant('before any turn'), ...turn('1'), ...turn('2'), ...turn('3')];

  test.each([
    [0, []],
    [1, turn('3')],
    [2, [...turn('2'), ...turn('3')]],
    [3, [...turn('1'), ...turn('2'), ...turn('3')]],
    [4, history],
    [99, history],
  ])(
    '(%d) shows the newest turns, each from its user message on, then the input',
    async (turns, shown) => {
      expect(await turnsShown(history, turns)).toEqual([...shown, ...input]);
    },
  );

  test('counts each of several user messages in a row', async () => {
    expect(await turnsShown([user('1'), user('2'), user('3')], 2)).toEqual([
      user('2'),
      user('3'),
      ...input,
    ]);
  });

  test('counts a user message without `type`, and no message of another role', async () => {
    const system: AgentInputItem = { role: 'system', content: 's' };
    const plain: AgentInputItem = { role: 'user', content: '2' };
    expect(await turnsShown([user('1'), plain, system], 1)).toEqual([plain, system, ...input]);
  });

  test('counts a user message in an item that the SDK does not know', async () => {
    const foreign: AgentInputItem = {
      type: 'unknown',
      providerData: { type: 'message', role: 'user', content: [] },
    };
    expect(await turnsShown([user('1'), foreign, assistant('2')], 1)).toEqual([
      foreign,
      assistant('2'),
      ...input,
    ]);
  });

  test('reaches back to the call of a result that came in a later turn', async () => {
    const slow = [user('1'), call('c'), user('2'), result('c'), user('3')];
    expect(await turnsShown(slow, 2)).toEqual([...slow.slice(1), ...input]);
    expect(await turnsShown(slow, 1)).toEqual([user('3'), ...input]);
  });
});

/** What `keepRecentItems(1)` shows of the history. */
async function shownWithLast(history: AgentInputItem[]): Promise<AgentInputItem[]> {
  return (await itemsShown(history, 1)).slice(0, -input.length);
}

describe('a window never parts a result from its call', () => {
  const before = user('before');

  test.each<[string, AgentInputItem, AgentInputItem]>([
    ['a function', call('c'), result('c')],
    [
      'a shell',
      { type: 'shell_call', callId: 'c', action: { commands: ['ls'] } },
      { type: 'shell_call_output', callId: 'c', output: [] },
    ],
    [
      'a patch',
      {
        type: 'apply_patch_call',
        callId: 'c',
        status: 'completed',
        operation: { type: 'delete_file', path: 'a' },
      },
      { type: 'apply_patch_call_output', callId: 'c', status: 'completed' },
    ],
    [
      'a computer',
      { type: 'computer_call', callId: 'c', status: 'completed', action: { type: 'screenshot' } },
      {
        type: 'computer_call_result',
        callId: 'c',
        output: { type: 'computer_screenshot', data: '' },
      },
    ],
    [
      'a program',
      { type: 'program', callId: 'c', code: '', fingerprint: '' },
      { type: 'program_output', callId: 'c', output: '', status: 'completed' },
    ],
    [
      'a tool search',
      { type: 'tool_search_call', call_id: 'c', arguments: {} },
      { type: 'tool_search_output', call_id: 'c', tools: [] },
    ],
    [
      'a tool search whose other id is null',
      { type: 'tool_search_call', callId: null, call_id: 'c', arguments: {} },
      { type: 'tool_search_output', callId: null, call_id: 'c', tools: [] },
    ],
    [
      'a hosted MCP approval',
      {
        type: 'hosted_tool_call',
        name: 'mcp_approval_request',
        id: 'm',
        providerData: { type: 'mcp_approval_request', id: 'm' },
      },
      {
        type: 'hosted_tool_call',
        name: 'mcp_approval_response',
        // As the SDK makes it: without a `type` of its own.
        providerData: { approval_request_id: 'm', approve: true },
      },
    ],
    [
      'a raw function',
      raw({ type: 'function_call', call_id: 'c', name: 'f', arguments: '{}' }),
      raw({ type: 'function_call_output', call_id: 'c', output: '' }),
    ],
    [
      'a raw custom tool',
      raw({ type: 'custom_tool_call', call_id: 'c', name: 'f', input: '' }),
      raw({ type: 'custom_tool_call_output', call_id: 'c', output: '' }),
    ],
    [
      'a raw computer',
      raw({ type: 'computer_call', call_id: 'c' }),
      raw({ type: 'computer_call_output', call_id: 'c' }),
    ],
    [
      'a raw local shell',
      raw({ type: 'local_shell_call', call_id: 'c' }),
      raw({ type: 'local_shell_call_output', call_id: 'c' }),
    ],
    [
      'a raw MCP approval',
      raw({ type: 'mcp_approval_request', id: 'm' }),
      raw({ type: 'mcp_approval_response', approval_request_id: 'm', approve: true }),
    ],
    [
      'a tool search of the server, which has no id',
      { type: 'tool_search_call', call_id: null, execution: 'server', arguments: {} },
      { type: 'tool_search_output', call_id: null, execution: 'server', tools: [] },
    ],
    [
      'a custom tool in items that the SDK does not know',
      { type: 'unknown', providerData: { type: 'custom_tool_call', call_id: 'c' } },
      { type: 'unknown', providerData: { type: 'custom_tool_call_output', call_id: 'c' } },
    ],
  ])('of %s', async (_tool, called, resulted) => {
    expect(await shownWithLast([before, called, resulted])).toEqual([called, resulted]);
    expect(await shownWithLast([before, called, user('x'), resulted])).toEqual([
      called,
      user('x'),
      resulted,
    ]);
  });

  test('of calls made in parallel', async () => {
    const calls = [call('a'), call('b'), call('c'), result('b'), result('a'), result('c')];
    expect(await shownWithLast([before, ...calls])).toEqual(calls);
  });

  test('when its id was used before: the nearest earlier call is its own', async () => {
    const twice = [call('c', '1'), result('c', '1'), call('c', '2'), result('c', '2')];
    expect(await shownWithLast([before, ...twice])).toEqual(twice.slice(2));
  });

  test('when the id of a tool of another kind is the same', async () => {
    const shell: AgentInputItem = { type: 'shell_call', callId: 'c', action: { commands: [] } };
    const mixed = [call('c'), shell, result('c')];
    expect(await shownWithLast([before, ...mixed])).toEqual(mixed);
  });

  test('of tool searches without ids that were made in parallel', async () => {
    const search = (): AgentInputItem => ({ type: 'tool_search_call', arguments: {} });
    const found = (): AgentInputItem => ({ type: 'tool_search_output', tools: [] });
    const unanswered = [before, search(), user('1')];
    const searches = [search(), search(), found(), found()];
    expect(await shownWithLast([...unanswered, ...searches])).toEqual(searches);
  });

  test('that is new, be the number 0', async () => {
    const given = [result('a'), result('b')];
    const calls = [call('a'), call('b')];
    const history = [before, reasoning('r'), ...calls];
    for (const window of [keepRecentItems(0), keepRecentItems(1), keepRecentTurns(0)]) {
      expect(await window(history, given)).toEqual([reasoning('r'), ...calls, ...given]);
    }
  });

  test('and does not reach back for a result whose call is not there', async () => {
    expect(await shownWithLast([before, result('lost')])).toEqual([result('lost')]);
  });

  test('and shows a call without a result as it is', async () => {
    expect(await shownWithLast([before, call('pending')])).toEqual([call('pending')]);
  });
});

describe('a window never parts an item from the reasoning right before it', () => {
  test.each([
    ['a message', [reasoning('r'), assistant('1')]],
    ['a call, which the result at its end belongs to', [reasoning('r'), call('c'), result('c')]],
    ['several pieces of reasoning', [reasoning('1'), reasoning('2'), assistant('1')]],
    [
      'the call that a result reaches back to, and a call before that one',
      [reasoning('1'), call('a'), reasoning('2'), call('b'), result('a'), result('b')],
    ],
  ])('%s', async (_what, history) => {
    expect((await itemsShown([user('before'), ...history], 2)).slice(0, -1)).toEqual(history);
  });

  test('be it in an item that the SDK does not know', async () => {
    const history: AgentInputItem[] = [
      { type: 'unknown', providerData: { type: 'reasoning', id: 'r', summary: [] } },
      call('c'),
    ];
    expect(await shownWithLast([user('before'), ...history])).toEqual(history);
  });

  test('but starts behind an item that follows reasoning by two', async () => {
    const history = [reasoning('r'), assistant('1'), assistant('2')];
    expect(await shownWithLast(history)).toEqual([assistant('2')]);
  });
});

describe('a number that is not a whole number of at least 0', () => {
  test.each([-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '3', undefined])(
    '%o is refused when the window is made',
    (count) => {
      const refusal = expect.objectContaining({ code: 'invalid_options' });
      expect(() => keepRecentItems(count as number)).toThrow(refusal);
      expect(() => keepRecentTurns(count as number)).toThrow(refusal);
    },
  );
});
