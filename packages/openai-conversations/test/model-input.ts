import {
  type AgentInputItem,
  OpenAIResponsesModel,
  setTracingDisabled,
  withTrace,
} from '@openai/agents';
import type OpenAI from 'openai';

type Json = Record<string, unknown>;

/** What the SDK sends to the model for these items, without what does not matter to the model. */
export async function modelInput(items: readonly AgentInputItem[]): Promise<unknown[]> {
  let input: Json[] = [];
  const client = {
    responses: {
      create: (request: { input: Json[] }) => {
        input = request.input;
        throw new Error('seen');
      },
    },
  };
  const model = new OpenAIResponsesModel(client as unknown as OpenAI, 'gpt-5');
  const request = {
    input: [...items],
    modelSettings: {},
    tools: [],
    outputType: 'text' as const,
    handoffs: [],
    tracing: false,
  };
  setTracingDisabled(true);
  await withTrace('test', () => model.getResponse(request)).catch((error: Error) => {
    if (error.message !== 'seen') throw error;
  });
  return input.map(asForModel);
}

/**
 * What of an item of the API matters to the model. Ids and states are the server's; absent, empty and
 * default values mean the same.
 */
export function asForModel(item: Json): Json {
  const { id: _id, status: _status, ...rest } = structuredClone(item);
  const full: Json = { ...(typeof rest.role === 'string' && { type: 'message' }), ...rest };
  if (typeof full.content === 'string') {
    full.content = [
      { type: full.role === 'assistant' ? 'output_text' : 'input_text', text: full.content },
    ];
  }
  if (Object(full.caller).type === 'direct') delete full.caller;
  if (full.type === 'function_call_output') {
    delete full.name;
    delete full.namespace;
  }
  if (full.type === 'tool_search_call' || full.type === 'tool_search_output') {
    full.execution ??= 'server';
  }
  for (const part of [full.content, full.output].flat()) {
    if (Object(part).type === 'input_image') (part as Json).detail ??= 'auto';
  }
  return prune(full) as Json;
}

function prune(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(prune);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value)
    .filter(([key, entry]) => {
      const isNothing = entry === undefined || entry === null || key === 'created_by';
      return !isNothing && !isEmptyDefault(key, entry);
    })
    .map(([key, entry]) => [key, prune(entry)]);
  return Object.fromEntries(entries);
}

function isEmptyDefault(key: string, value: unknown): boolean {
  const mayBeEmpty = ['annotations', 'logprobs', 'outputs', 'pending_safety_checks'].includes(key);
  return mayBeEmpty && Array.isArray(value) && value.length === 0;
}
