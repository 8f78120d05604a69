import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { SQLiteSession, SQLiteSessionStore } from '@agent-sessions/sqlite';
import { Agent, OpenAIProvider, Runner } from '@openai/agents';
import Database from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';
import { fromPython, type PythonItem } from '../from-python/convert.ts';

const examples = resolve(import.meta.dirname, '..');

/** What runs of the Python SDK leave in a session, with one item of each kind that is converted. */
const history: readonly PythonItem[] = [
  { content: 'What is the weather in Zürich? 😀', role: 'user' },
  {
    ...{ id: 'rs_1', type: 'reasoning', encrypted_content: 'gAAA', status: null },
    summary: [{ text: 'A tool knows.', type: 'summary_text' }],
  },
  {
    ...{ arguments: '{"city":"Zürich"}', call_id: 'call_1', name: 'get_weather' },
    ...{ type: 'function_call', id: 'fc_1', status: 'completed' },
  },
  { call_id: 'call_1', output: 'Sunny.', type: 'function_call_output' },
  {
    ...{ id: 'msg_1', role: 'assistant', status: 'completed', type: 'message' },
    content: [
      {
        ...{ text: 'It is sunny.', type: 'output_text', logprobs: [] },
        annotations: [{ type: 'url_citation', url: 'https://example.com', start_index: 0 }],
      },
    ],
  },
  {
    role: 'user',
    content: [
      { type: 'input_text', text: 'And what is this?' },
      { type: 'input_image', image_url: 'data:image/png;base64,AAAA', detail: 'low' },
      { type: 'input_file', file_id: 'file_1' },
    ],
  },
  {
    id: 'ws_1',
    type: 'web_search_call',
    status: 'completed',
    action: { type: 'search', query: 'x' },
  },
  { arguments: '{}', call_id: 'call_2', name: 'picture', type: 'function_call', id: 'fc_2' },
  {
    ...{ call_id: 'call_2', type: 'function_call_output' },
    output: [{ type: 'input_image', file_id: 'file_2', detail: 'auto' }],
  },
  { role: 'developer', content: 'Be brief.' },
  { role: 'system', content: 'Be kind.' },
  {
    ...{ id: '__fake_id__', role: 'assistant', status: 'completed', type: 'message' },
    content: [{ type: 'refusal', refusal: 'No.' }],
  },
];

/** A file with the tables that the Python SDK creates. */
function pythonFile(sessions: Readonly<Record<string, readonly (PythonItem | string)[]>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'agent-sessions-python-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'python.db');
  const db = new Database(path);
  db.pragma('journal_mode = WAL');
  db.exec(`
    CREATE TABLE agent_sessions (
      session_id TEXT PRIMARY KEY,
      created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
      updated_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP
    );
    CREATE TABLE agent_messages (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      session_id TEXT NOT NULL,
      message_data TEXT NOT NULL,
      created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
      FOREIGN KEY (session_id) REFERENCES agent_sessions (session_id) ON DELETE CASCADE
    );
    CREATE INDEX idx_agent_messages_session_id ON agent_messages (session_id, id);`);
  for (const [id, items] of Object.entries(sessions)) {
    db.prepare('INSERT INTO agent_sessions (session_id) VALUES (?)').run(id);
    const insert = db.prepare(
      'INSERT INTO agent_messages (session_id, message_data) VALUES (?, ?)',
    );
    for (const item of items)
      insert.run(id, typeof item === 'string' ? item : JSON.stringify(item));
  }
  db.close();
  return path;
}

function importFile(from: string, to: string): string {
  const script = join(examples, 'from-python/import.ts');
  const args = ['--conditions=@agent-sessions/source', script, from, to];
  return execFileSync(process.execPath, args, { encoding: 'utf8', stdio: 'pipe' });
}

