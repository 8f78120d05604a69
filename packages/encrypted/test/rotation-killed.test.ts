import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { EncryptedSession } from '@agent-sessions/encrypted';
import { SQLiteSession } from '@agent-sessions/sqlite';
import { expect, test } from 'vitest';
import { temporaryFile } from './support/files.ts';
import { KEY, NEW_KEY } from './support/keys.ts';
import { recordsOf, users } from './support/records.ts';

const KILLS = 20;
const ITEMS = 4000;
const BATCHES = ITEMS / 200;

const hex = (key: Uint8Array): string => Buffer.from(key).toString('hex');

/** Starts a rotation and kills its process somewhere behind the given batch. */
async function rotateUntilKilled(path: string, batch: number): Promise<void> {
  const script = join(import.meta.dirname, 'processes', 'rotate.ts');
  const args = ['--conditions=@agent-sessions/source', script, path, hex(KEY), hex(NEW_KEY)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'close');
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
    if (said.split('\n').length > batch) child.kill('SIGKILL');
  });
  await ended;
}

function open(path: string, ring: Readonly<Record<string, Uint8Array>>) {
  const file = new SQLiteSession({ path, sessionId: 's' });
  const session = new EncryptedSession({ session: file, keys: { current: 'new', ring } });
  return { session, store: file.store, [Symbol.asyncDispose]: () => file.close() };
}

test(`a rotation killed at ${KILLS} random points and then finished leaves all items to the new key alone`, async () => {
  const original = temporaryFile();
  const history = users('item', ITEMS);
  {
    await using file = new SQLiteSession({ path: original, sessionId: 's' });
    await new EncryptedSession({ session: file, key: KEY }).addItems(history);
  }
  let halfDone = 0;
  const finish = async (): Promise<void> => {
    const path = temporaryFile();
    copyFileSync(original, path);
    await rotateUntilKilled(path, randomInt(1, BATCHES));
    {
      await using both = open(path, { key: KEY, new: NEW_KEY });
      const kids = (await recordsOf(both.store, 's')).map((record) => JSON.parse(record).kid);
      const done = kids.filter((kid) => kid === 'new').length;
      if (done > 0 && done < ITEMS) halfDone += 1;
      expect(done % 200).toBe(0);
      expect(await both.session.getItems()).toEqual(history);
      expect(await both.session.rotate()).toBe(ITEMS - done);
    }
    await using alone = open(path, { new: NEW_KEY });
    expect(await alone.session.getItems()).toEqual(history);
  };
  for (let kill = 0; kill < KILLS; kill += 2) await Promise.all([finish(), finish()]);
  console.log(`${KILLS} kills, ${halfDone} of them with a part of the records rotated`);
  expect(halfDone).toBeGreaterThan(KILLS / 4);
}, 300_000);
