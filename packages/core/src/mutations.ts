import type {
  AgentInputItem,
  SessionHistoryMutation,
  SessionHistoryRewriteArgs,
} from '@openai/agents';
import { decodeItem, encodeItem } from './codec.ts';
import type { Entry } from './entries.ts';
import { SessionError } from './errors.ts';

/** A validated mutation whose replacement is already encoded. */
export interface PreparedMutation {
  readonly callId: string;
  readonly text: string;
}

/** @throws SessionError `invalid_options` for anything but mutations that the SDK defines */
export function prepareMutations(args: SessionHistoryRewriteArgs): PreparedMutation[] {
  const mutations: unknown = args?.mutations;
  if (!Array.isArray(mutations)) throw invalidMutation('`mutations` is not an array');
  return mutations.map((mutation: Partial<SessionHistoryMutation> | null | undefined) => {
    const { type, callId, replacement } = mutation ?? {};
    if (type !== 'replace_function_call') throw invalidMutation('its type is unknown');
    if (typeof callId !== 'string') throw invalidMutation('`callId` is not a string');
    return { callId, text: encodeItem(replacement, 'replacement') };
  });
}

/** What becomes of items, by position. */
export interface ItemChanges {
  /** The new text of each that changes. */
  readonly changes: ReadonlyMap<number, string>;
  /** Those that go. */
  readonly removed: ReadonlySet<number>;
}

/** The first call of each id becomes the replacement, its duplicates go. */
export function planMutations(
  entries: readonly Entry[],
  mutations: readonly PreparedMutation[],
): ItemChanges {
  const calls = new Map<number, string>();
  for (const { item, position } of entries) {
    const callId = functionCallId(item);
    if (callId !== undefined) calls.set(position, callId);
  }
  const changes = new Map<number, string>();
  const removed = new Set<number>();
  for (const { callId, text } of mutations) {
    const [first, ...duplicates] = [...calls].filter(([, id]) => id === callId);
    if (first === undefined) continue;
    changes.set(first[0], text);
    calls.set(first[0], functionCallId(decodeItem(text)) ?? '');
    for (const [position] of duplicates) {
      changes.delete(position);
      removed.add(position);
      calls.delete(position);
    }
  }
  return { changes, removed };
}

function functionCallId(item: AgentInputItem | undefined): string | undefined {
  return item?.type === 'function_call' ? item.callId : undefined;
}

function invalidMutation(problem: string): SessionError {
  return new SessionError(
    'invalid_options',
    `Invalid history mutation: ${problem}. Pass { mutations: [{ type: 'replace_function_call', callId, replacement }] }.`,
  );
}
