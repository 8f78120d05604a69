import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { isSessionError } from '@agent-sessions/core';
import { protocol } from '@openai/agents-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { modelInput } from './model-input.ts';
import { isLive, type LocalTarget, openTarget, type Target } from './support.ts';
import { type Variant, variants } from './variants/index.ts';
import { type Row, tableOf, withTable } from './variants/table.ts';

const README = resolve(import.meta.dirname, '../README.md');

/** What an error or a warning must not show: the texts of the variants. */
const CONTENT = /iVBOR|UklGR|Hello|telepathic|\{"a":1\}|gAAAA|Thinking/;

/** OpenAI would look for the uploads and containers that some of the items name. */
const testable = variants.filter(
  ({ item }) => !isLive || !/file_1|"c_1"/.test(JSON.stringify(item)),
);

let target: Target & Partial<LocalTarget>;
const rows: Row[] = [];

beforeAll(async () => {
  target = await openTarget();
});
afterAll(async () => {
  vi.restoreAllMocks();
  await target[Symbol.asyncDispose]();
});

/** Stores a variant, and gives what became of it: told by what the server got. */
async function outcomeOf({
  item,
}: Variant): Promise<{ row: Omit<Row, 'name'>; sent: number; id: string | undefined }> {
  vi.spyOn(console, 'warn').mockImplementation(() => {});
  const session = target.session();
  const before = target.sent.length;
  try {
    await session.addItems([item]);
  } catch (error) {
    expect(isSessionError(error), String(error)).toBe(true);
    const { message, cause } = error as Error;
    expect(message).not.toMatch(CONTENT);
    expect(cause).toBeUndefined();
    expect(message).toContain(item.type ?? 'message');
    return { row: { outcome: 'refused' }, sent: target.sent.length - before, id: undefined };
  }
  const sent = target.sent.length - before;
  if (sent === 0) return { row: { outcome: 'left out' }, sent, id: undefined };
  const [read] = await target.session({ conversationId: session.sessionId }).getItems();
  return {
    row: { outcome: 'stored', readAs: read?.type ?? 'nothing' },
    sent,
    id: session.sessionId,
  };
}

describe('every kind of item of the SDK', () => {
  it.each(testable)(
    '$name: is stored and replays equal, or is refused before anything is sent',
    async (variant) => {
      const { row, sent, id } = await outcomeOf(variant);
      rows.push({ name: variant.name, ...row });
      if (id === undefined) {
        expect(sent).toBe(0);
        return;
      }
      const session = target.session({ conversationId: id });
      const items = await session.getItems();
      expect(items).toHaveLength(1);
      const replayed = items.map((item) => session.prepareHistoryItemForModelInput(item));
      expect(await modelInput(replayed)).toEqual(await modelInput([variant.replaysAs]));
    },
  );

  it.each(testable)(
    '$name: is compared in a form that the schema of run states keeps',
    (variant) => {
      const session = target.session();
      const compared = session.prepareHistoryItemsForPersistenceComparison([variant.item]);
      expect(compared).toHaveLength(1);
      expect(protocol.ModelItem.parse(compared[0])).toEqual(compared[0]);
      expect(JSON.parse(JSON.stringify(compared))).toEqual(compared);
      expect(session.prepareHistoryItemsForPersistenceComparison(compared)).toEqual(compared);
    },
  );

  it('what is stored is compared as equal to what was sent', async () => {
    vi.spyOn(console, 'warn').mockImplementation(() => {});
    for (const variant of testable) {
      const { id } = await outcomeOf(variant);
      if (id === undefined) continue;
      const session = target.session({ conversationId: id });
      const read = session.prepareHistoryItemsForPersistenceComparison(await session.getItems());
      const sent = session.prepareHistoryItemsForPersistenceComparison([variant.item]);
      expect(read, variant.name).toEqual(sent);
    }
  });

  it('the published schema, where it is there, found no mistake in an answer of the server', () => {
    expect(target.server?.mistakes ?? []).toEqual([]);
  });

  it.skipIf(isLive)(
    'the README shows the table that these tests make (UPDATE_README=1 writes it)',
    () => {
      expect(rows.length).toBeGreaterThanOrEqual(90);
      const readme = readFileSync(README, 'utf8');
      const current = withTable(readme, tableOf(rows));
      if (process.env.UPDATE_README === '1') writeFileSync(README, current);
      else expect(readme).toBe(current);
    },
  );
});
