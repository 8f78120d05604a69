import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { storeInternals } from '@agent-sessions/core/backend';
import { backendConformance } from '@agent-sessions/core/conformance';
import { SQLiteSessionStore } from '@agent-sessions/sqlite';
import { afterAll, describe, it } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'agent-sessions-conformance-'));
const path = join(folder, 'sessions.db');
afterAll(() => rmSync(folder, { recursive: true }));

backendConformance(
  { describe, it },
  {
    name: 'SQLite (file)',
    open: () => storeInternals(new SQLiteSessionStore({ path })).backend,
    close: (backend) => backend.close(),
  },
);
