import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FolderSession } from './folder-session.ts';

const folder = await mkdtemp(join(tmpdir(), 'folder-session-'));

export const harness = {
  name: 'a folder of files',
  open: (sessionId) => new FolderSession({ folder, sessionId }),
};
