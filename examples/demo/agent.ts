import { Agent, tool } from '@openai/agents';
import { z } from 'zod';
import { type Answer, modelSettings } from '../support/model.ts';

const orders: Readonly<Record<number, string>> = {
  17: 'delivered on Monday',
  42: 'on its way, expected on Thursday',
};

/** An agent with one tool. Without a real model it gives the scripted answers, in turn. */
export function shopAgent(...answers: Answer[]): Agent {
  const findOrder = tool({
    name: 'find_order',
    description: 'Tells where an order is.',
    parameters: z.object({ order: z.number() }),
    execute: async ({ order }) => orders[order] ?? 'not found',
  });
  return new Agent({
    name: 'Shop assistant',
    instructions: 'You help customers of a shop. Reply in one or two sentences.',
    tools: [findOrder],
    ...modelSettings(...answers),
  });
}
