import { isDeepStrictEqual } from 'node:util';
import { asForModel, modelInput } from '../model-input.ts';
import { PublishedSchema } from '../server/published-schema.ts';
import type { LocalTarget } from '../support.ts';
import type { Contender } from './classes.ts';
import { newer } from './newer-items.ts';

type Item = Record<string, unknown>;

/** Items that other programs may have stored: one for each alternative that the schema has. */
export function foreignItems(): Item[] {
  const items = [...PublishedSchema.load().samples('ConversationItem'), ...newer];
  return items.map((item, index) => ({ ...(item as Item), id: `it_${index}` }));
}

export interface ForeignResult {
  readonly same: number;
  readonly altered: number;
  readonly fails: number;
  readonly types: ReadonlyMap<string, number>;
}

/** Whether what other programs stored reaches the model as it is. */
export async function measureForeign(
  { client, server }: LocalTarget,
  { open }: Contender,
): Promise<ForeignResult> {
  const types = new Map<string, number>();
  let same = 0;
  let altered = 0;
  let fails = 0;
  const { id: conversationId } = await client.conversations.create({});
  const stored = server.state.stored(conversationId);
  for (const item of foreignItems()) {
    stored.splice(0, stored.length, item);
    const session = open({ client, conversationId });
    try {
      const read = await session.getItems();
      const replayed = read.map((one) => session.prepareHistoryItemForModelInput(one));
      if (isDeepStrictEqual(await modelInput(replayed), [asForModel(item)])) {
        same += 1;
        continue;
      }
      altered += 1;
    } catch {
      fails += 1;
    }
    types.set(String(item.type), (types.get(String(item.type)) ?? 0) + 1);
  }
  return { same, altered, fails, types };
}
