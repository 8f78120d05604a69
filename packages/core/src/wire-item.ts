import type { AgentInputItem } from '@openai/agents';

/**
 * What an item is for the API: itself, or what it carries as provider data, as hosted tools do and
 * items of types that the SDK does not know.
 *
 * @example
 * ```ts
 * import { wireItem } from '@agent-sessions/core/backend';
 *
 * const { type } = wireItem({ type: 'unknown', providerData: { type: 'mcp_list_tools' } });
 * ```
 */
export function wireItem(item: AgentInputItem): Readonly<Record<string, unknown>> {
  const given: unknown = item.providerData;
  const raw: object = typeof given === 'object' && given !== null ? given : {};
  if (item.type === 'hosted_tool_call') {
    return { id: item.id, type: item.name, caller: item.caller, ...raw };
  }
  return item.type === 'unknown' && 'type' in raw ? { ...raw } : { ...item };
}

/**
 * True if a turn of the conversation starts at this item: it is a message of the user.
 *
 * @example
 * ```ts
 * import { isUserTurn } from '@agent-sessions/core/backend';
 *
 * const isTurn = isUserTurn({ role: 'user', content: 'Hello' });
 * ```
 */
export function isUserTurn(item: AgentInputItem): boolean {
  const { role, type } = wireItem(item);
  return role === 'user' && (type === undefined || type === 'message');
}
