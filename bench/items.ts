import type { AgentInputItem } from '@openai/agents';

/**
 * A turn as a tool-using agent writes it: question, call, result, answer; about 1.5 kB of JSON. With
 * `calls`, so many calls, each with its result.
 */
export function turn(number: number, calls = 1): AgentInputItem[] {
  return [
    { role: 'user', content: `Where is order ${number}, and when will it be here? ${text(120)}` },
    ...Array.from({ length: calls }, (_, index) => lookUp(number, index)).flat(),
    {
      type: 'message',
      role: 'assistant',
      status: 'completed',
      content: [{ type: 'output_text', text: `Order ${number} is on its way. ${text(240)}` }],
    },
  ];
}

function lookUp(number: number, index: number): AgentInputItem[] {
  const callId = `call_${number}${index > 0 ? `_${index}` : ''}`;
  return [
    {
      type: 'function_call',
      callId,
      name: 'find_order',
      arguments: JSON.stringify({ order: number, fields: ['status', 'carrier', 'eta'] }),
      status: 'completed',
    },
    {
      type: 'function_call_result',
      callId,
      name: 'find_order',
      status: 'completed',
      output: { type: 'text', text: JSON.stringify({ order: number, log: text(600) }) },
    },
  ];
}

/** At least `count` items, in whole turns. */
export function history(count: number): AgentInputItem[] {
  return Array.from({ length: Math.ceil(count / 4) }, (_, number) => turn(number)).flat();
}

function text(length: number): string {
  return 'The parcel left the depot at dawn and is carried north. '
    .repeat(length / 50)
    .slice(0, length);
}
