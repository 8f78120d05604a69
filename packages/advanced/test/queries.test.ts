import type { AgentInputItem } from '@openai/agents';
import { describe, expect, test } from 'vitest';
import { assistant, call, result, turn, user } from './support/items.ts';
import { openSessions } from './support/open.ts';

async function holding(items: AgentInputItem[]) {
  const session = openSessions().session();
  await session.addItems(items);
  return session;
}

describe('getConversationTurns', () => {
  test('gives number, preview, full text, time and whether one can branch', async () => {
    const long = 'x'.repeat(99).concat('😀', 'y'.repeat(20));
    const session = await holding([assistant('Hi'), user('short'), assistant('ok'), user(long)]);
    const turns = await session.getConversationTurns();
    expect(turns).toEqual([
      {
        turn: 1,
        content: 'short',
        fullContent: 'short',
        timestamp: expect.any(Date),
        canBranch: true,
      },
      {
        turn: 2,
        content: `${'x'.repeat(99)}...`,
        fullContent: long,
        timestamp: expect.any(Date),
        canBranch: true,
      },
    ]);
    expect(Math.abs(Date.now() - (turns[0]?.timestamp.getTime() ?? 0))).toBeLessThan(60_000);
  });

  test('reads the text of messages made of parts, and passes over attachments', async () => {
    const session = await holding([
      {
        role: 'user',
        content: [
          { type: 'input_text', text: 'Look at this:' },
          { type: 'input_image', image: 'data:image/png;base64,AAAA' },
        ],
      },
    ]);
    expect((await session.getConversationTurns())[0]?.fullContent).toBe('Look at this:');
  });

  test('passes over where a prompt may be cached, and where and what files are', async () => {
    const cached = { promptCacheBreakpoint: { mode: 'explicit' as const } };
    const session = await holding([
      {
        role: 'user',
        content: [
          { type: 'input_text', text: 'See the file.', ...cached },
          { type: 'input_file', file: { url: 'https://a.example/a.pdf' }, filename: 'a.pdf' },
        ],
      },
      {
        role: 'user',
        content: [
          { type: 'input_text', text: 'And that.', prompt_cache_breakpoint: { mode: 'explicit' } },
          { type: 'input_file', file_url: 'https://a.example/b.pdf' },
          { type: 'input_file', fileUrl: 'https://a.example/c.pdf' },
        ],
      } as unknown as AgentInputItem,
    ]);
    const turns = await session.getConversationTurns();
    expect(turns.map(({ fullContent }) => fullContent)).toEqual(['See the file.', 'And that.']);
    for (const text of ['explicit', '.pdf']) {
      expect(await session.findTurnsByContent(text)).toEqual([]);
    }
  });

  test('reads a conversation of more turns than are held in memory at once', async () => {
    const session = await holding(Array.from({ length: 2500 }, (_, n) => user(`question ${n}`)));
    const turns = await session.getConversationTurns();
    expect(turns).toHaveLength(2500);
    expect(turns.at(-1)).toMatchObject({ turn: 2500, content: 'question 2499' });
  });
});

describe('findTurnsByContent', () => {
  const searched: [string, AgentInputItem[], string, number[]][] = [
    ['messages, whatever the case', [...turn('Weather?', 'RAIN')], 'rain', [1]],
    ['other languages, whatever the case', [user('ПОГОДА в Москве')], 'погода', [1]],
    ['letters with two lower-case forms', [user('ΟΔΥΣΣΕΥΣ')], 'οδυσσευς', [1]],
    ['letters whose capital is two letters', [user('STRASSE')], 'straße', [1]],
    ['Korean', [user('오늘 날씨')], '날씨', [1]],
    ['text that Unicode writes in two ways', [user('Zu\u0308rich')], 'zürich', [1]],
    ['arguments of tools', [user('q'), call('1', '{"city":"Oslo"}')], 'oslo', [1]],
    ['arguments with escapes', [user('q'), call('1', '{"city":"Z\\u00fcrich"}')], 'zürich', [1]],
    ['a capital with a dot, and none', [user('İSTANBUL'), user('IRMAK')], 'istanbul', [1]],
    ['small letters without a dot', [user('ısırgan'), user('ISIRGAN')], 'isirgan', [1, 2]],
    [
      'arguments with escapes, whatever they are called',
      [user('q'), call('1', '{"data":{"type":"Z\\u00fcrich"}}')],
      'zürich',
      [1],
    ],
    ['outputs of tools', [user('q'), result('1', 'Snow')], 'snow', [1]],
    ['outputs with escapes', [user('q'), result('1', '{"status":"K\\u00f6ln"}')], 'köln', [1]],
    ['a percent sign as it is', [user('100%'), user('100 or so')], '0%', [1]],
    ['an underscore as it is', [user('a_b'), user('axb')], 'a_b', [1]],
    ['no names of properties', [user('Hello')], 'role', []],
    ['no type of an item', [user('Hello'), call('1')], 'function_call', []],
    [
      'no data of images',
      [{ role: 'user', content: [{ type: 'input_image', image: 'data:abc' }] }],
      'data',
      [],
    ],
    [
      'names of files that a search gave',
      [
        user('q'),
        {
          type: 'hosted_tool_call',
          name: 'file_search_call',
          providerData: { type: 'file_search_call', results: [{ filename: 'tides.pdf' }] },
        },
      ],
      'tides',
      [1],
    ],
    ['not what came before the first turn', [assistant('early'), user('late')], 'early', []],
    ['each turn once', [...turn('sun and sun', 'sun'), ...turn('sun', '')], 'sun', [1, 2]],
  ];

  test.each(searched)('finds %s', async (_, items, text, turns) => {
    const session = await holding(items);
    const found = await session.findTurnsByContent(text);
    expect(found.map((one) => one.turn)).toEqual(turns);
  });

  test('finds what shells, patches, computers and hosted tools were told and said', async () => {
    const session = await holding([
      user('1'),
      { type: 'shell_call', callId: 'a', action: { commands: ['ls -la'] } },
      {
        type: 'shell_call_output',
        callId: 'a',
        output: [{ stdout: 'readme.md', stderr: '', outcome: { type: 'exit', exitCode: 0 } }],
      },
      user('2'),
      {
        type: 'apply_patch_call',
        callId: 'b',
        status: 'completed',
        operation: { type: 'create_file', path: 'src/new.ts', diff: '+ok' },
      },
      user('3'),
      {
        type: 'hosted_tool_call',
        name: 'web_search_call',
        status: 'completed',
        providerData: { type: 'web_search_call', action: { type: 'search', query: 'tide tables' } },
      },
      user('4'),
      {
        type: 'hosted_tool_call',
        name: 'code_interpreter_call',
        providerData: { code: 'print(6 * 7)', outputs: [{ type: 'logs', logs: 'forty-two' }] },
      },
      {
        type: 'hosted_tool_call',
        name: 'fetch',
        providerData: { type: 'mcp_call', error: 'No such page.' },
      },
      user('5'),
      { type: 'tool_search_call', arguments: { query: 'invoices', format: 'by month' } },
      { type: 'unknown', providerData: { type: 'custom_tool_call', input: 'SELECT total' } },
    ]);
    const turnsWith = async (text: string) =>
      (await session.findTurnsByContent(text)).map(({ turn }) => turn);
    expect(await turnsWith('ls -la')).toEqual([1]);
    expect(await turnsWith('README')).toEqual([1]);
    expect(await turnsWith('src/new')).toEqual([2]);
    expect(await turnsWith('tide')).toEqual([3]);
    expect(await turnsWith('forty-two')).toEqual([4]);
    expect(await turnsWith('no such page')).toEqual([4]);
    expect(await turnsWith('by month')).toEqual([5]);
  });

  test('refuses an empty text', async () => {
    const session = await holding([user('Hello')]);
    await expect(session.findTurnsByContent('')).rejects.toThrow('is empty');
  });
});

