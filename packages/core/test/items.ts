import type { AgentInputItem } from '@openai/agents';
import { type SessionBackend, storeInternals } from '../src/backend.ts';
import type { SessionLogger, SessionStore } from '../src/index.ts';

export function user(content: string): AgentInputItem {
  return { type: 'message', role: 'user', content };
}

export function assistant(text: string): AgentInputItem {
  return {
    type: 'message',
    role: 'assistant',
    status: 'completed',
    content: [{ type: 'output_text', text }],
  };
}

/** A user message that carries any data at all. */
export function carrying(data: unknown): AgentInputItem {
  return { ...user('carries data'), providerData: data as Record<string, unknown> };
}

export function call(
  callId: string,
  args = '{}',
): Extract<AgentInputItem, { type: 'function_call' }> {
  return { type: 'function_call', callId, name: 'lookup', arguments: args, status: 'completed' };
}

export function result(callId: string, text = 'done'): AgentInputItem {
  return {
    type: 'function_call_result',
    callId,
    name: 'lookup',
    status: 'completed',
    output: { type: 'text', text },
  };
}

export function reasoning(text: string): AgentInputItem {
  return { type: 'reasoning', content: [{ type: 'input_text', text }] };
}

export function compaction(text: string): AgentInputItem {
  return { type: 'compaction', encrypted_content: text };
}

/** An item that the SDK's types do not know, such as a raw one of the Responses API. */
export function raw(item: Record<string, unknown>): AgentInputItem {
  return item as unknown as AgentInputItem;
}

/** Objects in objects, so many of them. */
export function nested(levels: number): unknown {
  let value: unknown = 'innermost';
  for (let level = 0; level < levels; level += 1) value = { inner: value };
  return value;
}

/** What is below a store: records as they are, valid or not. */
export function backendOf(store: SessionStore): SessionBackend {
  return storeInternals(store).backend;
}

/** What the store holds, damaged records included. */
export async function recordsOf(store: SessionStore, id: string): Promise<string[]> {
  return (await backendOf(store).snapshot(id)).records;
}

/** A logger, and what it was told. */
export function recordingLogger(): { logger: SessionLogger; warnings: string[] } {
  const warnings: string[] = [];
  return { logger: { warn: (message) => void warnings.push(String(message)) }, warnings };
}
