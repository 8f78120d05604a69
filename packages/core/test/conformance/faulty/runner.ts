import { StoredSession } from '@agent-sessions/core';
import type { AgentInputItem } from '@openai/agents';
import { type Fault, fault, stored } from './fault.ts';
import { session, table } from './table.ts';

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
  ...table(session, {
    // Keeps messages and drops the rest, as a chat table does.
    'results of tools are dropped': {
      breaks: [
        'a tool loop is stored and replayed',
        'goes on from its serialized state',
        'a handoff is stored',
      ],
      addItems: (real) => (items, context) =>
        real(
          items.filter(({ type }) => type !== 'function_call_result'),
          context,
        ),
    },
    // Takes the run context for an option.
    'popItem() takes a run context for an option': {
      breaks: 'a run context behind',
      popItem: (real, object) => async (context) => {
        if (context === undefined) return real();
        return (await object.getItems(1))[0];
      },
    },
    'getItems() counts its arguments': {
      breaks: ['a run context behind the arguments', 'the model is given the whole history'],
      getItems:
        (real) =>
        (...args) =>
          args.length > 1 && args[0] === undefined ? real(1, args[1]) : real(...args),
    },
  }),
];
