import { SessionStore } from '@agent-sessions/core';
import type { Append, Appended } from '@agent-sessions/core/backend';
import type { SessionHarness } from '@agent-sessions/core/conformance';
import { MemoryBackend } from '../../../src/memory-backend.ts';
import { LedgerSession } from '../ledger-session.ts';
import type { Histories } from '../plain-session.ts';
import { type Fault, fault } from './fault.ts';

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
class ForgetsContent extends LedgerSession {
  protected override contentOf(transaction: Parameters<LedgerSession['contentOf']>[0]): string {
    return this.histories.has('restarted') ? 'applied' : super.contentOf(transaction);
  }

  restart(): void {
    for (const key of this.ledger.keys()) this.ledger.set(key, 'applied');
    this.histories.set('restarted', []);
  }
}

function forgettingContent(): Omit<SessionHarness, 'name'> {
  const histories: Histories = new Map();
  return {
    open: (sessionId) => new ForgetsContent(histories, sessionId),
    restart: () => new ForgetsContent(histories, 'any').restart(),
  };
}

/** Writes a log of what was added; what was removed is not in it. */
class Logs extends MemoryBackend {
  readonly logged = new Map<string, string[]>();

  override append(id: string, append: Append): Promise<Appended | undefined> {
    this.logged.set(id, [...(this.logged.get(id) ?? []), ...append.records]);
    return super.append(id, append);
  }
}

function replaying(): Omit<SessionHarness, 'name'> {
  let backend = new Logs();
  let store = new SessionStore(backend);
  return {
    open: (sessionId) => store.session(sessionId),
    restart: async () => {
      const before = backend;
      backend = new Logs();
      store = new SessionStore(backend);
      for (const [id, records] of before.logged) await backend.append(id, { records });
    },
  };
}

export const restartFaults: readonly Fault[] = [
  fault(
    'bytes are kept in memory only',
    restarting((texts) => texts.map((text) => text.replace(/\ufffebytes:/g, ''))),
    'items of every kind outlive a restart',
  ),
  fault(
    'a restart leaves out what it does not know',
    restarting((texts) => texts.filter((text) => !text.includes('of_tomorrow'))),
    'items of every kind outlive a restart',
  ),
  fault(
    'a restart loses the newest item',
    restarting((texts) => texts.slice(0, -1)),
    ['history and ledger outlive a restart', 'pops and clears outlive a restart'],
  ),
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
