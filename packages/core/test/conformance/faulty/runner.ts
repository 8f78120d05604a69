import { StoredSession } from '@agent-sessions/core';
import type { AgentInputItem, RunContext } from '@openai/agents-core';
import { type Fault, fault, stored } from './fault.ts';

/** Tells the runner to compare histories that are never equal. */
class ComparesWrong extends StoredSession {
  #comparisons = 0;

  prepareHistoryItemsForPersistenceComparison(items: AgentInputItem[]): AgentInputItem[] {
    this.#comparisons += 1;
    return items.map((item) => Object.assign({ comparison: this.#comparisons }, item));
  }
}

/** Compares what it takes for essential. */
class ComparesTypes extends StoredSession {
  prepareHistoryItemsForPersistenceComparison(items: AgentInputItem[]): AgentInputItem[] {
    return items.map(({ type }) => ({ type }) as AgentInputItem);
  }
}

class ComparesMessages extends StoredSession {
  prepareHistoryItemsForPersistenceComparison(items: AgentInputItem[]): AgentInputItem[] {
    return items.filter((item) => 'role' in item);
  }
}

/** Gives the model something else than it stores. */
class RewritesForModel extends StoredSession {
  prepareHistoryItemForModelInput(item: AgentInputItem): AgentInputItem {
    return 'role' in item && item.role === 'assistant'
      ? ({ ...item, content: [{ type: 'output_text', text: '…' }] } as AgentInputItem)
      : item;
  }
}

/** Keeps messages and drops the rest, as a chat table does. */
class OnlyMessages extends StoredSession {
  override addItems(items: AgentInputItem[], context?: RunContext<unknown>): Promise<void> {
    return super.addItems(
      items.filter(({ type }) => type !== 'function_call_result'),
      context,
    );
  }
}

/** Takes the run context for an option. */
class MistakesContext extends StoredSession {
  override async popItem(context?: RunContext<unknown>): Promise<AgentInputItem | undefined> {
    if (context === undefined) return super.popItem();
    return (await super.getItems(1))[0];
  }
}

class CountsArguments extends StoredSession {
  override getItems(
    ...args: [limit?: number, context?: RunContext<unknown>]
  ): Promise<AgentInputItem[]> {
    return args.length > 1 && args[0] === undefined
      ? super.getItems(1, args[1])
      : super.getItems(...args);
  }
}

export const runnerFaults: readonly Fault[] = [
  fault('histories never compare equal', stored(ComparesWrong), 'a write whose answer was lost'),
  fault(
    'histories compare equal if their types do',
    stored(ComparesTypes),
    'tells different items apart',
  ),
  fault('messages are compared, and nothing else', stored(ComparesMessages), 'as many as it got'),
  fault(
    'the model is given other items',
    stored(RewritesForModel),
    'the model is given the whole history',
  ),
  fault('results of tools are dropped', stored(OnlyMessages), [
    'a tool loop is stored and replayed',
    'goes on from its serialized state',
    'a handoff is stored',
  ]),
  fault(
    'popItem() takes a run context for an option',
    stored(MistakesContext),
    'a run context behind',
  ),
  fault('getItems() counts its arguments', stored(CountsArguments), [
    'a run context behind the arguments',
    'the model is given the whole history',
  ]),
];
