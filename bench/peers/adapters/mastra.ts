import type { MastraMessageContentV2, MastraMessagePart } from '@mastra/core/agent';
import type { MastraDBMessage } from '@mastra/core/memory';
import type { MastraCompositeStore, MemoryStorage } from '@mastra/core/storage';
import type { AgentInputItem } from '@openai/agents';
import { type Contender, type Conversations, formatOnce } from '../contender.ts';
import type { Turn } from '../conversations.ts';
import { newFile, newPostgres, sqlitePlace } from '../databases.ts';
import { textOf } from '../text.ts';

/** Each loads its own package, so that one which is not installed leaves the other. */
export const contenders: readonly Contender[] = [
  {
    packageName: '@mastra/libsql',
    async open() {
      const { LibSQLStore } = await import('@mastra/libsql');
      await using stack = new AsyncDisposableStack();
      const store = new LibSQLStore({ id: 'bench', url: `file:${await newFile(stack)}` });
      stack.defer(() => store.close());
      const memory = await memoryOf(store);
      const read = async (pragma: string): Promise<unknown> => {
        // The settings are those of a connection, and this one is private.
        const client: LibSQLClient = Reflect.get(store, 'client');
        const { rows } = await client.execute(`PRAGMA ${pragma}`);
        return rows[0]?.[pragma];
      };
      const place = sqlitePlace(await read('journal_mode'), await read('synchronous'));
      return overMemory(place, memory, stack);
    },
  },
  {
    packageName: '@mastra/pg',
    async open() {
      const { PostgresStore } = await import('@mastra/pg');
      await using stack = new AsyncDisposableStack();
      const { url, place } = await newPostgres(stack);
      const store = new PostgresStore({ id: 'bench', connectionString: url });
      stack.defer(() => store.close());
      return overMemory(place, await memoryOf(store), stack);
    },
  },
];

interface LibSQLClient {
  execute(sql: string): Promise<{ rows: Record<string, unknown>[] }>;
}

async function memoryOf(store: MastraCompositeStore): Promise<MemoryStorage> {
  await store.init();
  const memory = await store.getStore('memory');
  if (memory === undefined) throw new Error('the store keeps no messages');
  return memory;
}

/** The kept part of a message; id, thread and time are new for each. */
type Kept = Pick<MastraDBMessage, 'role' | 'content'>;

const RESOURCE = 'bench';

/** A conversation is a thread; a turn is the user's message and one of the assistant, with its calls. */
function overMemory(
  place: string,
  memory: MemoryStorage,
  stack: AsyncDisposableStack,
): Conversations {
  const owned = stack.move();
  // Messages are ordered by time of day, so no two have the same.
  let time = Date.now();
  const save = (threadId: string, messages: readonly Kept[]): Promise<unknown> =>
    memory.saveMessages({
      messages: messages.map((message) => {
        time += 1;
        const [id, createdAt] = [crypto.randomUUID(), new Date(time)];
        return { ...message, id, threadId, resourceId: RESOURCE, createdAt };
      }),
    });
  return {
    place,
    format,
    create: async (id, turns) => {
      const now = new Date();
      await memory.saveThread({
        thread: { id, resourceId: RESOURCE, title: '', createdAt: now, updatedAt: now },
      });
      await save(id, turns.flatMap(format));
    },
    append: (id, turn) => save(id, format(turn)),
    newest: async (threadId, count) => {
      const { messages } = await memory.listMessages({
        threadId,
        perPage: count,
        orderBy: { field: 'createdAt', direction: 'DESC' },
        includeTotal: false,
      });
      return messages.reverse();
    },
    whole: async (threadId) => (await memory.listMessages({ threadId, perPage: false })).messages,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

const format = formatOnce((turn: Turn): Kept[] => {
  const [question, ...others] = turn;
  if (question === undefined) return [];
  const user: Kept = { role: 'user', content: contentOf([textPart(question)]) };
  if (others.length === 0) return [user];
  return [user, { role: 'assistant', content: contentOf(toParts(others)) }];
});

function toParts(items: readonly AgentInputItem[]): MastraMessagePart[] {
  return items.flatMap((item) => {
    if (item.type === 'function_call') return [];
    return item.type === 'function_call_result' ? [toolPart(item, items)] : [textPart(item)];
  });
}

function toolPart(
  result: Extract<AgentInputItem, { type: 'function_call_result' }>,
  items: readonly AgentInputItem[],
): MastraMessagePart {
  const call = items.find((item) => item.type === 'function_call' && item.callId === result.callId);
  return {
    type: 'tool-invocation',
    toolInvocation: {
      state: 'result',
      toolCallId: result.callId,
      toolName: result.name,
      args: call?.type === 'function_call' ? JSON.parse(call.arguments) : {},
      result: textOf(result),
    },
  };
}

function textPart(item: AgentInputItem): MastraMessagePart {
  return { type: 'text', text: textOf(item) };
}

function contentOf(parts: MastraMessagePart[]): MastraMessageContentV2 {
  return { format: 2, parts };
}
