import type { AgentInputItem } from '@openai/agents';
import type { Fault } from './fault.ts';
import { faulty, kinds, table } from './table.ts';
import { type Stored, session, type World } from './worlds.ts';

/** What the runner asks a session for, and those of this project do not have. */
interface Hooks {
  prepareHistoryItemsForPersistenceComparison(items: AgentInputItem[]): AgentInputItem[];
  prepareHistoryItemForModelInput(item: AgentInputItem): AgentInputItem;
}

const hooked = session as unknown as World<Stored & Hooks>;

/** Sessions that tell the runner how to compare histories. */
const comparing = (compared: Hooks['prepareHistoryItemsForPersistenceComparison']): Fault['open'] =>
  faulty(hooked, { prepareHistoryItemsForPersistenceComparison: () => compared });

let comparisons = 0;

function neverEqual(items: AgentInputItem[]): AgentInputItem[] {
  comparisons += 1;
  return items.map((item) => Object.assign({ comparison: comparisons }, item));
}

export const runnerFaults: readonly Fault[] = [
  ...kinds(comparing, {
    'histories never compare equal': ['a write whose answer was lost', neverEqual],
    'histories compare equal if their types do': [
      'tells different items apart',
      (items) => items.map(({ type }) => ({ type }) as AgentInputItem),
    ],
    'messages are compared, and nothing else': [
      'as many as it got',
      (items) => items.filter((item) => 'role' in item),
    ],
  }),
  ...table(hooked, {
    'the model is given other items': {
      breaks: 'the model is given the whole history',
      prepareHistoryItemForModelInput: () => (item) =>
        'role' in item && item.role === 'assistant'
          ? ({ ...item, content: [{ type: 'output_text', text: '…' }] } as AgentInputItem)
          : item,
    },
  }),
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
