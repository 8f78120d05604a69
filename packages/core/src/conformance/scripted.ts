import {
  Agent,
  type AgentInputItem,
  type AgentOptions,
  Runner,
  type Session,
  type Tool,
  tool,
} from '@openai/agents';
import {
  assistantMessage,
  functionCall,
  modelResponse,
  ScriptedModel,
  type ScriptedModelInput,
} from '@openai/agents/testing';
import type { RuleContext } from './context.ts';
import { call, result } from './items.ts';

/** The SDK's own runner, without the traces that it would send. */
export const runner: Runner = new Runner({ tracingDisabled: true });

/** A model step that says something. */
export function says(text: string): ScriptedModelInput {
  return modelResponse([assistantMessage(text)]);
}

/** A model step that calls the tool of {@link lookupTool}, once for each query. */
export function looksUp(...queries: string[]): ScriptedModelInput {
  return modelResponse(
    queries.map((query) => functionCall('lookup', { query }, { callId: `call-${query}` })),
  );
}

/** An agent on a script. */
export function scriptedAgent(
  steps: readonly ScriptedModelInput[],
  options: Partial<AgentOptions<unknown, 'text'>> = {},
): { agent: Agent; model: ScriptedModel } {
  const model = new ScriptedModel(steps);
  return { agent: new Agent({ name: 'Scripted', model, ...options }), model };
}

/** The calls and results that {@link looksUp} and {@link lookupTool} leave in the history. */
export function looked(...queries: string[]): AgentInputItem[] {
  return [
    ...queries.map((query) => call(`call-${query}`, JSON.stringify({ query }))),
    ...queries.map((query) => result(`call-${query}`, `found ${query}`)),
  ];
}

/** One turn, streamed or not. */
export async function converse(
  agent: Agent,
  input: string,
  session: Session,
  stream: boolean,
): Promise<void> {
  if (!stream) {
    await runner.run(agent, input, { session });
    return;
  }
  const streamed = await runner.run(agent, input, { session, stream: true });
  for await (const _ of streamed);
  await streamed.completed;
}

/** Fails unless the model's call number `index` was given these items. */
export function expectInput(
  t: RuleContext,
  session: Session,
  model: ScriptedModel,
  expected: readonly AgentInputItem[],
  index = 0,
): void {
  const input = model.calls[index]?.request.input;
  t.expectItems(session, Array.isArray(input) ? input : [], expected, 'what the model was given');
}

/** A tool that notes the queries it was run with. */
export function lookupTool(needsApproval = false): { lookup: Tool; queries: string[] } {
  const queries: string[] = [];
  const lookup = tool({
    name: 'lookup',
    description: 'Looks something up.',
    parameters: {
      type: 'object',
      properties: { query: { type: 'string' } },
      required: ['query'],
      additionalProperties: false,
    },
    needsApproval,
    execute: async (input: unknown) => {
      const query = String(Reflect.get(Object(input), 'query'));
      queries.push(query);
      return `found ${query}`;
    },
  });
  return { lookup, queries };
}

/** When a call's answer gets lost: before the call had an effect, or after. */
export type Loss = 'before it was applied' | 'after it was applied';

/** The same session, except that the next call of `method` fails once, as when a connection breaks. */
export function failingOnce(session: Session, method: string, loss: Loss): Session {
  let failed = false;
  return new Proxy(session, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key, target);
      if (typeof value !== 'function') return value;
      // The hooks of a session are synchronous, and must stay so.
      if (key !== method) return value.bind(target);
      return async (...args: unknown[]) => {
        if (failed) return Reflect.apply(value, target, args);
        failed = true;
        if (loss === 'after it was applied') await Reflect.apply(value, target, args);
        throw new Error('connection lost');
      };
    },
    has: (target, key) => Reflect.has(target, key),
  });
}
