import { canonicalText } from '../../../src/codec.ts';
import { readTransaction } from '../../../src/transaction-arguments.ts';
import type { LedgerSession } from '../ledger-session.ts';
import { decode, encode } from '../plain-session.ts';
import type { Fault } from './fault.ts';
import { type Changes, faulty, first, kinds, table } from './table.ts';
import { ledgerSession, plainSession } from './worlds.ts';

/** Sessions that know the history as they last read it, and may restore that. */
const remembering = (changes: (restore: () => void) => Changes<LedgerSession>): Fault['open'] =>
  faulty(ledgerSession, {
    inSession: (object) => {
      let known: readonly string[] | undefined;
      const forget = (): void => {
        known = undefined;
      };
      const restore = (): void => {
        if (known !== undefined) object.texts = known;
        forget();
      };
      return {
        getItems: (real) => async (limit) => {
          if (limit === undefined) known = object.histories.get(object.id);
          return real(limit);
        },
        addItems: first(forget),
        popItem: first(forget),
        clearSession: first(forget),
        ...changes(restore),
      };
    },
  });

export const cacheFaults: readonly Fault[] = [
  ...table(plainSession, {
    // Remembers the newest item, as the one that a pop would take.
    'popItem() gives what it remembers': {
      breaks: 'whichever instance added it',
      inSession: (object) => {
        let newest: string | undefined;
        const remember = (): void => {
          newest = object.texts.at(-1);
        };
        return {
          getItems: (real) => async (limit) => {
            remember();
            return real(limit);
          },
          addItems: (real) => async (items) => {
            await real(items);
            remember();
          },
          popItem: (real) => async () => {
            const popped = real();
            const text = newest;
            newest = undefined;
            return (await popped) && text !== undefined ? decode(text) : popped;
          },
          clearSession: first(() => {
            newest = undefined;
          }),
        };
      },
    },
    'windows come from a cache': {
      breaks: 'a read with a limit sees what another',
      inSession: (object) => {
        const windows = new Map<number, readonly string[]>();
        const forget = (): void => windows.clear();
        return {
          getItems: (real) => async (limit) => {
            if (limit === undefined || !Number.isInteger(limit) || limit <= 0) return real(limit);
            const texts = windows.get(limit) ?? object.texts.slice(-limit);
            windows.set(limit, texts);
            return texts.map(decode);
          },
          addItems: first(forget),
          popItem: first(forget),
          clearSession: first(forget),
        };
      },
    },
    // Reads again when the number of items is another one.
    'a cache is good as long as the count is the same': {
      breaks: 'replaced is read anew',
      inSession: (object) => {
        let known: readonly string[] = [];
        const forget = (): void => {
          known = [];
        };
        return {
          getItems: (real) => async (limit) => {
            if (limit !== undefined) return real(limit);
            if (object.texts.length !== known.length) known = [...object.texts];
            return known.map(decode);
          },
          addItems: first(forget),
          popItem: first(forget),
        };
      },
    },
    // Reads what is behind the position up to which it knows the history.
    'what is known is only read on': {
      breaks: 'replaced is read anew',
      inSession: (object) => {
        let known: readonly string[] = [];
        return {
          getItems: (real) => async (limit) => {
            if (limit !== undefined) return real(limit);
            if (object.texts.length < known.length) known = [];
            known = [...known, ...object.texts.slice(known.length)];
            return known.map(decode);
          },
          popItem: first(() => {
            known = [];
          }),
        };
      },
    },
    // From where the session ended when it first wrote.
    'an instance counts positions itself': {
      breaks: 'keep the order and overwrite nothing',
      inSession: (object) => {
        let next: number | undefined;
        const forget = (): void => {
          next = undefined;
        };
        return {
          addItems: () => async (items) => {
            const added = items.map(encode);
            const all = [...object.texts];
            next ??= all.length;
            for (const text of added) all[next++] = text;
            if (added.length > 0) object.texts = all;
          },
          popItem: first(forget),
          clearSession: first(forget),
        };
      },
    },
    // Until it writes itself.
    'a session that was found empty is taken for empty': {
      breaks: 'what one instance wrote, another reads',
      inSession: () => {
        let isEmpty = false;
        return {
          getItems: (real) => async (limit) => {
            if (isEmpty && limit === undefined) return [];
            const items = await real(limit);
            isEmpty = items.length === 0;
            return items;
          },
          addItems: first(() => {
            isEmpty = false;
          }),
        };
      },
    },
  }),
  ...kinds(remembering, {
    'a suffix is compared with what was read before': [
      'compared with what is stored, not with what was read before',
      (restore) => ({
        apply: (real) => (transaction) => {
          if (transaction.type === 'replace_suffix') restore();
          real(transaction);
        },
      }),
    ],
    'a mutation changes what was read before': [
      'a mutation changes what is stored, not what was read before',
      (restore) => ({
        applyHistoryMutations: (real) => async (args) => {
          for (const { replacement } of args.mutations) encode(replacement);
          restore();
          await real(args);
        },
      }),
    ],
  }),
  ...table(ledgerSession, {
    // So that a repetition need not ask.
    'an instance remembers its operations': {
      breaks: 'an operation that another instance cleared away is applied again',
      inSession: () => {
        const applied = new Set<string>();
        return {
          applyHistoryTransaction: (real) => async (args) => {
            const copy = readTransaction(args);
            const operation = canonicalText(copy);
            if (applied.has(operation)) return;
            await real(copy);
            applied.add(operation);
          },
          clearSession: first(() => applied.clear()),
        };
      },
    },
  }),
];
