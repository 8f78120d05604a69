import { sessionConformance } from '@agent-sessions/core/conformance';
import { MemorySession } from '@openai/agents';
import { describe, it } from 'vitest';

const sessions = new Map<string, MemorySession>();

const anyLimit = 'the SDK takes any number as a limit';
const anyId = 'the SDK takes any string as a session id';
const anyItem = 'the SDK clones items structurally, which keeps more than JSON';

sessionConformance(
  { describe, it },
  {
    name: "the SDK's MemorySession",
    open: (sessionId) => {
      const session = sessions.get(sessionId) ?? new MemorySession({ sessionId });
      sessions.set(sessionId, session);
      return session;
    },
    exempt: {
      'getItems(NaN) is refused with a clear error: not a whole number': anyLimit,
      'getItems(1.5) is refused with a clear error: not a whole number': anyLimit,
      'getItems() with anything else that is not a whole number is refused': anyLimit,
      'a session id that is empty is refused before anything is written': anyId,
      'a session id that contains NUL is refused before anything is written': anyId,
      'a session id that contains a lone surrogate is refused before anything is written': anyId,
      'a session id that has one byte too many is refused before anything is written': anyId,
      'a session id that has too many bytes, though not too many characters is refused before anything is written':
        anyId,
      'an item with a cycle is refused, and nothing of its batch is stored': anyItem,
      'an item with a bigint is refused, and nothing of its batch is stored': anyItem,
    },
  },
);
