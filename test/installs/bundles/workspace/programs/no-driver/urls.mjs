import { AdvancedSessionStore, AdvancedSQLiteSessionStore } from '@agent-sessions/advanced';
import { SessionError } from '@agent-sessions/core';
import { KyselySessionStore } from '@agent-sessions/kysely';

const stores = {
  postgres: () => new KyselySessionStore({ url: 'postgres://app@127.0.0.1/app' }),
  mysql: () => new KyselySessionStore({ url: 'mysql://app@127.0.0.1/app' }),
  sqlite: () => new KyselySessionStore({ url: 'sqlite::memory:' }),
  'advanced, postgres': () => new AdvancedSessionStore({ url: 'postgres://app@127.0.0.1/app' }),
  'advanced, sqlite': () => new AdvancedSQLiteSessionStore(),
};

/** What reading from each store is refused with. */
export async function use() {
  const refusals = {};
  for (const [name, open] of Object.entries(stores)) {
    const session = open().session('bundled');
    refusals[name] = await session.getItems().then(String, describe);
  }
  return refusals;
}

function describe(error) {
  return error instanceof SessionError ? `${error.code}: ${error.message}` : String(error);
}
