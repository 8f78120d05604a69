import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadConversations, toTurns, turnsOfFour } from '../bench/peers/conversations.ts';
import { formatTable, type PeersReport } from '../bench/peers/report.ts';

const call = { id: 'c1', function: { name: 'find', arguments: '{"id":1}' } };
const chat = [
  { role: 'system', content: 'Be brief.' },
  { role: 'user', content: 'Where is it?' },
  { role: 'assistant', content: null, tool_calls: [call] },
  { role: 'tool', content: '{"at":"sea"}', tool_call_id: 'c1', name: 'find' },
  { role: 'assistant', content: 'At sea.' },
  { role: 'user', content: 'Again?' },
  { role: 'assistant', content: 'I look.', tool_calls: [call] },
  { role: 'tool', content: '', tool_call_id: 'c1', name: 'find' },
  { role: 'assistant', content: 'Nothing.' },
  { role: 'user', content: 'Bye.' },
] as const;

const shapes = (turns: ReturnType<typeof toTurns>) =>
  turns.map((turn) => turn.map((item) => item.type ?? item.role).join(' '));

describe('the conversations that peers are compared on', () => {
  test('are turns of items: no instructions, and a call behind the words that came with it', () => {
    const turns = toTurns(chat);
    expect(shapes(turns)).toEqual([
      'user function_call function_call_result message',
      'user message function_call function_call_result message',
      'user',
    ]);
    expect(turns[0]?.slice(1, 3)).toEqual([
      {
        type: 'function_call',
        callId: 'c1',
        name: 'find',
        arguments: '{"id":1}',
        status: 'completed',
      },
      {
        type: 'function_call_result',
        callId: 'c1',
        name: 'find',
        status: 'completed',
        output: { type: 'text', text: '{"at":"sea"}' },
      },
    ]);
  });

  test('are read from a file of real ones that is there', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'agent-sessions-load-'));
    try {
      const path = join(folder, 'conversations.json');
      await writeFile(path, JSON.stringify([{ traj: chat }]));
      const load = await loadConversations(path);
      expect(load.source).toContain('1 conversations');
      expect(load.conversations).toEqual([toTurns(chat)]);
      expect(shapes(turnsOfFour(load))).toEqual([
        'user function_call function_call_result message',
      ]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test('are generated otherwise: the same ones each time, of the shape of real ones', async () => {
    const load = await loadConversations('no such file');
    expect(load).toEqual(await loadConversations('no such file'));
    expect(load.source).toContain('generated');
    const turns = load.conversations.flat();
    expect(load.conversations).toHaveLength(200);
    expect(turns.length / 200).toBeCloseTo(7.5, 1);
    expect(turns.flat().length / 200).toBeGreaterThan(25);
    expect(turns.flat().length / 200).toBeLessThan(28);
    expect(turnsOfFour(load).length).toBeGreaterThan(250);
  });
});

describe('the table of peers', () => {
  const report: PeersReport = {
    machine: { date: '2026-01-31', cpus: 2, platform: 'linux x64', node: '24.0.0', databases: [] },
    load: '200 generated conversations',
    results: [
      { place: 'SQLite', name: 'ours', times: [{ workload: 'append', micros: 80, ratio: 1 }] },
      { place: 'SQLite', name: 'theirs', times: [{ workload: 'append', micros: 160, ratio: 2 }] },
      { place: 'memory', name: 'MemorySession', times: [{ workload: 'append', micros: 9 }] },
    ],
    missing: [{ name: 'absent', why: 'Cannot find package' }],
  };

  test('has those on one database together, and names who was not measured', () => {
    expect(formatTable(report).split('\n')).toEqual([
      '                 append',
      'SQLite',
      '  ours           80.0 µs ×1.00',
      '  theirs         160.0 µs ×2.00',
      'memory',
      '  MemorySession  9.0 µs',
      'not measured: absent: Cannot find package',
    ]);
  });
});
