import type { AgentInputItem } from '@openai/agents';
import { call } from './items.ts';

/** A call of one of a session's methods. */
export type Command =
  | { readonly type: 'add'; readonly items: readonly AgentInputItem[] }
  | { readonly type: 'pop' }
  | { readonly type: 'read'; readonly limit?: number | undefined }
  | { readonly type: 'clear' }
  | { readonly type: 'mutate'; readonly callId: string; readonly args: string }
  | {
      readonly type: 'append';
      readonly operation: string;
      readonly items: readonly AgentInputItem[];
    }
  | {
      readonly type: 'replace';
      readonly operation: string;
      readonly expected: readonly AgentInputItem[];
      readonly replacement: readonly AgentInputItem[];
    };

/** What a session is: a list of items and a ledger of operations. */
export interface Model {
  readonly items: readonly AgentInputItem[];
  /** Operation id → what was applied under it. */
  readonly ledger: ReadonlyMap<string, string>;
}

/** A model after a command, and what the command gave: items, or the word `refused`. */
export interface Step {
  readonly model: Model;
  readonly outcome: readonly AgentInputItem[] | 'refused';
}

/** A session that was never written. */
export const emptyModel: Model = { items: [], ledger: new Map() };

/** What a command does and gives. */
export function step(model: Model, command: Command): Step {
  const { items } = model;
  const changed = (next: readonly AgentInputItem[]): Model => ({ ...model, items: next });
  switch (command.type) {
    case 'add':
      return { model: changed([...items, ...command.items]), outcome: [] };
    case 'pop':
      return { model: changed(items.slice(0, -1)), outcome: items.slice(-1) };
    case 'read':
      return { model, outcome: newest(items, command.limit) };
    case 'clear':
      return { model: emptyModel, outcome: [] };
    case 'mutate':
      return { model: changed(mutate(items, command)), outcome: [] };
    default:
      return transact(model, command);
  }
}

function newest(
  items: readonly AgentInputItem[],
  limit: number | undefined,
): readonly AgentInputItem[] {
  if (limit === undefined) return items;
  return limit <= 0 ? [] : items.slice(-limit);
}

function mutate(
  items: readonly AgentInputItem[],
  { callId, args }: Extract<Command, { type: 'mutate' }>,
): AgentInputItem[] {
  const isCall = (item: AgentInputItem): boolean =>
    item.type === 'function_call' && item.callId === callId;
  const first = items.findIndex(isCall);
  return items.flatMap((item, index) => {
    if (!isCall(item)) return [item];
    return index === first ? [call(callId, args)] : [];
  });
}

function transact(model: Model, command: Extract<Command, { type: 'append' | 'replace' }>): Step {
  const { operation, ...transaction } = command;
  const content = JSON.stringify(transaction);
  const known = model.ledger.get(operation);
  if (known !== undefined) return { model, outcome: known === content ? [] : 'refused' };
  const expected = command.type === 'append' ? [] : command.expected;
  const added = command.type === 'append' ? command.items : command.replacement;
  const start = model.items.length - expected.length;
  const suffix = start < 0 ? undefined : model.items.slice(start);
  if (JSON.stringify(suffix) !== JSON.stringify(expected)) return { model, outcome: 'refused' };
  const ledger = new Map(model.ledger).set(operation, content);
  return { model: { items: [...model.items.slice(0, start), ...added], ledger }, outcome: [] };
}
