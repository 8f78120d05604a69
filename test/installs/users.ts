import type { TestContext } from 'vitest';
import { ConversationsServer } from '../../packages/openai-conversations/test/server/conversations-server.ts';
import { findServer } from '../../packages/redis/test/support/server.ts';

/** A server that a program needs: what tells the program where it is, or why there is none. */
export type ServerForProgram =
  | { readonly env: NodeJS.ProcessEnv; stop(): Promise<void> }
  | { readonly why: string };

/** How somebody uses one package, with the program `test/installed.ts` of that package. */
export interface PackageUse {
  readonly name: string;
  /** What is installed beside it, as a command of its README has it. */
  readonly beside: readonly string[];
  /** Which packages of this project, and which drivers, come along unasked. */
  readonly brings: readonly string[];
  readonly startServer?: () => Promise<ServerForProgram>;
}

/** What everyone has who compiles for Node. */
export const typesOfNode = '@types/node@24';

/** What the adapters need of others. (`openai` comes with the SDK.) */
export const drivers: ReadonlySet<string> = new Set([
  '@electric-sql/pglite',
  'better-sqlite3',
  'ioredis',
  'kysely',
  'mysql2',
  'pg',
]);

export const uses: readonly PackageUse[] = [
  { name: 'core', beside: ['@openai/agents'], brings: [] },
  {
    name: 'sqlite',
    beside: ['better-sqlite3', '@openai/agents'],
    brings: ['@agent-sessions/core', 'better-sqlite3'],
  },
  {
    name: 'kysely',
    beside: ['kysely', 'better-sqlite3', '@openai/agents'],
    brings: ['@agent-sessions/core', 'kysely'],
  },
  {
    name: 'redis',
    beside: ['ioredis', '@openai/agents'],
    brings: ['@agent-sessions/core', 'ioredis'],
    startServer: startRedis,
  },
  {
    name: 'openai-conversations',
    beside: ['@openai/agents', 'openai', 'zod'],
    brings: ['@agent-sessions/core'],
    startServer: startConversations,
  },
  {
    name: 'encrypted',
    beside: ['@agent-sessions/sqlite', 'better-sqlite3', '@openai/agents'],
    brings: ['@agent-sessions/core'],
  },
  {
    name: 'advanced',
    beside: ['better-sqlite3', 'kysely', '@openai/agents'],
    brings: ['@agent-sessions/core', '@agent-sessions/kysely', 'kysely'],
  },
];

export async function startRedis(): Promise<ServerForProgram> {
  const found = await findServer();
  if ('why' in found) return found;
  const stop = async () => found.server?.[Symbol.asyncDispose]();
  return { env: { REDIS_URL: found.url }, stop };
}

export async function startConversations(): Promise<ServerForProgram> {
  const server = await ConversationsServer.start();
  const env = { OPENAI_BASE_URL: server.baseURL, OPENAI_API_KEY: 'a key' };
  return { env, stop: () => server[Symbol.asyncDispose]() };
}

/** What cannot be tested here is skipped, but where everything has to be there it fails. */
export function skip(why: string, context: TestContext): void {
  if (process.env.CI === 'true' || process.env.REQUIRE_ALL_BACKENDS === '1') throw new Error(why);
  context.skip(why);
}
