import type { AgentInputItem } from '@openai/agents';

/** The text of a message or of a tool's result, which is all that the load has. */
export function textOf(item: AgentInputItem): string {
  const content = item.type === 'function_call_result' ? item.output : contentOf(item);
  if (typeof content === 'string') return content;
  const parts: readonly object[] = Array.isArray(content) ? content : [content];
  return parts.map((part) => String(Reflect.get(part, 'text') ?? '')).join('');
}

function contentOf(item: AgentInputItem): string | readonly object[] {
  return 'role' in item ? item.content : '';
}
