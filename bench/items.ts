import type { AgentInputItem } from '@openai/agents-core';

/** A turn as a tool-using agent writes it: question, call, result, answer; about 1.5 kB of JSON. */
export function turn(number: number): AgentInputItem[] {
  const callId = `call_${number}`;
  return [
    { role: 'user', content: `Where is order ${number}, and when will it be here? ${text(120)}` },
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
    {
      type: 'message',
      role: 'assistant',
      status: 'completed',
      content: [{ type: 'output_text', text: `Order ${number} is on its way. ${text(240)}` }],
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
