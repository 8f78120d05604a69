import { Agent, setTracingDisabled, tool, Usage } from '@openai/agents';
import {
  assistantMessage,
  functionCall,
  modelResponse,
  ScriptedModel,
} from '@openai/agents/testing';
import { z } from 'zod';

setTracingDisabled(true);

type Step = ConstructorParameters<typeof ScriptedModel>[0] extends (infer S)[] | undefined
  ? S
  : never;

/** What one request to the model uses: 10 tokens in, of which 4 cached, and `output` out. */
function usageOf(output: number): Usage {
  return new Usage({
    requests: 1,
    inputTokens: 10,
    outputTokens: output,
    totalTokens: 10 + output,
    inputTokensDetails: [{ cached_tokens: 4 }],
    outputTokensDetails: [{ reasoning_tokens: 1 }],
  });
}

/** An answer that used `output` tokens. */
export function answer(text: string, output = 5): Step {
  return modelResponse({ output: [assistantMessage(text)], usage: usageOf(output) }) as Step;
}

/** A call of the tool `refund`, which used 3 tokens. */
export function refundCall(callId = 'call_refund'): Step {
  return toolCall('refund', { order: 42 }, callId);
}

/** A call of a tool, which used 3 tokens. */
export function toolCall(
  name: string,
  args: Record<string, string | number>,
  callId: string,
): Step {
  const output = [functionCall(name, args, { callId })];
  return modelResponse({ output, usage: usageOf(3) }) as Step;
}

/** An agent that gives these answers in turn; its tool `refund` waits for approval. */
export function agentWith(...steps: Step[]): Agent {
  const refund = tool({
    name: 'refund',
    description: 'Refunds an order.',
    parameters: z.object({ order: z.number() }),
    needsApproval: true,
    execute: async ({ order }) => `Order ${order} was refunded.`,
  });
  return new Agent({ name: 'Assistant', tools: [refund], model: new ScriptedModel(steps) });
}
