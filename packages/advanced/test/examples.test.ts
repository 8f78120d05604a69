import { type ExecFileException, execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';

const examples = join(import.meta.dirname, '../../../examples/advanced');

/** Runs an example as a user would, without a key, and gives the lines that it printed. */
function linesOf(script: string, ...args: string[]): Promise<string[]> {
  const { OPENAI_API_KEY: _, ...env } = process.env;
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      ['--conditions=@agent-sessions/source', join(examples, script), ...args],
      { env },
      (error: ExecFileException | null, stdout) =>
        error
          ? reject(error)
          : resolve(stdout.split('\n').filter((line) => line !== '' && !line.startsWith('(No'))),
    );
  });
}

function newFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'agent-sessions-examples-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, 'conversations.db');
}

test('the quickstart remembers, and stores what its runs used, over two processes', async () => {
  const path = newFile();
  expect(await linesOf('quickstart.ts', path)).toEqual([
    'San Francisco',
    'California',
    '2 turns, 2 requests',
  ]);
  expect((await linesOf('quickstart.ts', path)).at(-1)).toBe('4 turns, 4 requests');
});

test('a session opens in memory, in a file, and with a logger', async () => {
  expect(await linesOf('initialization.ts', newFile())).toEqual([
    'my_conversation: 1 item',
    'user_123: 1 item',
    'session_456: 1 item',
  ]);
});

test('usage is told of the session, of a branch and of each turn', async () => {
  const lines = await linesOf('usage.ts');
  expect(lines).toContain('Total requests: 2');
  expect(lines).toContain('Total turns: 2');
  expect(lines).toContain('On main: 2 requests');
  expect(lines.at(-1)).toBe('Turn 2: 1 request');
});

test('branches are made, listed, switched to and deleted', async () => {
  expect(await linesOf('branches.ts')).toEqual([
    "Turn 1: What's the capital of France? Can branch: true",
    "Turn 2: What's the weather like there? Can branch: true",
    'Created a branch from turn 2: true',
    'main: 2 turns, 4 messages',
    'the first one: 1 turns, 2 messages',
    'alternative_path: 1 turns, 2 messages',
    'weather_focus: 1 turns, 2 messages (current)',
    'Now on main',
  ]);
});

test('a conversation goes two ways, and each branch shows its own', async () => {
  expect(await linesOf('branch-workflow.ts')).toEqual([
    '--- main',
    "user:      What's the capital of France?",
    'assistant: Paris.',
    "user:      What's the weather like there?",
    'assistant: Mild.',
    'user:      How expensive is it to visit?',
    'assistant: Rather expensive.',
    '--- weather_focus',
    "user:      What's the capital of France?",
    'assistant: Paris.',
    'user:      What are the main tourist attractions in Paris?',
    'assistant: The Louvre and the Eiffel Tower.',
  ]);
});

test('a conversation is told by turns, by tools and by what was said', async () => {
  expect(await linesOf('structured-queries.ts')).toEqual([
    'Turn 1: 2 items',
    '  - user',
    '  - assistant',
    'Turn 2: 4 items',
    '  - user',
    '  - function_call (tool: get_weather)',
    '  - function_call_result (tool: get_weather)',
    '  - assistant',
    'get_weather: used 1 times in turn 2',
    "Found in turn 2: What's the weather like there?",
  ]);
});
