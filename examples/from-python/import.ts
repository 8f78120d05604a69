/** Brings the sessions of the Python SDK's SQLiteSession over: node import.ts python.db conversations.db */
import { copySession } from '@agent-sessions/core';
import { SQLiteSessionStore } from '@agent-sessions/sqlite';
import { MemorySession } from '@openai/agents';
import Database from 'better-sqlite3';
import { fromPython } from './convert.ts';

const [pythonFile = 'python.db', path = 'conversations.db'] = process.argv.slice(2);
const python = new Database(pythonFile, { readonly: true, fileMustExist: true });
const sessionIds = python
  .prepare('SELECT session_id FROM agent_sessions')
  .pluck()
  .all() as string[];
const messages = python
  .prepare(
    `SELECT message_data FROM agent_messages
     WHERE session_id = ? AND json_valid(message_data) ORDER BY id`,
  )
  .pluck();

const store = new SQLiteSessionStore({ path });
for (const sessionId of sessionIds) {
  const history = (messages.all(sessionId) as string[]).map((text) => JSON.parse(text));
  const source = new MemorySession({ sessionId, initialItems: fromPython(history) });
  const copied = await copySession(source, store.session(sessionId));
  console.log(`${sessionId}: ${copied} items`);
}
await store.close();
python.close();
