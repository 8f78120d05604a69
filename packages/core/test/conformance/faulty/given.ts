import { type Fault, isStorable } from './fault.ts';
import { table } from './table.ts';
import { ledgerSession, plainSession, session } from './worlds.ts';

function freeze(value: unknown): void {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return;
  Object.values(value).forEach(freeze);
  Object.freeze(value);
}

const left = 'leaves what it was given as it was';

export const givenFaults: readonly Fault[] = [
  ...table(plainSession, {
    // Keeps others from changing what it was given.
    'addItems() freezes items': {
      breaks: `addItems ${left}`,
      addItems: (real) => async (items) => {
        await real(items);
        items.forEach(freeze);
      },
    },
    // Notes in the items that they are stored.
    'addItems() marks items': {
      breaks: `addItems ${left}`,
      addItems: (real) => async (items) => {
        await real(items);
        for (const item of items) Object.defineProperty(item, 'stored', { value: true });
      },
    },
    // Takes provider data out of the items before they are stored, and puts it back.
    'addItems() takes items apart': {
      breaks: `addItems ${left}`,
      addItems: (real) => async (items) => {
        const adding = real(items);
        for (const item of items) {
          const { providerData } = item;
          if (providerData === undefined) continue;
          Reflect.deleteProperty(item, 'providerData');
          item.providerData = providerData;
        }
        await adding;
      },
    },
    'addItems() empties the list': {
      breaks: `addItems ${left}`,
      addItems: (real) => async (items) => {
        await real(items);
        items.splice(0);
      },
    },
    'addItems() removes what is undefined': {
      breaks: `addItems ${left}`,
      addItems: (real) => async (items) => {
        await real(items);
        for (const { providerData = {} } of items) {
          for (const [key, value] of Object.entries(providerData)) {
            if (value === undefined) Reflect.deleteProperty(providerData, key);
          }
        }
      },
    },
  }),
  ...table(ledgerSession, {
    'a transaction freezes items': {
      breaks: `a transaction ${left}`,
      applyHistoryTransaction: (real) => async (args) => {
        await real(args);
        freeze(args);
      },
    },
    'a mutation empties its list': {
      breaks: `a mutation ${left}`,
      applyHistoryMutations: (real) => async (args) => {
        await real(args);
        while (args.mutations.length > 0) args.mutations.shift();
      },
    },
  }),
  ...table(session, {
    'a compaction empties the list': {
      breaks: `a compaction ${left}`,
      replaceHistoryWithCompaction: (real) => async (items, context) => {
        const isGood = items.every(isStorable);
        const replacing = real(items, context);
        if (isGood) items.splice(0);
        await replacing;
      },
    },
  }),
];
