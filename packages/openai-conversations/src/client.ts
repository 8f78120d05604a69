import { SessionError } from '@agent-sessions/core';
import { getDefaultOpenAIClient, OpenAIProvider } from '@openai/agents';
import OpenAI from 'openai';
import type { ClientOptions } from './options.ts';

/**
 * Picks the client: the one that was passed; one made of the options, if there is any; the SDK's
 * default client; one made of the environment. (The SDK's class lets its default client win over
 * explicit options.)
 */
export function resolveClient(options: ClientOptions): OpenAI {
  const { client, apiKey, baseURL, organization, project } = options;
  // The SDK types a client by either of the package's two sets of declarations.
  if (client !== undefined) return client as OpenAI;
  const given = Object.entries({ apiKey, baseURL, organization, project }).filter(
    ([, value]) => value !== undefined,
  );
  const standard = given.length === 0 ? getDefaultOpenAIClient() : undefined;
  if (standard !== undefined) return standard as OpenAI;
  return new OpenAI({ apiKey: apiKey ?? defaultKey, ...Object.fromEntries(given) });
}

/**
 * The key of `setDefaultOpenAIKey`, or else of the environment. The SDK exports no getter for it; its
 * provider gives it to the client of each model that it makes.
 */
async function defaultKey(): Promise<string> {
  const provider = new OpenAIProvider({
    baseURL: 'http://localhost',
    useResponses: true,
    useResponsesWebSocket: false,
  });
  // Without any key it refuses to make a client.
  const model: unknown = await provider.getModel().catch(() => undefined);
  const client: unknown = Reflect.get(Object(model), '_client');
  const key: unknown = Reflect.get(Object(client), 'apiKey') ?? process.env.OPENAI_API_KEY;
  if (typeof key === 'string' && key !== '') return key;
  throw new SessionError(
    'invalid_options',
    'There is no API key. Pass apiKey or client, or set OPENAI_API_KEY.',
  );
}
