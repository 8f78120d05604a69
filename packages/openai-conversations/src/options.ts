import {
  assertOptions,
  expecting,
  invalidOptions,
  isTimeout,
  type OptionCheck,
  type OptionChecks,
  optional,
} from '@agent-sessions/core/backend';
import type { OpenAIConversationsSessionOptions as SdkOptions } from '@openai/agents';
import type { ClearProgress } from './api/clear.ts';
import { isRecord } from './is-record.ts';

/** Where requests go. */
export interface ClientOptions {
  /** An `openai` client, instead of the four options below. */
  readonly client?: NonNullable<SdkOptions['client']>;
  /** Default: the key of `setDefaultOpenAIKey`, or else `OPENAI_API_KEY`. */
  readonly apiKey?: string;
  /** Default: `OPENAI_BASE_URL`, or else OpenAI's own. */
  readonly baseURL?: string;
  /** Default: `OPENAI_ORG_ID`. */
  readonly organization?: string;
  /** Default: `OPENAI_PROJECT_ID`. */
  readonly project?: string;
}

/** Options of {@link OpenAIConversationsSession}; all of the SDK's class, and three more. */
export interface OpenAIConversationsSessionOptions extends ClientOptions {
  /** An existing conversation. Default: a new one, created by the first write. */
  readonly conversationId?: string;
  /** For a conversation that this session creates: 16 pairs of 64 and 512 characters at most. */
  readonly metadata?: Readonly<Record<string, string>>;
  /**
   * What to do when the conversation was deleted. `error`: reject. `create`: read it as empty; the
   * first write creates a new one, with another id. Default: `error`.
   */
  readonly onMissingConversation?: 'error' | 'create';
  /**
   * How long the API may take to answer a request, in milliseconds; a client with a shorter `timeout`
   * keeps its own. It is also how long a call waits while the conversation is locked, as by a response
   * that is being made in it, or while others take the newest item first. A call that needs many requests
   * goes on as long as they are answered. Default: 30 000.
   */
  readonly timeoutMs?: number;
}

/** What {@link OpenAIConversationsSession.clearSession} takes. */
export interface ClearOptions {
  /** Called after each deleted item. */
  readonly onProgress?: (progress: ClearProgress) => void;
}

const OF = 'OpenAIConversationsSession';

const MAX_PAIRS = 16;
const MAX_KEY = 64;
const MAX_VALUE = 512;

const checks: OptionChecks<OpenAIConversationsSessionOptions> = {
  // What else an id may not be has a code of its own.
  conversationId: unlessUndefined('a new conversation', () => undefined),
  client: unlessUndefined(
    'the default client of the SDK, or one made of the environment',
    expecting('an `openai` client', (value) => isRecord(Object(value).conversations)),
  ),
  apiKey: unlessUndefined(
    'the key of setDefaultOpenAIKey, or else of OPENAI_API_KEY',
    expecting('an API key', (value) => typeof value === 'string' && value.trim() !== ''),
  ),
  baseURL: unlessUndefined(
    'OPENAI_BASE_URL, or else the API of OpenAI',
    expecting('an http: or https: URL', isHttpUrl),
  ),
  organization: unlessUndefined('OPENAI_ORG_ID', expecting('an id', isText)),
  project: unlessUndefined('OPENAI_PROJECT_ID', expecting('an id', isText)),
  metadata: optional(
    expecting(
      `at most ${MAX_PAIRS} pairs of strings, keys of ${MAX_KEY} and values of ${MAX_VALUE} characters`,
      isMetadata,
    ),
  ),
  onMissingConversation: optional(
    expecting("'error' or 'create'", (value) => value === 'error' || value === 'create'),
  ),
  timeoutMs: optional(isTimeout),
};

const clearChecks: OptionChecks<ClearOptions> = {
  onProgress: optional(expecting('a function', (value) => typeof value === 'function')),
};

/** @throws SessionError `invalid_options` */
export function assertSessionOptions(
  options: unknown,
): asserts options is OpenAIConversationsSessionOptions {
  const example = '{ conversationId }';
  assertOptions<OpenAIConversationsSessionOptions>(options, { of: OF, example, checks });
  if (options.client === undefined) return;
  const beside = (['apiKey', 'baseURL', 'organization', 'project'] as const)
    .filter((name) => name in options)
    .map((name) => `\`${name}\``);
  if (beside.length === 0) return;
  throw invalidOptions(OF, `pass either \`client\` or ${beside.join(', ')}: a client has its own`);
}

/**
 * @param of - The method, as errors call it.
 * @throws SessionError `invalid_options`
 */
export function assertClearOptions(options: unknown, of: string): asserts options is ClearOptions {
  const example = '{ onProgress }';
  assertOptions<ClearOptions>(options, { of, example, checks: clearChecks });
}

/** For what decides where a history is: a variable that was not set must not choose the default. */
function unlessUndefined(standard: string, check: OptionCheck): OptionCheck {
  return (value) =>
    value === undefined ? `is undefined. Pass it, or leave it out for ${standard}` : check(value);
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

function isHttpUrl(value: unknown): boolean {
  return typeof value === 'string' && /^https?:\/\//i.test(value) && URL.canParse(value);
}

function isMetadata(value: unknown): boolean {
  // A map shows no pairs, and would stand for none.
  if (!isRecord(value) || Object.prototype.toString.call(value) !== '[object Object]') return false;
  const pairs = Object.entries(value);
  return pairs.length <= MAX_PAIRS && pairs.every(isPair);
}

function isPair([key, value]: readonly [string, unknown]): boolean {
  return key.length <= MAX_KEY && typeof value === 'string' && value.length <= MAX_VALUE;
}
