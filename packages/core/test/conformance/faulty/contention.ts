import { readTransaction } from '../../../src/transaction-arguments.ts';
import { decode, encode, type PlainSession } from '../plain-session.ts';
import { type Fault, isStorable, turn } from './fault.ts';
import { lane } from './lane.ts';
import { faulty, kinds, table } from './table.ts';
import { ledgerSession, plainSession, session } from './worlds.ts';

/** Sessions of which an attempt that loses is made again, fifteen times, and then this. */
const givingUp = (
  giveUp: (object: PlainSession, texts: readonly string[]) => void,
): Fault['open'] =>
  faulty(plainSession, {
    inSession: (object) => {
      const run = lane(() => Promise.resolve());
      const change = <T>(make: (texts: string[]) => T): Promise<T> =>
        run(async () => {
          for (let left = 15; ; left -= 1) {
            const before = object.histories.get(object.id);
            await turn();
            const texts = [...(before ?? [])];
            const value = make(texts);
            const isSame = object.histories.get(object.id) === before;
            if (isSame) object.texts = texts;
            else if (left === 0) giveUp(object, texts);
            else continue;
            return value;
          }
        });
      return {
        getItems: (real) => (limit) => run(() => real(limit)),
        addItems: () => async (items) => {
          const added = items.map(encode);
          if (added.length > 0) await change((texts) => texts.push(...added));
        },
        popItem: () => async () => {
          const text = await change((texts) => texts.pop());
          return text === undefined ? undefined : decode(text);
        },
        clearSession: (real) => () => run(real),
      };
    },
  });

const ten = 'ten instances that add and pop at once';

export const contentionFaults: readonly Fault[] = [
  ...kinds(givingUp, {
    'the last attempt overwrites': [
      ten,
      (object, texts) => {
        object.texts = texts;
      },
    ],
    'the last attempt fails': [
      ten,
      () => {
        throw new Error('The session was changed by others during every attempt.');
      },
    ],
    // What it popped was popped by somebody else as well.
    'the last attempt is ignored': [ten, () => {}],
  }),
  ...table(plainSession, {
    'pops overtake each other': {
      breaks: 'pops on one instance give the newest',
      popItem: (real) => {
        let pops = 0;
        return async () => {
          pops += 1;
          if (pops % 2 === 0) await turn();
          return real();
        };
      },
    },
    // Two callers that ask while a pop is on its way get the same item.
    'pops at once share an item': {
      breaks: 'N concurrent pops over N items',
      popItem: (real) => {
        let popping: ReturnType<typeof real> | undefined;
        return () => {
          popping ??= real().finally(() => {
            popping = undefined;
          });
          return popping;
        };
      },
    },
  }),
  ...table(ledgerSession, {
    // Reads, waits, writes: what was popped meanwhile is back.
    'a mutation brings popped items back': {
      breaks: 'mutations that race with pops bring nothing back',
      applyHistoryMutations: (real, object) => async (args) => {
        for (const { replacement } of args.mutations) encode(replacement);
        const before = object.texts.slice();
        const copy = structuredClone(args);
        await Promise.resolve();
        object.texts = [...before, ...object.texts.slice(before.length)];
        await real(copy);
      },
    },
    'transactions are overtaken': {
      breaks: 'transactions and other calls on one instance',
      applyHistoryTransaction: (real) => async (args) => {
        const copy = readTransaction(args);
        await turn();
        await real(copy);
      },
    },
    'mutations are overtaken': {
      breaks: 'mutations and other calls on one instance',
      applyHistoryMutations: (real) => async (args) => {
        for (const { replacement } of args.mutations) encode(replacement);
        const copy = structuredClone(args);
        await turn();
        await real(copy);
      },
    },
  }),
  ...table(session, {
    'compactions are overtaken': {
      breaks: 'compactions and other calls on one instance',
      replaceHistoryWithCompaction: (real, object) => async (items, context) => {
        await object.getSessionId();
        if (!items.every(isStorable)) return real(items, context);
        const copies = structuredClone(items);
        await turn();
        await real(copies, context);
      },
    },
  }),
];
