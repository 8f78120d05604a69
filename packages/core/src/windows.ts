import type { AgentInputItem, SessionInputCallback } from '@openai/agents-core';
import { SessionError } from './errors.ts';

/**
 * Shows the model only the newest `turns` turns of the history; a turn starts at each user message.
 * The session keeps everything.
 *
 * The window reaches further back where it must: it never parts a tool result from its call, nor an
 * item from the reasoning right before it, which the API would refuse.
 *
 * @param turns - A whole number; 0 shows the new input alone.
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
    const starts = history.flatMap((item, index) => (isUserMessage(item) ? [index] : []));
    const start = turns === 0 ? history.length : (starts.at(-turns) ?? 0);
    return [...history.slice(wholeFrom(history, start)), ...input];
  };
}

/**
 * Shows the model only the newest `items` items of the history, and those before that belong to them,
 * as {@link keepRecentTurns} has it. The session keeps everything.
 *
 * @param items - A whole number; 0 shows the new input alone.
 * @throws SessionError `invalid_options`
 */
export function keepRecentItems(items: number): SessionInputCallback {
  assertCount(items, 'keepRecentItems');
  return (history, input) => {
    const start = Math.max(history.length - items, 0);
    return [...history.slice(wholeFrom(history, start)), ...input];
  };
}

/** The nearest index at or before `start` from which no item lacks what it belongs to. */
function wholeFrom(history: readonly AgentInputItem[], start: number): number {
  const calls = callIndexes(history);
  let from = start;
  for (let index = history.length - 1; index >= from; index -= 1) {
    from = Math.min(from, calls.get(index) ?? from);
    if (index === from && history[index - 1]?.type === 'reasoning') from = index - 1;
  }
  return from;
}

/** For each tool result the index of its call: the nearest earlier one, as ids may be used again. */
function callIndexes(history: readonly AgentInputItem[]): Map<number, number> {
  const newest = new Map<string, number>();
  const calls = new Map<number, number>();
  for (const [index, item] of history.entries()) {
    const link = linkOf(item);
    if (link === undefined) continue;
    const call = newest.get(link.key);
    if (!link.isResult) newest.set(link.key, index);
    else if (call !== undefined) calls.set(index, call);
  }
  return calls;
}

/**
 * What a call and its result have in common: the kind of tool and an id. The SDK's items say
 * `callId`; raw items of the Responses API, which sessions may hold, as they are or as provider data,
 * say `call_id`, and an answer to an approval request names that request.
 */
function linkOf(item: AgentInputItem): { key: string; isResult: boolean } | undefined {
  const { type, callId, call_id, approval_request_id, id } = wireItem(item);
  if (typeof type !== 'string') return undefined;
  const kind = type.replace(/(?:_call)?(?:_result|_output|_response)?$|_request$/, '');
  const isResult = /_(?:result|output|response)$/.test(type);
  const known =
    callId ?? call_id ?? approval_request_id ?? (kind === 'mcp_approval' ? id : undefined);
  return typeof known === 'string' ? { key: JSON.stringify([kind, known]), isResult } : undefined;
}

function wireItem(item: AgentInputItem): Record<string, unknown> {
  const raw: unknown = item.providerData;
  const isWrapped = item.type === 'unknown' || item.type === 'hosted_tool_call';
  return isWrapped && typeof raw === 'object' && raw !== null && 'type' in raw
    ? { ...raw }
    : { ...item };
}

function isUserMessage(item: AgentInputItem): boolean {
  return 'role' in item && item.role === 'user';
}

function assertCount(count: number, name: string): void {
  if (!Number.isInteger(count) || count < 0) {
    throw new SessionError('invalid_options', `${name} takes a whole number of at least 0.`);
  }
}