describe('getConversationByTurns', () => {
  test('gives the types of each turn, with the names of tools', async () => {
    const session = await holding([
      assistant('Hi'),
      user('q'),
      call('1'),
      result('1', 'x'),
      { type: 'reasoning', content: [] },
      assistant('a'),
    ]);
    expect(await session.getConversationByTurns()).toEqual(
      new Map([
        [0, [{ type: 'assistant' }]],
        [
          1,
          [
            { type: 'user' },
            { type: 'function_call', toolName: 'lookup' },
            { type: 'function_call_result', toolName: 'lookup' },
            { type: 'reasoning' },
            { type: 'assistant' },
          ],
        ],
      ]),
    );
  });
});

describe('getToolUsage', () => {
  const hosted = (name: string, providerData?: object): AgentInputItem => ({
    type: 'hosted_tool_call',
    name,
    status: 'completed',
    ...(providerData && { providerData: { ...providerData } }),
  });
  const kinds: [string, AgentInputItem, string[]][] = [
    ['function', call('1'), ['lookup']],
    ['namespaced function', { ...call('1'), namespace: 'crm' } as AgentInputItem, ['crm.lookup']],
    [
      'computer',
      { type: 'computer_call', callId: '1', status: 'completed', action: { type: 'screenshot' } },
      ['computer'],
    ],
    ['shell', { type: 'shell_call', callId: '1', action: { commands: ['ls'] } }, ['shell']],
    [
      'patch',
      {
        type: 'apply_patch_call',
        callId: '1',
        status: 'completed',
        operation: { type: 'delete_file', path: 'x' },
      },
      ['apply_patch'],
    ],
    ['program', { type: 'program', callId: '1', code: '1', fingerprint: 'f' }, ['program']],
    ['tool search', { type: 'tool_search_call', arguments: {} }, ['tool_search']],
    ['web search', hosted('web_search_call'), ['web_search_call']],
    [
      'image',
      hosted('image_generation_call', { type: 'image_generation_call' }),
      ['image_generation_call'],
    ],
    ['MCP', hosted('search', { type: 'mcp_call', server_label: 'docs' }), ['docs.search']],
    ['no listing of MCP tools', hosted('mcp_list_tools', { type: 'mcp_list_tools' }), []],
    [
      'no request for approval',
      hosted('mcp_approval_request', { type: 'mcp_approval_request', name: 'x' }),
      [],
    ],
    ['no result', result('1', 'x'), []],
    [
      'raw Responses item',
      { type: 'unknown', providerData: { type: 'custom_tool_call', name: 'sql' } },
      ['sql'],
    ],
  ];

  test.each(kinds)('knows a call of this kind: %s', async (_, item, names) => {
    const session = await holding([user('q'), item]);
    expect((await session.getToolUsage()).map(({ toolName }) => toolName)).toEqual(names);
  });

  test('counts by tool and turn, on the current branch', async () => {
    const session = await holding([
      user('1'),
      call('a'),
      call('b'),
      call('c', '{}', 'other'),
      user('2'),
      call('d'),
    ]);
    const all = [
      { toolName: 'lookup', count: 2, turn: 1 },
      { toolName: 'other', count: 1, turn: 1 },
      { toolName: 'lookup', count: 1, turn: 2 },
    ];
    expect(await session.getToolUsage()).toEqual(all);
    await session.createBranchFromTurn(2);
    expect(await session.getToolUsage()).toEqual(all.slice(0, 2));
  });
});
