import { createServer } from 'node:net';
import { MemorySessionStore } from '@agent-sessions/core';
import type { SessionHarness } from '@agent-sessions/core/conformance';

const store = new MemorySessionStore();

createServer().listen(0);
setInterval(() => {}, 60_000);

export const harness: SessionHarness = {
  name: 'leaves open',
  open: (sessionId) => {
    const session = store.session(sessionId);
    if (process.env.HANGS === 'rejects') void Promise.reject(new Error('nobody listens'));
    return session;
  },
  ...(process.env.HANGS === 'stop' && {
    stop: () => {
      throw new Error('the server does not answer');
    },
  }),
};
