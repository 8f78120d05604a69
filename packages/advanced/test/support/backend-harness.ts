import { AdvancedSessionStore } from '@agent-sessions/advanced';
import { type SessionBackend, storeInternals } from '@agent-sessions/core/backend';
import type { BackendHarness } from '@agent-sessions/core/conformance';
import type { TestDatabase, TestKysely } from '../../../kysely/test/support/backends.ts';

/** What the suite of backends needs of one over this database. */
export function harnessOf(name: string, database: TestDatabase): BackendHarness {
  const pools = new WeakMap<SessionBackend, TestKysely>();
  return {
    name: `Advanced ${name}`,
    open: () => {
      const db = database.connect({ connections: 2 });
      const { backend } = storeInternals(new AdvancedSessionStore({ db, createTables: true }));
      pools.set(backend, db);
      return backend;
    },
    close: async (backend) => {
      await backend.close();
      // A server has only so many connections. That of PGlite is the database itself.
      if (database.url !== undefined) await pools.get(backend)?.destroy();
    },
  };
}
