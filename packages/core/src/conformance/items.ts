import type { AgentInputItem } from '@openai/agents';

// Items of the shapes that a run stores, each valid in the SDK's own schema.

/** What a user says. */
export function user(text: string): AgentInputItem {
  return { type: 'message', role: 'user', content: text };
}

/** What a model answers. */
export function assistant(text: string): AgentInputItem {
  return {
    type: 'message',
    role: 'assistant',
    status: 'completed',
    content: [{ type: 'output_text', text }],
  };
}

/** A call of a function tool. */
export function call(
  callId: string,
  args = '{}',
): Extract<AgentInputItem, { type: 'function_call' }> {
  return { type: 'function_call', callId, name: 'lookup', status: 'completed', arguments: args };
}

/** The result of a function tool. */
export function result(callId: string, text = 'done'): AgentInputItem {
  return {
    type: 'function_call_result',
    callId,
    name: 'lookup',
    status: 'completed',
    output: { type: 'text', text },
  };
}

/** A user message that carries any data at all. */
export function carrying(providerData: unknown): AgentInputItem {
  return { ...user('carries data'), providerData: providerData as Record<string, unknown> };
}

/** User messages named `name-0`, `name-1`, … */
export function users(name: string, count: number): AgentInputItem[] {
  return Array.from({ length: count }, (_, index) => user(`${name}-${index}`));
}

/** The text of an item that {@link user} or {@link assistant} made, in whatever shape it came back. */
export function textOf(item: AgentInputItem | undefined): string {
  if (item === undefined || !('content' in item)) return '';
  if (typeof item.content === 'string') return item.content;
  return (item.content ?? []).map((part) => ('text' in part ? part.text : '')).join('');
}

/** The texts of items, which tell apart the items that {@link users} made. */
export function textsOf(items: readonly AgentInputItem[]): string[] {
  return items.map(textOf);
}
