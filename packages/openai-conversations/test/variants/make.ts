import type { AgentInputItem } from '@openai/agents';

export const PIXEL: string = 'data:image/png;base64,iVBORw0KGgo=';
export const PDF: string = 'data:application/pdf;base64,JVBERi0xLjQ=';
export const URL_OF_IMAGE: string = 'https://example.com/a.png';
export const done: { status: 'completed' } = { status: 'completed' };

export type Loose = Record<string, unknown>;

/** Items that the types of the SDK do not allow, though runs and other sessions hold them. */
export function loose(item: Loose): AgentInputItem {
  return item as unknown as AgentInputItem;
}

export function user(content: unknown): AgentInputItem {
  return loose({ type: 'message', role: 'user', content });
}

export function assistant(content: unknown, more: Loose = {}): AgentInputItem {
  return loose({ type: 'message', role: 'assistant', ...done, content, ...more });
}

export function result(output: unknown, more: Loose = {}): AgentInputItem {
  return loose({
    type: 'function_call_result',
    callId: 'call_1',
    name: 'tool',
    ...done,
    output,
    ...more,
  });
}

export function computer(action: Loose): AgentInputItem {
  return loose({ type: 'computer_call', id: 'cu_1', callId: 'call_1', ...done, action });
}

export function hosted(providerData: Loose, more: Loose = {}): AgentInputItem {
  const { id = 'ht_1', type } = providerData;
  return loose({
    type: 'hosted_tool_call',
    id,
    name: type,
    ...done,
    ...more,
    providerData: { id, ...providerData },
  });
}

export function raw(providerData: Loose): AgentInputItem {
  return loose({ type: 'unknown', id: providerData.id, providerData });
}

export function text(value: string): Loose {
  return { type: 'output_text', text: value };
}
