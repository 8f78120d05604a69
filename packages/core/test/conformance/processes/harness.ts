import { MemorySessionStore, StoredSession } from '@agent-sessions/core';
import type { SessionHarness } from '@agent-sessions/core/conformance';
import { type Histories, PlainSession } from '../plain-session.ts';

/** Gives the oldest items instead of the newest ones. */
class Faulty extends StoredSession {
  override async getItems(limit?: number): ReturnType<StoredSession['getItems']> {
    if (limit === undefined || !Number.isInteger(limit)) return super.getItems(limit);
    return (await super.getItems()).slice(0, Math.max(limit, 0));
  }
}

const store = new MemorySessionStore();
const histories: Histories = new Map();
const harnesses: Readonly<Record<string, SessionHarness>> = {
  reference: { name: 'reference', open: (sessionId) => store.session(sessionId) },
  faulty: { name: 'faulty', open: (sessionId) => new Faulty({ store, sessionId }) },
  plain: { name: 'plain', open: (sessionId) => new PlainSession(histories, sessionId) },
  'plain, opened asynchronously': {
    name: 'plain, opened asynchronously',
    open: async (sessionId) => new PlainSession(histories, sessionId),
  },
};

/** The harness that the environment asks for. */
export const harness: SessionHarness = (() => {
  const found = harnesses[process.env.CONFORMANCE_HARNESS ?? ''];
  if (found === undefined) throw new Error('CONFORMANCE_HARNESS names no harness');
  return found;
})();
