import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { EncryptedSession } from '@agent-sessions/encrypted';
import { SQLiteSession } from '@agent-sessions/sqlite';
import { MemorySession } from '@openai/agents';
import { expect, test } from 'vitest';
import { expectNothingReadable } from './support/at-rest.ts';
import { temporaryFile } from './support/files.ts';
import { KEY } from './support/keys.ts';

/** All files of a folder, as text of their bytes. */
function contentOf(folder: string): string {
  return readdirSync(folder)
    .map((name) => readFileSync(join(folder, name), 'latin1'))
    .join('\n');
}

test('nothing that was stored is readable in an SQLite file or its log, open or closed', async () => {
  const path = temporaryFile();
  const file = new SQLiteSession({ path, sessionId: 'at rest' });
  const session = new EncryptedSession({ session: file, key: KEY });
  await expectNothingReadable(session, async () => {
    const open = contentOf(dirname(path));
    expect(readdirSync(dirname(path)).length).toBeGreaterThan(1);
    await file.close();
    return open + contentOf(dirname(path));
  });
});

test('the search would find what is stored in plain text', async () => {
  const path = temporaryFile();
  const file = new SQLiteSession({ path, sessionId: 'at rest' });
  const search = expectNothingReadable(file as never, async () => {
    await file.close();
    return contentOf(dirname(path));
  });
  await expect(search).rejects.toThrow('what is stored shows');
});

test("nothing that was stored is readable in what the SDK's MemorySession holds", async () => {
  const inner = new MemorySession();
  const session = new EncryptedSession({ session: inner, key: KEY });
  await session.addItems([{ type: 'message', role: 'user', content: 'the heron waits' }]);
  expect(JSON.stringify(await inner.getItems())).not.toMatch(/heron|message|role/);
});
