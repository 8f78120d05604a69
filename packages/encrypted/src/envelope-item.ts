import type { AgentInputItem } from '@openai/agents';

/** A record as an item that every session takes: the envelope is the provider data. */
export function toEnvelopeItem(record: string): AgentInputItem {
  return { type: 'unknown', providerData: JSON.parse(record) as Record<string, unknown> };
}

/**
 * The record in an item: its keys are put in order, as a backend may give them back in another one.
 * Of what carries no envelope it is the item itself in plain text.
 */
export function toRecord(item: AgentInputItem): string {
  const { v, kid, kc, iv, ts, ct, ...more } = item.providerData ?? {};
  const carriesEnvelope = item.type === 'unknown' && ct !== undefined;
  return JSON.stringify(carriesEnvelope ? { v, kid, kc, iv, ts, ct, ...more } : item);
}
