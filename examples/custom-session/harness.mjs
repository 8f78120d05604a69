import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FolderSession } from './folder-session.ts';

// The suite loads this module in other processes, too. They inherit the variable.
const { SESSIONS = await mkdtemp(join(tmpdir(), 'folder-session-')) } = process.env;
process.env.SESSIONS = SESSIONS;

export const harness = {
  name: 'a folder of files',
  module: import.meta.url,
  open: (sessionId) => new FolderSession({ folder: SESSIONS, sessionId }),
  stop: () => rm(SESSIONS, { recursive: true }),
};
