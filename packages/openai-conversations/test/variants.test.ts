import { isSessionError } from '@agent-sessions/core';
import { protocol } from '@openai/agents';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { modelInput } from './model-input.ts';
import { isLive, type LocalTarget, openTarget, type Target } from './support.ts';
import { type Variant, variants } from './variants/index.ts';

/** What an error or a warning must not show: the texts of the variants. */
const CONTENT = /iVBOR|UklGR|Hello|telepathic|\{"a":1\}|gAAAA|Thinking/;

/** OpenAI would look for the uploads and containers that some of the items name. */
const testable = variants.filter(
  ({ item }) => !isLive || !/file_1|"c_1"/.test(JSON.stringify(item)),
);

let target: Target & Partial<LocalTarget>;

beforeAll(async () => {
  target = await openTarget();
});
afterAll(async () => {
  vi.restoreAllMocks();
  await target[Symbol.asyncDispose]();
});

/** Stores a variant; the id of its conversation, or how many requests there were until it was refused. */
async function store({ item }: Variant): Promise<{ id: string } | { sent: number }> {
  vi.spyOn(console, 'warn').mockImplementation(() => {});
  const session = target.session();
  const before = target.sent.length;
  try {
    await session.addItems([item]);
  } catch (error) {
    expect(isSessionError(error), String(error)).toBe(true);
    const sent = target.sent.length - before;
    const { message, cause } = error as Error;
    expect(message).not.toMatch(CONTENT);
    // The API's own error is passed on, the SDK's is not: it shows the item.
    if (sent === 0) expect(cause).toBeUndefined();
    if (sent === 0) expect(message).toContain(item.type ?? 'message');
    else expect(await session.getItems()).toEqual([]);
    return { sent };
  }
  return session.sessionId === undefined ? { sent: 0 } : { id: session.sessionId };
}

describe('every kind of item of the SDK', () => {
  it.each(testable)(
    '$name: is stored and replays equal, or nothing of it is stored',
    async (variant) => {
      const stored = await store(variant);
      if (!('id' in stored)) return;
      const session = target.session({ conversationId: stored.id });
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
      const stored = await store(variant);
      if (!('id' in stored)) continue;
      const session = target.session({ conversationId: stored.id });
      const read = session.prepareHistoryItemsForPersistenceComparison(await session.getItems());
      const sent = session.prepareHistoryItemsForPersistenceComparison([variant.item]);
      expect(read, variant.name).toEqual(sent);
    }
  });

  it('the server gave no answer that breaks the published schema', () => {
    expect(target.server?.mistakes ?? []).toEqual([]);
  });
});
