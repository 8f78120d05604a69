import type { AgentInputItem } from '@openai/agents';
import OpenAI from 'openai';
import {
  OpenAIConversationsSession,
  type OpenAIConversationsSessionOptions,
} from '../src/index.ts';
import { ConversationsServer } from './server/conversations-server.ts';
import type { Behavior } from './server/state.ts';

/** With a key, everything that needs no fault on request runs against OpenAI. */
export const isLive: boolean = Boolean(process.env.OPENAI_API_KEY);

/** A request as the client sent it. */
interface Sent {
  /** Method and kind of path: `POST items`. */
  readonly request: string;
  readonly query: URLSearchParams;
  readonly body: { items?: unknown[]; metadata?: unknown };
}

/** Where a test's sessions live. */
export interface Target extends AsyncDisposable {
  readonly client: OpenAI;
  readonly sent: Sent[];
  /** The requests of one kind so far. */
  count(request: string): number;
  session(options?: OpenAIConversationsSessionOptions): OpenAIConversationsSession;
}

/** As {@link Target}, on the local server, which can be told to fail. */
export interface LocalTarget extends Target {
  readonly server: ConversationsServer;
}

/** OpenAI with a key in the environment, else the local server. */
export async function openTarget(): Promise<Target> {
  if (!isLive) return openLocal();
  const created: string[] = [];
  const target = connect({}, (id) => created.push(id));
  return Object.assign(target, {
    [Symbol.asyncDispose]: async (): Promise<void> => {
      for (const conversationId of created) {
        await target.session({ conversationId }).deleteConversation();
      }
    },
  });
}

export async function openLocal({
  maxRetries,
  ...behavior
}: Behavior & { maxRetries?: number } = {}): Promise<LocalTarget> {
  const server = await ConversationsServer.start(behavior);
  const { baseURL } = server;
  const target = connect({
    apiKey: 'sk-test',
    baseURL,
    ...(maxRetries !== undefined && { maxRetries }),
  });
  return Object.assign(target, {
    server,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  });
}

export function user(text: string): AgentInputItem {
  return { type: 'message', role: 'user', content: text };
}

export function users(count: number, name = 'item'): AgentInputItem[] {
  return Array.from({ length: count }, (_, index) => user(`${name} ${index}`));
}

/** The texts of messages, which tell apart the items that {@link users} made. */
export function texts(items: readonly AgentInputItem[]): string[] {
  return items.map((item) => {
    if (!('content' in item) || item.content === undefined) return `[${item.type}]`;
    if (typeof item.content === 'string') return item.content;
    return item.content.map((part) => ('text' in part ? part.text : `[${part.type}]`)).join('');
  });
}

const KINDS = ['', 'conversations', 'conversation', 'items', 'item'];

function connect(
  options: { apiKey?: string; baseURL?: string; maxRetries?: number },
  onCreated: (id: string) => void = () => {},
): Omit<Target, typeof Symbol.asyncDispose> {
  const sent: Sent[] = [];
  const client = new OpenAI({
    ...options,
    fetch: async (url, init) => {
      const { pathname, searchParams } = new URL(String(url));
      const kind = KINDS[pathname.split('/').length - 2];
      const body = typeof init?.body === 'string' ? JSON.parse(init.body) : {};
      const request = `${init?.method?.toUpperCase() ?? 'GET'} ${kind}`;
      sent.push({ request, query: searchParams, body });
      const response = await fetch(url, init);
      if (request === 'POST conversations' && response.ok) {
        const { id } = (await response.clone().json()) as { id: string };
        onCreated(id);
      }
      return response;
    },
  });
  return {
    client,
    sent,
    count: (request) => sent.filter((entry) => entry.request === request).length,
    session: (more = {}) => new OpenAIConversationsSession({ client, ...more }),
  };
}
