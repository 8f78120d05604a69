import { AdvancedSessionStore } from '@agent-sessions/advanced';
import { storeInternals } from '@agent-sessions/core/backend';
import { backendConformance } from '@agent-sessions/core/conformance';
import { afterAll, describe, it } from 'vitest';
import { type Backend, backends, type TestDatabase } from '../../kysely/test/support/backends.ts';

for (const backend of backends) {
  if (backend.missing === undefined) conformanceOf(backend, await backend.create());
  else describe.skip(`backend conformance: ${backend.name} — skipped: ${backend.missing}`);
}

function conformanceOf({ name }: Backend, database: TestDatabase): void {
  afterAll(() => database.drop());
  backendConformance(
    { describe, it },
    {
      name: `Advanced ${name}`,
      open: () => {
        const db = database.connect({ connections: 2 });
        return storeInternals(new AdvancedSessionStore({ db, createTables: true })).backend;
      },
      close: (backend) => backend.close(),
    },
  );
}
