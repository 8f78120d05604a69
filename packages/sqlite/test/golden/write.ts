/**
 * Writes a golden file: `node --conditions=@agent-sessions/source packages/sqlite/test/golden/write.ts
 * version-1.0.db`. Run by hand, once for each version of the tables; what is there stays as it is.
 */
import { existsSync } from 'node:fs';
import { SQLiteSessionStore } from '@agent-sessions/sqlite';
import Database from 'better-sqlite3';
import { writeGolden } from './sessions.ts';

const [path = ''] = process.argv.slice(2);
if (existsSync(path))
  throw new Error(`${path} is there already, and golden files stay as they are`);
const store = new SQLiteSessionStore({ path });
await writeGolden(store);
await store.close();
// Smaller, and without a write-ahead log beside it.
const database = new Database(path);
database.exec('VACUUM');
database.close();
