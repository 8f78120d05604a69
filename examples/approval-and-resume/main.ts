/** Runs the two processes one after the other; only the files connect them. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { announceModel } from '../support/model.ts';

announceModel();
const folder = mkdtempSync(join(tmpdir(), 'agent-sessions-approval-'));
for (const script of ['ask.ts', 'approve.ts']) {
  const files = [join(folder, 'conversations.db'), join(folder, 'state.json')];
  execFileSync(
    process.execPath,
    ['--conditions=@agent-sessions/source', join(import.meta.dirname, script), ...files],
    { stdio: 'inherit' },
  );
}
rmSync(folder, { recursive: true });