/** What a run on the session sends to the Responses API as its input. */
async function modelInput(session: SQLiteSession, question: string): Promise<PythonItem[]> {
  let input: PythonItem[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    ({ input } = JSON.parse(body));
    response.setHeader('content-type', 'application/json').end(
      JSON.stringify({
        ...{ id: 'resp_1', object: 'response', status: 'completed', model: 'gpt-5' },
        ...{ usage: { input_tokens: 1, output_tokens: 1, total_tokens: 2 } },
        output: [
          {
            ...{ type: 'message', id: 'msg_9', role: 'assistant', status: 'completed' },
            content: [{ type: 'output_text', text: 'Fine.', annotations: [] }],
          },
        ],
      }),
    );
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const modelProvider = new OpenAIProvider({
    ...{ apiKey: 'none', baseURL: `http://127.0.0.1:${port}`, useResponses: true },
  });
  const runner = new Runner({ modelProvider, tracingDisabled: true });
  await runner.run(new Agent({ name: 'Assistant', model: 'gpt-5' }), question, { session });
  return input;
}

test('a conversation of Python goes on here, and the model is given what Python stored', async () => {
  const path = pythonFile({ conversation_123: history });
  const target = join(path, '../conversations.db');
  expect(importFile(path, target)).toBe('conversation_123: 12 items\n');

  await using session = new SQLiteSession({ sessionId: 'conversation_123', path: target });
  const input = await modelInput(session, 'Thanks. And tomorrow?');
  expect(input.slice(0, -1)).toEqual(
    history.map(({ id, ...item }) => ({
      ...(id !== undefined && id !== '__fake_id__' && { id }),
      ...item,
      // What the SDK states, and the API takes for granted.
      ...(item.type === 'function_call_output' && { status: 'completed' }),
      ...(item.call_id === 'call_2' && { status: 'completed' }),
      ...(item.role === 'developer' && { type: 'message' }),
    })),
  );
  expect(input.at(-1)).toEqual({ role: 'user', content: 'Thanks. And tomorrow?' });
});

test('messages, calls and results get the form that helpers know; the rest stays as it is', () => {
  const types = fromPython(history).map((item) => ('role' in item ? item.role : item.type));
  expect(types).toEqual([
    ...['user', 'reasoning', 'function_call', 'function_call_result', 'assistant', 'user'],
    ...['unknown', 'function_call', 'function_call_result', 'unknown', 'system', 'assistant'],
  ]);
  expect(fromPython(history)[3]).toMatchObject({ callId: 'call_1', name: 'get_weather' });
  expect(fromPython([{ role: 'user', content: '' }])).toMatchObject([
    { role: 'user', content: '' },
  ]);
  const compaction = { type: 'compaction', id: 'cmp_1', encrypted_content: 'gAAA' };
  expect(fromPython([compaction])).toEqual([compaction]);
});

test.each<[string, PythonItem]>([
  ['audio', { role: 'user', content: [{ type: 'input_audio', input_audio: { data: 'AAAA' } }] }],
  [
    'a call from a program',
    {
      ...{ type: 'function_call', call_id: 'c', name: 'f', arguments: '{}' },
      caller: { type: 'program', caller_id: 'p' },
    },
  ],
])('what has no form here is kept whole: %s', (_what, item) => {
  expect(fromPython([item])).toEqual([
    expect.objectContaining({ type: 'unknown', providerData: expect.objectContaining(item) }),
  ]);
});

test('every session of the file is brought over, without rows that are not JSON; twice is refused', async () => {
  const path = pythonFile({ a: [{ role: 'user', content: 'A' }, '{"role'], b: [] });
  const target = join(path, '../conversations.db');
  expect(importFile(path, target)).toBe('a: 1 items\nb: 0 items\n');
  await using store = new SQLiteSessionStore({ path: target });
  expect(await store.session('a').getItems()).toMatchObject([{ role: 'user', content: 'A' }]);
  expect(() => importFile(path, target)).toThrow(/conflict|already holds items/);
});

test('a file of Python is not opened as a session, and is left as it is', async () => {
  const path = pythonFile({ a: [{ role: 'user', content: 'A' }] });
  const before = readFileSync(path);
  await using session = new SQLiteSession({ sessionId: 'a', path });
  await expect(session.getItems()).rejects.toMatchObject({ code: 'schema_mismatch' });
  expect(readFileSync(path)).toEqual(before);
});
