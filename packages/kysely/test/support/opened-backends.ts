import { type SessionBackend, storeInternals } from '@agent-sessions/core/backend';
import { KyselySessionStore } from '@agent-sessions/kysely';
import type { TestDatabase, TestKysely } from './backends.ts';

/** Backends over one database, each with connections of its own, which it does not outlive. */
export class OpenedBackends {
  readonly #database: TestDatabase;
  readonly #connections = new Map<SessionBackend, TestKysely>();

  constructor(database: TestDatabase) {
    this.#database = database;
  }

  open(): SessionBackend {
    const db = this.#database.connect({ connections: 2 });
    const { backend } = storeInternals(new KyselySessionStore({ db, createTables: true }));
    this.#connections.set(backend, db);
    return backend;
  }

  async close(backend: SessionBackend): Promise<void> {
    await backend.close();
    // That of PGlite is the database itself.
    if (this.#database.url !== undefined) await this.#connections.get(backend)?.destroy();
  }
}
