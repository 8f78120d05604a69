import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { KyselySessionStore } from '@agent-sessions/kysely';
import { sql } from 'kysely';
import { test } from 'vitest';
import { expectSessions } from './golden/sessions.ts';
import { mysql, pglite, postgres } from './support/backends.ts';
import { onEveryBackend } from './support/on-every-backend.ts';

onEveryBackend(
  (backend, database) => {
    test('what version 1.0 of the tables holds is read as it was written, and written on', async () => {
      const name = backend === mysql ? 'mariadb' : 'postgres';
      const path = join(import.meta.dirname, 'golden', `${name}-1.0.sql`);
      const db = database().connect({ connections: 1 });
      for (const statement of readFileSync(path, 'utf8').split(/;\n/)) {
        if (statement !== '') await sql.raw(statement).execute(db);
      }
      await expectSessions(new KyselySessionStore({ db: database().connect() }));
    });
  },
  [postgres, mysql, pglite],
);
