import { SessionError } from '@agent-sessions/core';
import type { AgentInputItem } from '@openai/agents';
import { type Outgoing, toWire } from './to-wire.ts';

/** Items as they are sent, and what to tell about them. */
export interface Prepared {
  readonly outgoing: readonly Outgoing[];
  readonly warning: string | undefined;
}

/**
 * Converts a batch, before any of it is sent.
 *
 * @throws SessionError as {@link toWire}
 */
export function prepareItems(items: readonly AgentInputItem[]): Prepared {
  if (!Array.isArray(items)) {
    throw new SessionError('invalid_item', 'Cannot store the items: they are not an array.');
  }
  const all = items.map((item, index) => toWire(item, `items[${index}]`));
  const outgoing = all.filter((item) => item !== undefined);
  const bare = all.length - outgoing.length;
  if (bare === 0) return { outgoing, warning: undefined };
  return {
    outgoing,
    warning: `${bare} reasoning item(s) were not stored: they have no id, and the API requires one.`,
  };
}
