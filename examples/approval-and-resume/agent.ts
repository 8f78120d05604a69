import { Agent, tool } from '@openai/agents';
import { z } from 'zod';
import { type Answer, modelSettings } from '../support/model.ts';

/** An agent whose only tool needs a person's approval. */
export function refundAgent(...answers: Answer[]): Agent {
  const refund = tool({
    name: 'refund',
    description: 'Refunds an order',
    parameters: z.object({ order: z.number() }),
    needsApproval: true,
    execute: async ({ order }) => `Order ${order} was refunded.`,
  });
  return new Agent({ name: 'Refunds', tools: [refund], ...modelSettings(...answers) });
}
