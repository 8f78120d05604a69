import { type SessionBackend, storeInternals } from '@agent-sessions/core/backend';
import { backendConformance } from '@agent-sessions/core/conformance';
import { KyselySessionStore } from '@agent-sessions/kysely';
import { afterAll, describe, it } from 'vitest';
import { type Backend, backends, type TestDatabase, type TestKysely } from './support/backends.ts';

for (const backend of backends) {
  if (backend.missing === undefined) conformanceOf(backend, await backend.create());
  else describe.skip(`backend conformance: ${backend.name} — skipped: ${backend.missing}`);
}

function conformanceOf({ name }: Backend, database: TestDatabase): void {
  const pools = new WeakMap<SessionBackend, TestKysely>();
  afterAll(() => database.drop());
  backendConformance(
    { describe, it },
    {
      name,
      open: () => {
        const db = database.connect({ connections: 2 });
        const { backend } = storeInternals(new KyselySessionStore({ db, createTables: true }));
        pools.set(backend, db);
        return backend;
      },
      close: async (backend) => {
        await backend.close();
        // A server has only so many connections. That of PGlite is the database itself.
        if (database.url !== undefined) await pools.get(backend)?.destroy();
      },
    },
  );
}
