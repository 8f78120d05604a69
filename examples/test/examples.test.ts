import { type ExecFileException, execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';

const examples = join(import.meta.dirname, '..');

/** Runs an example as a user would, by default without a key, and gives what it printed. */
function output(
  script: string,
  args: string[] = [],
  input = '',
  more: Record<string, string> = {},
): Promise<string> {
  const { OPENAI_API_KEY: _, ...environment } = process.env;
  const env = { ...environment, ...more };
  return new Promise((resolve, reject) => {
    const child = execFile(
      process.execPath,
      ['--conditions=@agent-sessions/source', join(examples, script), ...args],
      { env },
      (error: ExecFileException | null, stdout) => (error ? reject(error) : resolve(stdout)),
    );
    child.stdin?.end(input);
  });
}

function temporaryFile(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'agent-sessions-examples-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, name);
}

test('the quickstart remembers the first question, and the next process goes on', async () => {
  const file = temporaryFile('conversations.db');
  expect(await output('quickstart.ts', [file])).toContain('San Francisco.\nCalifornia.');
  expect(await output('quickstart.ts', [file])).toContain('California.');
});

test('the memory operations add, read, pop and clear', async () => {
  expect(await output('memory-operations.ts')).toBe(
    `user:      Hello
assistant: Hi there!
newest:    assistant: Hi there!
popped:    assistant: Hi there!
left:      0 items
`,
  );
});

test('a corrected question leaves no trace of the wrong one', async () => {
  const lines = (await output('correcting-with-pop-item.ts')).trim().split('\n');
  expect(lines.slice(-2)).toEqual(["user:      What's 2 + 3?", 'assistant: 2 + 3 = 5.']);
});

test('several sessions of one store are listed, the last used first', async () => {
  const lines = (await output('several-sessions.ts')).trim().split('\n');
  expect(lines.slice(-2)).toEqual([
    'user_456: 2 items, title Charges',
    'user_123: 2 items, title (none)',
  ]);
});

test('a second agent is given what the first one was told', async () => {
  expect(await output('two-agents-one-session.ts')).toContain('I have read the 3 messages so far.');
});

test('a run that waits for approval is resumed in another process, with nothing doubled', async () => {
  const lines = (await output('approval-and-resume/main.ts')).trim().split('\n');
  expect(lines.slice(-6)).toEqual([
    'Approval needed: refund',
    'Agent: Order 42 is refunded.',
    'user:      Please refund order 42.',
    'call:      refund({"order":42})',
    'result:    Order 42 was refunded.',
    'assistant: Order 42 is refunded.',
  ]);
});

test('every call that a run makes on its session is a span below the span of the turn', async () => {
  const hash = createHash('sha256').update('ada').digest('hex');
  const attributes = (items: number) =>
    `{"session.store":"SQLiteSessionStore","session.retries":0,"session.id_hash":"${hash}","session.items":${items}}`;
  const lines = (await output('tracing/main.ts')).trim().split('\n');
  expect(lines.slice(-3)).toEqual([
    `turn > session getItems ${attributes(0)}`,
    `turn > session addItems ${attributes(2)}`,
    'turn {}',
  ]);
});

test('the demo goes on in a second process with what the first one stored', async () => {
  const text = await output('demo/main.ts');
  const [first, second] = text.split('=== The second process ===');
  expect(first).toContain('No OPENAI_API_KEY is set');
  expect(first).toContain('opens the file: 0 items');
  expect(first).toContain('call:      find_order({"order":42})');
  expect(second).toContain('opens the file: 6 items');
  expect(second).toContain('user:      Hello, I am Ada.');
  expect(second).toContain('I was given 7 items');
});

test('the chat keeps its conversation between processes, and knows its commands', async () => {
  const chat = ['--chat', '--file', temporaryFile('chat.db'), '--session', 'ada'];
  const first = await output('demo/main.ts', chat, 'I like tea\nAnd cake\n/undo\n/quit\n');
  expect(first).toContain('I was given 3 items; your first words were "I like tea"');
  expect(first).toContain('Took back 2 item(s).');
  const second = await output('demo/main.ts', chat, '/history\n/sessions\n/clear\n/undo\n/what\n');
  expect(second).toContain('user:      I like tea');
  expect(second).not.toContain('cake');
  expect(second).toContain('ada: 2 items');
  expect(second).toContain('Cleared.');
  expect(second).toContain('There is nothing to undo.');
});

test('the chat takes words that every JavaScript object has for what they are', async () => {
  const chat = ['--chat', '--file', temporaryFile('chat.db')];
  const text = await output('demo/main.ts', chat, 'constructor\n__proto__\n');
  expect(text).toContain('I was given 1 items; your first words were "constructor"');
  expect(text).toContain('I was given 3 items');
});

test('the chat goes on when the model cannot be reached', async () => {
  const chat = ['--chat', '--file', temporaryFile('chat.db')];
  const text = await output('demo/main.ts', chat, 'Hello\n/sessions\n/what\n', {
    OPENAI_API_KEY: 'sk-test',
    OPENAI_BASE_URL: 'http://127.0.0.1:9',
    OPENAI_AGENTS_DISABLE_TRACING: '1',
  });
  expect(text).toContain('There is no answer: Connection error.');
  expect(text.split('/history')).toHaveLength(3);
});

test('the chat says in one line why it cannot use a file', async () => {
  const chat = ['--chat', '--file', '/missing folder/chat.db'];
  await expect(output('demo/main.ts', chat)).rejects.toMatchObject({
    code: 1,
    message: expect.stringMatching(/\n[^\n]*missing folder[^\n]*does not exist[^\n]*\n$/),
  });
});
