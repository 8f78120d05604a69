import { EncryptedSession } from '@agent-sessions/encrypted';
import { SQLiteSessionStore } from '@agent-sessions/sqlite';
import { expect, test } from 'vitest';
import { temporaryFile } from './support/files.ts';
import { KEY, NEW_KEY } from './support/keys.ts';
import { startWriter } from './support/processes.ts';
import { users } from './support/records.ts';

const ITEMS = 100_000;
const PART = 5000;

test(`${ITEMS} items are rotated while another process adds and pops one every 20 ms, and nothing is lost`, async () => {
  const path = temporaryFile();
  await using store = new SQLiteSessionStore({ path });
  const history = users('item', ITEMS);
  const old = new EncryptedSession({ session: store.session('s'), key: KEY });
  for (let from = 0; from < ITEMS; from += PART) {
    await old.addItems(history.slice(from, from + PART));
  }
  const keys = { current: 'new', ring: { key: KEY, new: NEW_KEY } };
  const session = new EncryptedSession({ session: store.session('s'), keys });
  const hex = (key: Uint8Array) => Buffer.from(key).toString('hex');
  {
    await using _writer = await startWriter(path, hex(KEY), hex(NEW_KEY));
    const start = performance.now();
    expect(await session.rotate()).toBe(ITEMS);
    const seconds = (performance.now() - start) / 1000;
    console.log(`${ITEMS} items rotated beside a writer in ${seconds.toFixed(1)} s`);
  }
  const alone = { current: 'new', ring: { new: NEW_KEY } };
  const rotated = new EncryptedSession({ session: store.session('s'), keys: alone });
  const items = await rotated.getItems();
  expect(items.slice(0, ITEMS)).toEqual(history);
  console.log(`${items.length - ITEMS} items of the writer are left`);
}, 300_000);
