import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AgentInputItem } from '@openai/agents';
import { turn as generatedTurn } from '../items.ts';

/** What a user said, and all that came of it until the user spoke again. */
export type Turn = readonly AgentInputItem[];

/** The conversations that are stored. */
export interface Load {
  /** Where they are from, for the report. */
  readonly source: string;
  readonly conversations: readonly (readonly Turn[])[];
}

/** A message as the Chat Completions API has it. */
interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant' | 'tool';
  readonly content: string | null;
  readonly tool_calls?: readonly {
    readonly id: string;
    readonly function: { readonly name: string; readonly arguments: string };
  }[];
  readonly name?: string;
  readonly tool_call_id?: string;
}

/** Real conversations, if somebody put them beside the repository. */
const realConversations = join(
  import.meta.dirname,
  '../../../shared/data/tau-bench-gpt-4o-airline.json',
);

/** Real conversations if they are there, and else as many of the same shape. */
export async function loadConversations(path: string = realConversations): Promise<Load> {
  if (!existsSync(path)) {
    return {
      source: '200 generated conversations',
      conversations: Array.from({ length: 200 }, (_, number) => generate(number)),
    };
  }
  const records: { traj: ChatMessage[] }[] = JSON.parse(await readFile(path, 'utf8'));
  const conversations = records.map(({ traj }) => toTurns(traj));
  return { source: `${conversations.length} conversations of tau-bench (airline)`, conversations };
}

/** Turns of a conversation. Instructions are the agent's and no part of its history. */
export function toTurns(messages: readonly ChatMessage[]): Turn[] {
  const turns: AgentInputItem[][] = [];
  for (const message of messages) {
    if (message.role === 'user') turns.push([]);
    turns.at(-1)?.push(...toItems(message));
  }
  return turns;
}

/** The turns of question, call, result and answer. */
export function turnsOfFour({ conversations }: Load): Turn[] {
  return conversations.flat().filter((turn) => kindsOf(turn) === 'user call result answer');
}

function kindsOf(turn: Turn): string {
  return turn
    .map((item) => {
      if (item.type === 'function_call') return 'call';
      if (item.type === 'function_call_result') return 'result';
      return 'role' in item && item.role === 'user' ? 'user' : 'answer';
    })
    .join(' ');
}

function toItems({ role, content, tool_calls, name, tool_call_id }: ChatMessage): AgentInputItem[] {
  const text = content ?? '';
  if (role === 'user') return [{ role, content: text }];
  if (role === 'tool') {
    return [
      {
        type: 'function_call_result',
        callId: tool_call_id ?? '',
        name: name ?? '',
        status: 'completed',
        output: { type: 'text', text },
      },
    ];
  }
  const calls = (tool_calls ?? []).map(
    (call): AgentInputItem => ({
      type: 'function_call',
      callId: call.id,
      name: call.function.name,
      arguments: call.function.arguments,
      status: 'completed',
    }),
  );
  return text === '' ? calls : [answer(text), ...calls];
}

function answer(text: string): AgentInputItem {
  return {
    type: 'message',
    role: 'assistant',
    status: 'completed',
    content: [{ type: 'output_text', text }],
  };
}

/** As many turns as real ones have, and as many calls in them: 7.5 turns, 0.8 calls a turn. */
function generate(number: number): Turn[] {
  const calls = [0, 0, 1, 0, 2, 0, 1, 3, 0];
  return Array.from({ length: 4 + (number % 8) }, (_, index) =>
    generatedTurn(100 * number + index, calls[(number + index) % calls.length]),
  );
}
