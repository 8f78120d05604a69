import { SQLiteSessionStore } from '@agent-sessions/sqlite';
import { expect, test } from 'vitest';
import { user } from '../../core/test/items.ts';
import { temporaryFile } from './support/folder.ts';
import { message, start } from './support/processes.ts';

const ITEMS = 200_000;
const BATCH = 5000;
const LONGEST_STALL_MS = 50;
/** A stall that the code makes is in each read; one that other processes make is not. */
const READS = 8;

test('reading 200 000 items stalls the event loop for no longer than 50 ms', async () => {
  const path = temporaryFile();
  await using store = new SQLiteSessionStore({ path, synchronous: 'NORMAL' });
  const batch = Array.from({ length: BATCH }, (_, index) => user(`${index} ${'.'.repeat(380)}`));
  for (let written = 0; written < ITEMS; written += BATCH) {
    await store.session('long').addItems(batch);
  }
  const reader = start('long-reader.ts', path, 'long', String(LONGEST_STALL_MS), String(READS));
  const { items, stallsMs } = await message<{ items: number; stallsMs: number[] }>(reader);
  const told = stallsMs.map((stall) => stall.toFixed(1)).join(', ');
  console.log(`longest stall of each read of ${ITEMS} items: ${told} ms`);
  expect(items).toBe(ITEMS);
  expect(Math.min(...stallsMs)).toBeLessThanOrEqual(LONGEST_STALL_MS);
}, 180_000);
