import type { AgentInputItem } from '@openai/agents';

/** One line about an item: who says what. */
export function describe(item: AgentInputItem): string {
  switch (item.type) {
    case 'function_call':
      return `call:      ${item.name}(${item.arguments})`;
    case 'function_call_result':
      return `result:    ${text(item.output)}`;
    case undefined:
    case 'message':
      return `${`${item.role}:`.padEnd(10)} ${text(item.content)}`;
    default:
      return item.type;
  }
}

function text(content: unknown): string {
  if (typeof content === 'string') return content;
  if (Array.isArray(content)) return content.map(text).join(' ');
  if (typeof content === 'object' && content !== null && 'text' in content) {
    return String(content.text);
  }
  return JSON.stringify(content);
}
