import { SQLiteSession } from '@agent-sessions/sqlite';
import type { AgentInputItem } from '@openai/agents';
import { expect, test } from 'vitest';
import { temporaryFile } from './support/folder.ts';
import { message, start } from './support/processes.ts';

const ITEMS = 20_000;
const MOST = 1.5;

async function grownReading(how: 'session' | 'parse', path: string): Promise<number> {
  const child = start('peak-memory.ts', how, path, 'long');
  const { grown, items } = await message<{ grown: number; items: number }>(child);
  expect(items).toBe(ITEMS);
  return grown;
}

function item(number: number): AgentInputItem {
  const parts = Array.from({ length: 12 }, (_, part) => ({
    type: 'input_text' as const,
    text: `item ${number}, part ${part}: ${'words '.repeat(20)}`,
  }));
  return { role: 'user', content: parts };
}

test('reading 20 000 items takes at most 1.5 times the memory that parsing their rows takes', async () => {
  const path = temporaryFile();
  await using session = new SQLiteSession({ path, sessionId: 'long' });
  await session.addItems(Array.from({ length: ITEMS }, (_, number) => item(number)));

  const ours = await grownReading('session', path);
  const parsing = await grownReading('parse', path);
  const ratio = ours / parsing;
  const mebibytes = [ours, parsing].map((bytes) => (bytes / 2 ** 20).toFixed(0));
  console.log(
    `peak growth ${mebibytes[0]} MiB, by parsing ${mebibytes[1]} MiB: ${ratio.toFixed(2)} x`,
  );
  expect(ratio).toBeLessThan(MOST);
});
