import { randomBytes } from 'node:crypto';
import type { AdvancedSession } from '@agent-sessions/advanced';
import { EncryptedSession } from '@agent-sessions/encrypted';
import { sqlite } from '../../kysely/test/support/backends.ts';
import { conformanceOf, onBranchOfBranch, onMain, type Variant } from './support/conformance.ts';

const key = randomBytes(32);

/** The same, seen through encryption. */
function encrypted({ name, open, exempt }: Variant): Variant {
  return {
    name: `${name}, encrypted`,
    sealed: true,
    open: async (store, sessionId) => {
      const session = (await open(store, sessionId)) as AdvancedSession;
      return new EncryptedSession({ session, key });
    },
    ...(exempt && { exempt }),
  };
}

await conformanceOf(encrypted(onMain));
await conformanceOf(encrypted(onBranchOfBranch), [sqlite]);
