import { MemorySessionStore } from '@agent-sessions/core';
import type { SessionHarness } from '@agent-sessions/core/conformance';

const store = new MemorySessionStore();

export const harness: SessionHarness = {
  name: 'correct',
  open: (sessionId) => store.session(sessionId),
};
