import { afterAll, beforeAll, describe } from 'vitest';
import { type Backend, backends, type TestDatabase } from './backends.ts';

/**
 * Registers tests for each database that is there, under its name. They share one database; a test
 * has a session id of its own. `database()` is there once the tests run.
 */
export function onEveryBackend(
  define: (backend: Backend, database: () => TestDatabase) => void,
  chosen: readonly Backend[] = backends,
): void {
  for (const backend of chosen) {
    if (backend.missing !== undefined) {
      describe.skip(`${backend.name} — skipped: ${backend.missing}`, () => {
        define(backend, () => Promise.reject(backend.missing) as never);
      });
      continue;
    }
    describe(backend.name, () => {
      let database: TestDatabase;
      beforeAll(async () => {
        database = await backend.create();
      });
      afterAll(() => database.drop());
      define(backend, () => database);
    });
  }
}
