import { SessionError } from '@agent-sessions/core';
import type { AgentInputItem } from '@openai/agents-core';
import type { WireItem } from '../wire/parse.ts';
import { toWire } from './to-wire.ts';

/** Items as they are sent, and what to tell about them. */
export interface Prepared {
  readonly wires: readonly WireItem[];
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
  const wires: WireItem[] = [];
  const left = new Set<string>();
  let bare = 0;
  for (const [index, item] of items.entries()) {
    const outgoing = toWire(item, `items[${index}]`);
    if (outgoing === undefined) {
      bare += 1;
      continue;
    }
    wires.push(outgoing.wire);
    for (const field of outgoing.dropped) left.add(`${outgoing.wire.type}.${field}`);
  }
  return { wires, warning: warningOf(bare, left) };
}

function warningOf(bare: number, left: ReadonlySet<string>): string | undefined {
  const warnings = [
    ...(bare > 0
      ? [
          `${bare} reasoning item(s) without id and content were not stored, for the API refuses them`,
        ]
      : []),
    ...(left.size > 0
      ? [`fields that the API does not declare were left off: ${[...left].join(', ')}`]
      : []),
  ];
  return warnings.length === 0 ? undefined : `Conversations session: ${warnings.join('; ')}.`;
}
