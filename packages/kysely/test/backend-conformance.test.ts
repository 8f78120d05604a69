import { backendConformance } from '@agent-sessions/core/conformance';
import { afterAll, describe, it } from 'vitest';
import { type Backend, backends, type TestDatabase } from './support/backends.ts';
import { OpenedBackends } from './support/opened-backends.ts';

for (const backend of backends) {
  if (backend.missing === undefined) conformanceOf(backend, await backend.create());
  else describe.skip(`backend conformance: ${backend.name} — skipped: ${backend.missing}`);
}

function conformanceOf({ name }: Backend, database: TestDatabase): void {
  const opened = new OpenedBackends(database);
  afterAll(() => database.drop());
  backendConformance(
    { describe, it },
    {
      name,
      open: () => opened.open(),
      close: (backend) => opened.close(backend),
    },
  );
}
