import { AIMessage, type BaseMessage, HumanMessage, ToolMessage } from '@langchain/core/messages';
import type { RunnableConfig } from '@langchain/core/runnables';
import {
  type BaseCheckpointSaver,
  type Checkpoint,
  emptyCheckpoint,
  uuid6,
} from '@langchain/langgraph-checkpoint';
import type { AgentInputItem } from '@openai/agents';
import { type Contender, type Conversations, formatOnce } from '../contender.ts';
import { newFile, newPostgres, sqlitePlace } from '../databases.ts';
import { textOf } from '../text.ts';

/** Each loads its own package, so that one which is not installed leaves the others. */
export const contenders: readonly Contender[] = [
  {
    packageName: '@langchain/langgraph-checkpoint-sqlite',
    async open() {
      const { SqliteSaver } = await import('@langchain/langgraph-checkpoint-sqlite');
      await using stack = new AsyncDisposableStack();
      const saver = SqliteSaver.fromConnString(await newFile(stack));
      stack.defer(() => void saver.db.close());
      await saver.getTuple({ configurable: { thread_id: 'none' } });
      const place = sqlitePlace(
        saver.db.pragma('journal_mode', { simple: true }),
        saver.db.pragma('synchronous', { simple: true }),
      );
      return overSaver(place, saver, stack);
    },
  },
  {
    packageName: '@langchain/langgraph-checkpoint-postgres',
    async open() {
      const { PostgresSaver } = await import('@langchain/langgraph-checkpoint-postgres');
      await using stack = new AsyncDisposableStack();
      const { url, place } = await newPostgres(stack);
      const saver = PostgresSaver.fromConnString(url);
      stack.defer(() => saver.end());
      await saver.setup();
      return overSaver(place, saver, stack);
    },
  },
];

/**
 * A conversation is the channel `messages` of a thread's state. To add to it, the newest checkpoint is
 * read and its successor written: what a graph does at least, which writes one for each of its steps.
 */
function overSaver(
  place: string,
  saver: BaseCheckpointSaver,
  stack: AsyncDisposableStack,
): Conversations {
  const owned = stack.move();
  const configOf = (id: string): RunnableConfig => ({
    configurable: { thread_id: id, checkpoint_ns: '' },
  });
  const put = (
    config: RunnableConfig,
    previous: Checkpoint,
    step: number,
    messages: readonly BaseMessage[],
  ): Promise<unknown> => {
    const version = saver.getNextVersion(previous.channel_versions.messages as number | undefined);
    const checkpoint = {
      ...previous,
      id: uuid6(step),
      ts: new Date().toISOString(),
      channel_values: { messages },
      channel_versions: { messages: version },
    };
    const metadata = { source: 'update' as const, step, parents: {} };
    return saver.put(config, checkpoint, metadata, { messages: version });
  };
  const read = async (id: string): Promise<BaseMessage[]> => {
    const tuple = await saver.getTuple(configOf(id));
    return (tuple?.checkpoint.channel_values.messages ?? []) as BaseMessage[];
  };
  return {
    place,
    format,
    create: (id, turns) => put(configOf(id), emptyCheckpoint(), -1, turns.flatMap(format)),
    append: async (id, turn) => {
      const tuple = await saver.getTuple(configOf(id));
      if (tuple === undefined) throw new Error(`no thread ${id}`);
      const messages = tuple.checkpoint.channel_values.messages as BaseMessage[];
      const step = (tuple.metadata?.step ?? -1) + 1;
      await put(tuple.config, tuple.checkpoint, step, [...messages, ...format(turn)]);
    },
    newest: async (id, count) => (await read(id)).slice(-count),
    whole: read,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

const format = formatOnce((turn) => turn.map(toMessage));

function toMessage(item: AgentInputItem): BaseMessage {
  const id = crypto.randomUUID();
  if (item.type === 'function_call') {
    const call = { id: item.callId, name: item.name, args: JSON.parse(item.arguments) };
    return new AIMessage({ id, content: '', tool_calls: [call] });
  }
  const content = textOf(item);
  if (item.type === 'function_call_result') {
    return new ToolMessage({ id, content, tool_call_id: item.callId, name: item.name });
  }
  const isUser = 'role' in item && item.role === 'user';
  return isUser ? new HumanMessage({ id, content }) : new AIMessage({ id, content });
}
