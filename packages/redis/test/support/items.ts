import { isSessionError } from '@agent-sessions/core';
import type { AgentInputItem } from '@openai/agents';

export function user(content: string): AgentInputItem {
  return { role: 'user', content };
}

export function users(name: string, count: number): AgentInputItem[] {
  return Array.from({ length: count }, (_, index) => user(`${name} ${index}`));
}

/** What the items say, in order. */
export function contents(items: readonly AgentInputItem[]): unknown[] {
  return items.map((item) => ('content' in item ? item.content : item));
}

/** The code of the SessionError that the work rejects with. */
export async function codeOf(work: () => unknown): Promise<string> {
  try {
    await work();
    return 'no error';
  } catch (error) {
    if (!isSessionError(error)) throw error;
    return error.code;
  }
}
