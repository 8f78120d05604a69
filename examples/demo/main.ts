/**
 * `pnpm demo`: a conversation that survives its process. `pnpm demo --chat` is one with you; its
 * options are `--file <path>` (default: chat.db) and `--session <id>` (default: chat).
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { isSessionError } from '@agent-sessions/core';
import { announceModel } from '../support/model.ts';
import { chat } from './chat.ts';

const { values } = parseArgs({
  args: process.argv.slice(2).filter((argument) => argument !== '--'),
  options: {
    chat: { type: 'boolean', default: false },
    file: { type: 'string', default: 'chat.db' },
    session: { type: 'string', default: 'chat' },
  },
});

announceModel();
if (!values.chat) twoProcesses();
else {
  try {
    await chat(values.file, values.session);
  } catch (error) {
    if (!isSessionError(error)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}

function twoProcesses(): void {
  const folder = mkdtempSync(join(tmpdir(), 'agent-sessions-demo-'));
  const file = join(folder, 'conversations.db');
  const script = join(import.meta.dirname, 'conversation.ts');
  for (const part of ['first', 'second']) {
    console.log(`\n=== The ${part} process ===`);
    execFileSync(process.execPath, ['--conditions=@agent-sessions/source', script, part, file], {
      stdio: 'inherit',
    });
  }
  rmSync(folder, { recursive: true });
}
