import type { Fault } from './fault.ts';
import { table } from './table.ts';
import { backend, session } from './worlds.ts';

const DELETED = 'a session that was deleted after a run had';

export const deletionFaults: readonly Fault[] = [
  ...table(backend, {
    'what is added is not asked for whom': {
      breaks: [
        DELETED,
        'that a run has made itself',
        'is left alone by a run on the deleted one',
        'during a run without streaming',
        'during a streamed run',
      ],
      append:
        (real) =>
        (id, { birth: _, ...append }) =>
          real(id, append),
    },
    'whoever has a birth adds to any session': {
      breaks: 'is left alone by a run on the deleted one',
      append: (real, object) => async (id, append) => {
        const { state } = await object.snapshot(id);
        return real(id, { ...append, birth: state === undefined ? append.birth : state.birth });
      },
    },
    'clearing is deletion': {
      breaks: 'clearing is not deletion',
      clear: (_real, object) => async (id) => {
        await object.deleteSession(id);
      },
    },
    'what was deleted cannot be begun anew': {
      breaks: 'a call without a run on a deleted session',
      inStore: () => {
        const deleted = new Set<string>();
        return {
          deleteSession: (real) => (id) => {
            deleted.add(id);
            return real(id);
          },
          append: (real) => async (id, append) => (deleted.has(id) ? undefined : real(id, append)),
        };
      },
    },
  }),
  ...table(session, {
    'runs are not told apart': {
      breaks: [DELETED, 'during a streamed run', 'waits for approval'],
      getItems: (real) => (limit) => real(limit),
      addItems: (real) => (items) => real(items),
      popItem: (real) => () => real(),
      applyHistoryTransaction: (real) => (args) => real(args),
      replaceHistoryWithCompaction: (real) => (items) => real(items),
    },
  }),
];
