import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { SQLiteSession } from '@agent-sessions/sqlite';
import type { AgentInputItem } from '@openai/agents';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { temporaryFile } from './support/folder.ts';
import { message, start } from './support/processes.ts';

const hello: AgentInputItem = { role: 'user', content: 'Hello' };

test('a call in the middle of your own loop over rows is `busy` at once', async () => {
  const database = new Database(':memory:');
  await using session = new SQLiteSession({ database });
  await session.addItems([hello, hello]);
  for (const _row of database.prepare('SELECT * FROM agent_messages').iterate()) {
    await expect(session.addItems([hello])).rejects.toMatchObject({
      code: 'busy',
      message: expect.stringContaining('iterate()'),
    });
  }
  expect(await session.getItems()).toHaveLength(2);
});

test('a driver without its native part is an error that says so', async () => {
  const told = await message<{ code: string; message: string }>(start('without-binary.ts'));
  expect(told.code).toBe('unsupported');
  expect(told.message).toContain('In a bundle');
});

test('the first call on a disk without room for the files of SQLite is `storage_full`', async () => {
  const path = temporaryFile();
  const writer = new SQLiteSession({ path, sessionId: 'a' });
  await writer.addItems([hello]);
  await writer.close();
  // As on a full disk: what connections share in memory is a file of 32 kB.
  const { stdout } = await promisify(execFile)('sh', [
    '-c',
    `trap '' XFSZ; ulimit -f 16; exec "$0" --conditions=@agent-sessions/source "$@"`,
    process.execPath,
    join(import.meta.dirname, 'processes', 'first-call.ts'),
    path,
  ]);
  expect(stdout).toBe('storage_full SQLITE_IOERR_SHMSIZE');
});

test('a file that is refused is left exactly as it was', async () => {
  const path = temporaryFile();
  const python = new Database(path);
  python.exec('CREATE TABLE agent_messages (id INTEGER PRIMARY KEY, session_id TEXT)');
  python.close();
  const before = readFileSync(path);
  await using session = new SQLiteSession({ path });
  await expect(session.getItems()).rejects.toMatchObject({ code: 'schema_mismatch' });
  await session.close();
  expect(readFileSync(path).equals(before)).toBe(true);
});
