import type { AgentInputItem, SessionInputCallback } from '@openai/agents';
import { SessionError } from './errors.ts';
import { isUserTurn, wireItem } from './wire-item.ts';

/**
 * Shows the model only the newest `turns` turns of the history; a turn starts at each user message.
 * The session keeps everything.
 *
 * The window reaches further back where it must: it never parts a tool result, old or new, from its
 * call, nor an item from the reasoning right before it, which the API would refuse.
 *
 * @param turns - A whole number; 0 shows the new input, and no turn.
 * @throws SessionError `invalid_options`
 *
 * @example
 * ```ts
 * import { keepRecentTurns } from '@agent-sessions/core';
 * import { Agent, MemorySession, run } from '@openai/agents';
 *
 * const agent = new Agent({ name: 'Assistant' });
 * await run(agent, 'Hello', {
 *   session: new MemorySession(),
 *   sessionInputCallback: keepRecentTurns(10),
 * });
 * ```
 */
export function keepRecentTurns(turns: number): SessionInputCallback {
  assertCount(turns, 'keepRecentTurns');
  return (history, input) => {
    const starts = history.flatMap((item, index) => (isUserTurn(item) ? [index] : []));
    const start = turns === 0 ? history.length : (starts.at(-turns) ?? 0);
    return shownFrom(start, history, input);
  };
}

/**
 * Shows the model only the newest `items` items of the history, and those before that belong to them,
 * as {@link keepRecentTurns} has it. The session keeps everything.
 *
 * @param items - A whole number; 0 shows the new input, and no item that it does not need.
 * @throws SessionError `invalid_options`
 *
 * @example
 * ```ts
 * import { keepRecentItems } from '@agent-sessions/core';
 * import { Agent, MemorySession, run } from '@openai/agents';
 *
 * const agent = new Agent({ name: 'Assistant' });
 * await run(agent, 'Hello', {
 *   session: new MemorySession(),
 *   sessionInputCallback: keepRecentItems(50),
 * });
 * ```
 */
export function keepRecentItems(items: number): SessionInputCallback {
  assertCount(items, 'keepRecentItems');
  return (history, input) => {
    return shownFrom(Math.max(history.length - items, 0), history, input);
  };
}

const NAMELESS_SEARCH = key('tool_search', '');

/** The history from the nearest index at or before `start` from which no item lacks what it belongs to. */
function shownFrom(
  start: number,
  history: readonly AgentInputItem[],
  input: readonly AgentInputItem[],
): AgentInputItem[] {
  const items = [...history, ...input];
  const owners = ownerIndexes(items);
  let from = start;
  for (let index = items.length - 1; index >= from; index -= 1) {
    from = Math.min(from, owners.get(index) ?? from);
    if (index === from && index < history.length && isReasoning(items[index - 1])) from = index - 1;
  }
  return items.slice(from);
}

/**
 * For each tool result the index of its call, and for each call that a program makes the index of the
 * program: the nearest earlier one, as ids may be used again. A search for tools on the server has no
 * id: its result belongs to the nearest one that has none yet.
 */
function ownerIndexes(items: readonly AgentInputItem[]): Map<number, number> {
  const newest = new Map<string, number>();
  const searches: number[] = [];
  const owners = new Map<number, number>();
  for (const [index, item] of items.entries()) {
    const { own, owner } = linksOf(item);
    const found = owner === NAMELESS_SEARCH ? searches.pop() : newest.get(owner ?? '');
    if (found !== undefined) owners.set(index, found);
    if (own === NAMELESS_SEARCH) searches.push(index);
    else if (own !== undefined) newest.set(own, index);
  }
  return owners;
}

/**
 * By what others refer to an item, and what it refers to: the kind of tool and an id. The SDK's items
 * say `callId`; raw items of the Responses API, which sessions may hold, as they are or as provider
 * data, say `call_id`, and an answer to an approval request names that request.
 */
function linksOf(item: AgentInputItem): { own?: string; owner?: string } {
  const { type, callId, call_id, approval_request_id, id, caller } = wireItem(item);
  if (typeof type !== 'string') return {};
  const kind = type.replace(/(?:_call)?(?:_result|_output|_response)?$|_request$/, '');
  const other = kind === 'mcp_approval' ? id : kind === 'tool_search' ? '' : null;
  const known = callId ?? call_id ?? approval_request_id ?? other;
  const own = typeof known === 'string' ? key(kind, known) : undefined;
  if (/_(?:result|output|response)$/.test(type)) return own === undefined ? {} : { owner: own };
  const program = callerOf(caller);
  return { ...(own !== undefined && { own }), ...(program !== undefined && { owner: program }) };
}

/** The SDK says `callerId`, the API `caller_id`. */
function callerOf(caller: unknown): string | undefined {
  const { callerId, caller_id } = (caller ?? {}) as Record<string, unknown>;
  const id = callerId ?? caller_id;
  return typeof id === 'string' ? key('program', id) : undefined;
}

function key(kind: string, id: string): string {
  return JSON.stringify([kind, id]);
}

function isReasoning(item: AgentInputItem | undefined): boolean {
  return item !== undefined && wireItem(item).type === 'reasoning';
}

function assertCount(count: number, name: string): void {
  if (!Number.isInteger(count) || count < 0) {
    throw new SessionError('invalid_options', `${name} takes a whole number of at least 0.`);
  }
}
