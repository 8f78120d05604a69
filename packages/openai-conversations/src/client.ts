import { SessionError } from '@agent-sessions/core';
import {
  getDefaultOpenAIClient,
  type OpenAIConversationsSessionOptions,
  OpenAIProvider,
} from '@openai/agents-openai';
import OpenAI from 'openai';

/** Where requests go. */
export interface ClientOptions {
  /** An `openai` client, instead of the four options below. */
  readonly client?: OpenAIConversationsSessionOptions['client'] | undefined;
  /** Default: the key of `setDefaultOpenAIKey`, or else `OPENAI_API_KEY`. */
  readonly apiKey?: string | undefined;
  /** Default: `OPENAI_BASE_URL`, or else OpenAI's own. */
  readonly baseURL?: string | undefined;
  /** Default: `OPENAI_ORG_ID`. */
  readonly organization?: string | undefined;
  /** Default: `OPENAI_PROJECT_ID`. */
  readonly project?: string | undefined;
}

/**
 * Picks the client: the one that was passed; one made of the options, if there is any; the SDK's
 * default client; one made of the environment. (The SDK's class lets its default client win over
 * explicit options.)
 *
 * @throws SessionError `invalid_options` for a client together with options for making one
 */
export function resolveClient(options: ClientOptions): OpenAI {
  const { client, apiKey, baseURL, organization, project } = options;
  const given = Object.entries({ apiKey, baseURL, organization, project }).filter(
    ([, value]) => value !== undefined,
  );
  if (client === undefined) {
    const standard = given.length === 0 ? getDefaultOpenAIClient() : undefined;
    if (standard !== undefined) return standard as OpenAI;
    return new OpenAI({ apiKey: apiKey ?? defaultKey, ...Object.fromEntries(given) });
  }
  // The SDK types a client by either of the package's two sets of declarations.
  if (given.length === 0) return client as OpenAI;
  throw new SessionError(
    'invalid_options',
    `Pass either client or ${given.map(([name]) => name).join(', ')}: a client brings its own.`,
  );
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
