import type { AgentInputItem } from '@openai/agents';
import { OpenAIConversationsSession } from '@openai/agents';
import type OpenAI from 'openai';
import type { WireItem } from '../wire.ts';

/*
 * The SDK does not export its converters. Its own session is one in both directions: its comparison
 * hook returns wire items, and its getItems() makes SDK items of whatever its client lists.
 */

const writer = new OpenAIConversationsSession({ client: stub([]), conversationId: 'stub' });

/** One item as the SDK sends it, without its id; `undefined` for reasoning that it does not send. */
export function sdkToWire(item: AgentInputItem): Record<string, unknown> | undefined {
  const [wire] = writer.prepareHistoryItemsForPersistenceComparison([item]);
  return wire as Record<string, unknown> | undefined;
}

/** What the SDK makes of one item that the API gave. */
export function wireToSdk(item: WireItem): Promise<AgentInputItem[]> {
  const client = stub([item]);
  return new OpenAIConversationsSession({ client, conversationId: 'stub' }).getItems();
}

/** A client that does nothing but list these items. */
function stub(items: readonly WireItem[]): OpenAI {
  const client = { conversations: { items: { list: () => items } } };
  return client as unknown as OpenAI;
}
