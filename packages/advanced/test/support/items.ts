import type { AgentInputItem } from '@openai/agents';

/** What a user says. */
export function user(content: string): AgentInputItem {
  return { role: 'user', content };
}

/** What the model answers. */
export function assistant(text: string): AgentInputItem {
  return {
    type: 'message',
    role: 'assistant',
    status: 'completed',
    content: [{ type: 'output_text', text }],
  };
}

/** A call of a function. */
export function call(callId: string, args = '{}', name = 'lookup'): AgentInputItem {
  return { type: 'function_call', callId, name, arguments: args, status: 'completed' };
}

/** The result of a call. */
export function result(callId: string, output: string, name = 'lookup'): AgentInputItem {
  return {
    type: 'function_call_result',
    callId,
    name,
    status: 'completed',
    output: { type: 'text', text: output },
  };
}

/** A question and its answer. */
export function turn(question: string, answer: string): AgentInputItem[] {
  return [user(question), assistant(answer)];
}
