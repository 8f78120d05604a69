import { SessionStore } from '@agent-sessions/core';
import { MemoryBackend } from '../../../src/memory-backend.ts';
import { LedgerSession } from '../ledger-session.ts';
import type { Histories } from '../plain-session.ts';
import { type Fault, fault } from './fault.ts';
import { change, kinds } from './table.ts';

/** Sessions whose histories are changed by a restart. */
function restarting(change: (texts: string[]) => string[]): Fault['open'] {
  return () => {
    const histories: Histories = new Map();
    return {
      open: (sessionId) => new LedgerSession(histories, sessionId),
      restart: () => {
        for (const [id, texts] of histories) histories.set(id, change(texts));
      },
    };
  };
}

/** The ledger keeps the ids of operations, and loses what they did. */
function forgettingContent(): ReturnType<Fault['open']> {
  const histories: Histories = new Map();
  let isRestarted = false;
  const open = (sessionId: string): LedgerSession =>
    change(new LedgerSession(histories, sessionId), {
      contentOf: (real) => (transaction) => (isRestarted ? 'applied' : real(transaction)),
    });
  return {
    open,
    restart: () => {
      isRestarted = true;
      const { ledger } = open('any');
      for (const key of ledger.keys()) ledger.set(key, 'applied');
    },
  };
}

/** Writes a log of what was added; what was removed is not in it. */
function replaying(): ReturnType<Fault['open']> {
  const log: (readonly [id: string, records: readonly string[]])[] = [];
  const start = (): MemoryBackend =>
    change(new MemoryBackend(), {
      append: (real) => (id, append) => {
        log.push([id, append.records]);
        return real(id, append);
      },
    });
  let store = new SessionStore(start());
  return {
    open: (sessionId) => store.session(sessionId),
    restart: async () => {
      const backend = start();
      store = new SessionStore(backend);
      for (const [id, records] of log.splice(0)) await backend.append(id, { records });
    },
  };
}

export const restartFaults: readonly Fault[] = [
  ...kinds(restarting, {
    'bytes are kept in memory only': [
      'items of every kind outlive a restart',
      (texts) => texts.map((text) => text.replace(/\ufffebytes:/g, '')),
    ],
    'a restart leaves out what it does not know': [
      'items of every kind outlive a restart',
      (texts) => texts.filter((text) => !text.includes('of_tomorrow')),
    ],
    'a restart loses the newest item': [
      ['history and ledger outlive a restart', 'pops and clears outlive a restart'],
      (texts) => texts.slice(0, -1),
    ],
  }),
  fault(
    'a restart loses what operations did',
    forgettingContent,
    'an operation id is still that of its transaction',
  ),
  fault('a restart brings back what was removed', replaying, [
    'pops and clears outlive a restart',
    'mutations and compactions outlive a restart',
  ]),
];
