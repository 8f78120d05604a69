import type { AgentInputItem } from '@openai/agents';
import type { Fault } from './fault.ts';
import { reading } from './makers.ts';
import { kinds, table } from './table.ts';
import { session } from './worlds.ts';

/** Changes reads with a limit only. */
const windows = (change: (items: AgentInputItem[]) => AgentInputItem[]): Fault['open'] =>
  reading((items, limit) => (limit === undefined ? items : change(items)));

function withoutLoneResults(items: AgentInputItem[]): AgentInputItem[] {
  const called = new Set(items.map((item) => item.type === 'function_call' && item.callId));
  return items.filter((item) => item.type !== 'function_call_result' || called.has(item.callId));
}

function withoutLoneCalls(items: AgentInputItem[]): AgentInputItem[] {
  const done = new Set(items.map((item) => item.type === 'function_call_result' && item.callId));
  return items.filter((item) => item.type !== 'function_call' || done.has(item.callId));
}

function fromQuestion(items: AgentInputItem[]): AgentInputItem[] {
  const from = items.findIndex((item) => Reflect.get(item, 'role') === 'user');
  return items.slice(Math.max(from, 0));
}

const parts = 'also where that parts a call from its result';
const lone = 'a result without its call, and a call without its result';

export const pairFaults: readonly Fault[] = [
  ...kinds(windows, {
    'a window has no result without its call': [parts, withoutLoneResults],
    'a window has no call without its result': [parts, withoutLoneCalls],
    'a window begins with a user message': [parts, fromQuestion],
  }),
  ...kinds(reading, {
    'a history has no result without its call': [lone, withoutLoneResults],
    'a history has no call without its result': [lone, withoutLoneCalls],
  }),
  ...table(session, {
    // A result goes with its call, lest the call be sent to a model without it.
    'popItem() takes a call with its result': {
      breaks: 'popItem() takes one item',
      popItem: (real, object) => async () => {
        const popped = await real();
        const [call] = await object.getItems(1);
        const isPair =
          popped?.type === 'function_call_result' &&
          call?.type === 'function_call' &&
          call.callId === popped.callId;
        if (isPair) await real();
        return popped;
      },
    },
  }),
];
