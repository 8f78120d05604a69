import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FileFault, FileSession } from '../processes/file-session.ts';
import { type Fault, fault } from './fault.ts';

/** A file for each session, used by several processes, which inherit what is wrong. */
function inFiles(what: FileFault): Fault['open'] {
  return () => {
    const folder = mkdtempSync(join(tmpdir(), 'agent-sessions-faulty-'));
    Object.assign(process.env, { FILE_SESSIONS: folder, FILE_FAULT: what });
    return {
      open: (sessionId) => new FileSession(sessionId),
      module: new URL('../processes/file-session.ts', import.meta.url),
      execArgv: [],
      stop: () => rmSync(folder, { recursive: true }),
    };
  };
}

export const processFaults: readonly Fault[] = [
  fault('it is atomic in one process only', inFiles('a mutex of the process'), [
    'add for a while at once lose nothing and tear nothing (between two processes)',
    'pop for a while at once double nothing (between two processes)',
  ]),
  fault(
    'it writes behind, a moment later',
    inFiles('written behind'),
    'what a process acknowledged is there when the process was killed',
  ),
  fault(
    'a process that is gone holds a lock',
    inFiles('a lock that stays'),
    'leaves whole batches, and holds nobody up',
  ),
];
