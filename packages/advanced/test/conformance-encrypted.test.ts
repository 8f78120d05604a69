import { randomBytes } from 'node:crypto';
import type { AdvancedSession } from '@agent-sessions/advanced';
import { EncryptedSession } from '@agent-sessions/encrypted';
import { pglite, postgres, sqlite } from '../../kysely/test/support/backends.ts';
import { conformanceOf, onBranchOfBranch, onMain, type Variant } from './support/conformance.ts';

const key = randomBytes(32);

/** The same, seen through encryption. */
function encrypted({ name, open, exempt }: Variant): Variant {
  return {
    name: `${name}, encrypted`,
    open: async (store, sessionId) => {
      const session = (await open(store, sessionId)) as AdvancedSession;
      return new EncryptedSession({ session, key });
    },
    ...(exempt && { exempt }),
  };
}

// On MariaDB an encrypted 5 MB string of quotes is over the default packet, and refused.
await conformanceOf(encrypted(onMain), [sqlite, postgres, pglite]);
await conformanceOf(encrypted(onBranchOfBranch), [sqlite]);
