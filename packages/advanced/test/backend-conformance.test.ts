import { backendConformance } from '@agent-sessions/core/conformance';
import { afterAll, describe, it } from 'vitest';
import { type Backend, backends, type TestDatabase } from '../../kysely/test/support/backends.ts';
import { harnessOf } from './support/backend-harness.ts';

for (const backend of backends) {
  if (backend.missing === undefined) conformanceOf(backend, await backend.create());
  else describe.skip(`backend conformance: ${backend.name} — skipped: ${backend.missing}`);
}

function conformanceOf({ name }: Backend, database: TestDatabase): void {
  afterAll(() => database.drop());
  backendConformance({ describe, it }, harnessOf(name, database));
}
