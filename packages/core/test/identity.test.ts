import { RunContext } from '@openai/agents';
import { describe, expect, test } from 'vitest';
import { MemorySessionStore } from '../src/index.ts';
import { MemoryBackend } from '../src/memory-backend.ts';
import { compaction, user } from './items.ts';
import { moveClocks, newSeed } from './support/clocks.ts';

const ROUNDS = 200;

describe('in memory', () => {
  test('whatever two clocks do, nothing acknowledged is lost and nothing unread is removed', async () => {
    const seed = newSeed();
    for (let round = 0; round < ROUNDS; round += 1) {
      const backend = new MemoryBackend();
      await moveClocks({ backends: [backend, backend], seed: seed + round * 2, operations: 60 });
    }
  });
});

describe('a run that writes before it reads', () => {
  test('keeps what others added since its read, when it compacts', async () => {
    const store = new MemorySessionStore();
    const session = store.session('a');
    const run = new RunContext();
    await session.addItems([user('own')], run);
    await session.getItems(undefined, run);
    await store.session('a').addItems([user('foreign')]);
    await session.replaceHistoryWithCompaction([compaction('summary')], run);
    expect(await session.getItems()).toEqual([compaction('summary'), user('foreign')]);
  });
});
