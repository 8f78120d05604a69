import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { delimiter, join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import { freePort, startServer } from '../../../../test/support/server-process.ts';

const INSTALL_TIMEOUT_MS = 60_000;

const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];
const find = (name: string) =>
  folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
const server = find('mariadbd');
const installer = find('mariadb-install-db');

/** Why a MariaDB of our own cannot be started; `undefined` if it can. */
export const missingMariaDB: string | undefined =
  server && installer ? undefined : 'no mariadbd and mariadb-install-db on the PATH';

/** Starts a MariaDB of our own, and gives the URL of its root. It ends with this process. */
export async function startOwnMariaDB(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'agent-sessions-mariadb-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
  const common = ['--no-defaults', `--user=${userInfo().username}`, `--datadir=${folder}`];
  execFileSync(
    installer ?? '',
    [...common, '--auth-root-authentication-method=normal', '--skip-test-db'],
    { stdio: 'ignore', timeout: INSTALL_TIMEOUT_MS },
  );
  const port = await freePort();
  const url = `mysql://root@127.0.0.1:${port}/`;
  await startServer({
    command: server ?? '',
    args: [
      ...common,
      `--port=${port}`,
      '--bind-address=127.0.0.1',
      `--socket=${folder}/socket`,
      '--innodb-buffer-pool-size=16M',
    ],
    ready: () => answers(url),
  });
  return url;
}

async function answers(uri: string): Promise<boolean> {
  try {
    const connection = await createConnection({ uri, connectTimeout: 1000 });
    await connection.end();
    return true;
  } catch {
    return false;
  }
}
