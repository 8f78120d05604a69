import { MemorySessionStore, StoredSession } from '@agent-sessions/core';
import type { SessionBackend } from '@agent-sessions/core/backend';
import {
  backendConformance,
  type SessionHarness,
  sessionConformance,
  type TestFunctions,
} from '@agent-sessions/core/conformance';
import { MemoryBackend } from '../../../src/memory-backend.ts';
import { type Histories, PlainSession } from '../plain-session.ts';

/** Gives the oldest items instead of the newest ones. */
class Faulty extends StoredSession {
  override async getItems(limit?: number): ReturnType<StoredSession['getItems']> {
    if (limit === undefined || !Number.isInteger(limit)) return super.getItems(limit);
    return (await super.getItems()).slice(0, Math.max(limit, 0));
  }
}

/** Gives the newest records first. */
class FaultyBackend extends MemoryBackend {
  override async window(id: string, limit: number): Promise<string[]> {
    return (await super.window(id, limit)).reverse();
  }
}

const store = new MemorySessionStore();
const histories: Histories = new Map();
const sessions: Readonly<Record<string, SessionHarness>> = {
  reference: { name: 'reference', open: (sessionId) => store.session(sessionId) },
  faulty: { name: 'faulty', open: (sessionId) => new Faulty({ store, sessionId }) },
  plain: { name: 'plain', open: (sessionId) => new PlainSession(histories, sessionId) },
  'plain, opened asynchronously': {
    name: 'plain, opened asynchronously',
    open: async (sessionId) => new PlainSession(histories, sessionId),
  },
};
const backends: Readonly<Record<string, SessionBackend>> = {
  'reference backend': new MemoryBackend(),
  'faulty backend': new FaultyBackend(),
};

/** Registers the suite of the session or backend that the environment asks for. */
export function register(functions: TestFunctions): void {
  const { CONFORMANCE_HARNESS: name = '' } = process.env;
  const [session, backend] = [sessions[name], backends[name]];
  if (session) sessionConformance(functions, session);
  else if (backend) backendConformance(functions, { name, open: () => backend });
  else throw new Error('CONFORMANCE_HARNESS names no harness');
}
