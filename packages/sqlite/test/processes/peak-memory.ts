/**
 * Reads a long history once and says how much the memory of this process grew at its peak, in bytes.
 *
 * Arguments: `session` or `parse`, file, session id.
 */
import { SQLiteSession } from '@agent-sessions/sqlite';
import Database from 'better-sqlite3';

const [how = '', path = '', sessionId = ''] = process.argv.slice(2);
const read = how === 'session' ? await throughSession() : byParsing();
const before = process.memoryUsage.rss();
const items = await read();
const peak = process.resourceUsage().maxRSS * 1024;
process.send?.({ grown: peak - before, items: items.length });
process.disconnect();

async function throughSession(): Promise<() => Promise<unknown[]>> {
  const session = new SQLiteSession({ path, sessionId });
  await session.getItems(1);
  return () => session.getItems();
}

function byParsing(): () => unknown[] {
  const db = new Database(path);
  const select = db
    .prepare('SELECT message_data FROM agent_messages WHERE session_id = ? ORDER BY position')
    .pluck();
  select.get(sessionId);
  return () => (select.all(sessionId) as string[]).map((text) => JSON.parse(text));
}
