import type { Behavior } from '../server/state.ts';
import { openLocal } from '../support.ts';
import { type Variant, variants } from '../variants/index.ts';
import type { Contender } from './classes.ts';

type Item = Record<string, unknown>;

/** How often the items that the server takes are there after the answer to their write was lost. */
export interface LostAnswers {
  readonly once: number;
  readonly twice: number;
  readonly rejected: number;
  readonly sent: number;
}

/** What a server might make of what it stores, though nothing says that OpenAI's does. */
function normalize(item: Item): Item {
  switch (item.type) {
    case 'web_search_call':
      return { ...item, action: { queries: ['x'], ...(item.action as Item) } };
    case 'reasoning':
      return { ...item, summary: (item.summary as Item[]).map(spaced) };
    case 'function_call':
      return { ...item, arguments: JSON.stringify(JSON.parse(String(item.arguments)), null, 1) };
    default:
      return {
        ...item,
        ...(Array.isArray(item.content) && { content: item.content.map(withoutFile) }),
        ...(Array.isArray(item.output) && { output: item.output.map(withoutFile) }),
        added_by_server: true,
      };
  }
}

export const SERVERS: Readonly<Record<string, Behavior>> = {
  'that stores what was sent': {},
  'that assigns all ids': { assignsAllIds: true },
  'that rewrites what it stores': { rewrite: normalize },
};

export async function measureLostAnswers(
  { open }: Contender,
  behavior: Behavior,
): Promise<LostAnswers> {
  await using target = await openLocal({ ...behavior, losesFirstAnswers: true });
  const { client, server } = target;
  const counts = { once: 0, twice: 0, rejected: 0, sent: 0 };
  const store = async ({ item }: Variant): Promise<void> => {
    const { id: conversationId } = await client.conversations.create({});
    const failed = await open({ client, conversationId })
      .addItems([item])
      .then(
        () => false,
        () => true,
      );
    const { length } = server.state.stored(conversationId);
    // Neither what was not sent nor what was refused.
    if (length === 0) return;
    counts.sent += 1;
    if (failed) counts.rejected += 1;
    else counts[length === 1 ? 'once' : 'twice'] += 1;
  };
  await Promise.all(variants.map(store));
  return counts;
}

function spaced(part: Item): Item {
  return { ...part, text: `${part.text} ` };
}

function withoutFile(part: Item): Item {
  return part.type === 'input_file' ? { ...part, file_data: null } : part;
}
