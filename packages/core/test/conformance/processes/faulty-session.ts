import { MemorySessionStore, StoredSession } from '@agent-sessions/core';
import type { SessionHarness } from '@agent-sessions/core/conformance';

class PopsNull extends StoredSession {
  override async popItem(): ReturnType<StoredSession['popItem']> {
    return (await super.popItem()) ?? (null as unknown as undefined);
  }

  override async getItems(...args: Parameters<StoredSession['getItems']>) {
    return (await super.getItems(...args)).slice(-10_000);
  }
}

const store = new MemorySessionStore();

const faulty: SessionHarness = {
  name: 'faulty',
  open: (sessionId) => new PopsNull({ store, sessionId }),
};

export default faulty;
