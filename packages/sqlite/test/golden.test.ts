import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { storeInternals } from '@agent-sessions/core/backend';
import { SQLiteSessionStore } from '@agent-sessions/sqlite';
import { describe, expect, test } from 'vitest';
import { user } from '../../core/test/items.ts';
import { golden, operation, readGolden, storeOf, writeGolden } from './golden/sessions.ts';
import { temporaryFile } from './support/folder.ts';

/** A store over a copy of a golden file. */
function open(name: string): SQLiteSessionStore {
  const path = temporaryFile();
  copyFileSync(join(import.meta.dirname, 'golden', name), path);
  return new SQLiteSessionStore({ path });
}

describe.each(['version-1.0.db'])('the golden file %s', (name) => {
  test('is read as it was written', async () => {
    await using store = open(name);
    expect(await readGolden(store)).toEqual(golden);
  });

  test('knows when its items were added, and which operations were applied', async () => {
    await using store = open(name);
    const { times } = await storeInternals(store).backend.snapshot('gap', { times: true });
    expect(times).toEqual([6, 6, 8].map((second) => Date.UTC(2026, 0, 1, 0, 0, second)));
    await store.session('operation').applyHistoryTransaction(operation);
    expect(await store.session('operation').getItems()).toEqual([user('applied once')]);
  });

  test('is written on', async () => {
    await using store = open(name);
    for (const { info, items } of golden) {
      const session = storeOf(store, info.owner).session(info.sessionId);
      await session.addItems([user('one more'), user('and another')]);
      expect(await session.popItem()).toEqual(user('and another'));
      expect(await session.getItems()).toEqual([...items, user('one more')]);
      await session.replaceHistoryWithCompaction([user('all of it')]);
      expect(await session.getItems()).toEqual([user('all of it')]);
    }
    expect(
      new Set((await store.listSessions()).sessions.map(({ itemCount }) => itemCount)),
    ).toEqual(new Set([1]));
  });

  test('holds what this version writes', async () => {
    await using store = new SQLiteSessionStore();
    await writeGolden(store);
    expect(await readGolden(store)).toEqual(golden);
  });
});
