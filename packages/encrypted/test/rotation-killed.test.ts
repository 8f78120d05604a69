import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { copyFileSync } from 'node:fs';
import { EncryptedSession } from '@agent-sessions/encrypted';
import { SQLiteSession } from '@agent-sessions/sqlite';
import { expect, test } from 'vitest';
import { temporaryFile } from './support/files.ts';
import { KEY, NEW_KEY } from './support/keys.ts';
import { start, startWriter } from './support/processes.ts';
import { recordsOf, users } from './support/records.ts';

const KILLS = 30;
const ITEMS = 4000;
const BATCHES = ITEMS / 200;

const hex = (key: Uint8Array): string => Buffer.from(key).toString('hex');
const HEX_KEYS = [hex(KEY), hex(NEW_KEY)] as const;

/** Starts a rotation and kills its process somewhere after the given batch. */
async function rotateUntilKilled(path: string, batch: number): Promise<void> {
  const child = start('rotate.ts', [path, ...HEX_KEYS]);
  const ended = once(child, 'close');
  let said = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
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

test(`a rotation killed at ${KILLS} random points beside a writer and then finished leaves all items to the new key alone`, async () => {
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
    {
      await using _writer = await startWriter(path, ...HEX_KEYS);
      await rotateUntilKilled(path, randomInt(1, BATCHES));
      await using both = open(path, { key: KEY, new: NEW_KEY });
      const records = (await recordsOf(both.store, 's')).slice(0, ITEMS);
      const done = records.filter((record) => JSON.parse(record).kid === 'new').length;
      if (done > 0 && done < ITEMS) halfDone += 1;
      expect(await both.session.rotate()).toBe(ITEMS - done);
    }
    await using alone = open(path, { new: NEW_KEY });
    const items = await alone.session.getItems();
    expect(items.slice(0, ITEMS)).toEqual(history);
    expect(items.length).toBeGreaterThan(ITEMS);
  };
  for (let kill = 0; kill < KILLS; kill += 2) await Promise.all([finish(), finish()]);
  console.log(`${KILLS} kills, ${halfDone} of them with a part of the records rotated`);
  expect(halfDone).toBeGreaterThan(KILLS / 4);
}, 300_000);
