import { sessionConformance } from '@agent-sessions/core/conformance';
import { afterAll, describe, it } from 'vitest';
import { openTarget, type Target } from './support.ts';

/** The suite chooses ids, the API hands out its own. */
const conversations = new Map<string, Promise<string>>();
let opening: Promise<Target> | undefined;

const MANY_REQUESTS =
  'the API takes 20 items a request, so others can get in between the requests of a larger batch';

function target(): Promise<Target> {
  opening ??= openTarget();
  return opening;
}

sessionConformance(
  { describe, it },
  {
    name: 'openai-conversations',
    fidelity: 'replay',
    ids: 'server',
    stores: 'own',
    exempt: {
      'large batches that two instances add at once stay contiguous': MANY_REQUESTS,
      'no reader sees half of a large batch': MANY_REQUESTS,
      'a read of a long history gives one state of it, not parts of two':
        'the API gives 100 items a page, so others can get in between the pages of a long history',
      'no reader sees a clear half done':
        'the API deletes item by item, so another instance can read a history that is half cleared',
      'random commands at once on two instances do what some order of them does: nothing is lost, doubled or torn':
        'the API deletes item by item, so another instance can read a history that is half cleared',
    },
    open: async (sessionId) => {
      const { session } = await target();
      let id = conversations.get(sessionId);
      if (id === undefined) {
        id = session().getSessionId();
        conversations.set(sessionId, id);
      }
      return session({ conversationId: await id });
    },
  },
);

afterAll(async () => (await opening)?.[Symbol.asyncDispose]());
