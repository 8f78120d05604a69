import { isDeepStrictEqual } from 'node:util';
import { isSessionError } from '@agent-sessions/core';
import { modelInput } from '../model-input.ts';
import type { LocalTarget } from '../support.ts';
import { type Variant, variants } from '../variants/index.ts';
import type { Contender } from './classes.ts';

/** What became of an item that was stored and given to the model in the next turn. */
export const OUTCOMES = [
  'equal for the model',
  'altered',
  'left out',
  'refused before anything is sent',
  'refused by the API',
  'cannot be read back',
] as const;

type Outcome = (typeof OUTCOMES)[number];

/** One kind of item, as one class stores it. */
export interface Result {
  readonly name: string;
  readonly outcome: Outcome;
  /** The type that it has when it is read back. */
  readonly readAs: string | undefined;
}

/** Stores each kind of item in a conversation of its own on a server that enforces the schema. */
export async function measureKinds(target: LocalTarget, contender: Contender): Promise<Result[]> {
  const results: Result[] = [];
  for (const variant of variants) {
    results.push({ name: variant.name, ...(await measure(target, contender, variant)) });
  }
  return results;
}

async function measure(
  { client, server }: LocalTarget,
  { open }: Contender,
  { item, replaysAs }: Variant,
): Promise<Omit<Result, 'name'>> {
  const session = open({ client });
  const before = server.requests('POST items').length;
  try {
    await session.addItems([item]);
  } catch (error) {
    const sent = server.requests('POST items').length > before;
    const outcome = sent ? 'refused by the API' : 'refused before anything is sent';
    // What the SDK's class throws shows the item.
    return { outcome, readAs: isSessionError(error) ? undefined : 'its error shows the item' };
  }
  try {
    const items = await session.getItems();
    const readAs = items[0]?.type ?? (items.length === 0 ? undefined : 'message');
    if (items.length === 0) return { outcome: 'left out', readAs };
    const replayed = items.map((read) => session.prepareHistoryItemForModelInput(read));
    const isEqual = isDeepStrictEqual(await modelInput(replayed), await modelInput([replaysAs]));
    return { outcome: isEqual ? 'equal for the model' : 'altered', readAs };
  } catch {
    return { outcome: 'cannot be read back', readAs: undefined };
  }
}
