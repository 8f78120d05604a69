import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sessionConformance } from '@agent-sessions/core/conformance';
import { afterAll, describe, it } from 'vitest';
import { FolderSession } from '../custom-session/folder-session.ts';

const folder = mkdtempSync(join(tmpdir(), 'agent-sessions-custom-'));
afterAll(() => rmSync(folder, { recursive: true }));

sessionConformance(
  { describe, it },
  {
    name: 'a folder of files',
    open: (sessionId) => new FolderSession({ folder, sessionId }),
    // The files are all there is: sessions that are opened again know nothing else.
    restart: () => {},
  },
);
