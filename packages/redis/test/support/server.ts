import { type ChildProcess, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startServer, stopServer } from '../../../../test/support/server-process.ts';

/** True if this machine can start servers of its own. */
export const hasServerBinary: boolean = spawnSync('redis-server', ['--version']).status === 0;

/** A server of our own: its data is in a folder that is gone when it is stopped. */
export class Server implements AsyncDisposable {
  readonly port: number;
  readonly folder: string = mkdtempSync(join(tmpdir(), 'agent-sessions-redis-'));
  readonly #settings: readonly string[];
  readonly #leading: string[] = [];
  #process: ChildProcess | undefined;

  private constructor(port: number, settings: readonly string[]) {
    this.port = port;
    this.#settings = settings;
  }

  /** Starts a server with settings as they stand on its command line. */
  static async start(...settings: string[]): Promise<Server> {
    const server = new Server(await freePort(), settings);
    await server.start();
    return server;
  }

  /** Starts a sentinel with the configuration file that `write` makes in its folder. */
  static async startSentinel(write: (folder: string) => string): Promise<Server> {
    const server = new Server(await freePort(), []);
    server.#leading.push(write(server.folder), '--sentinel');
    await server.start();
    return server;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  get pid(): number {
    return this.#process?.pid ?? 0;
  }

  /** Starts it (again), and waits until it listens; it may still be loading its data. */
  async start(): Promise<void> {
    this.#process = await startServer({
      command: 'redis-server',
      args: this.#arguments(),
      ready: () => answers(this.port),
    });
  }

  #arguments(): string[] {
    const common = ['--port', String(this.port), '--bind', '127.0.0.1', '--dir', this.folder];
    if (this.#leading.length > 0) return [...this.#leading, ...common];
    return [...common, '--save', '', '--logfile', 'log', ...this.#settings];
  }

  /** Ends it at once, as a crash would; nothing is saved any more. */
  async kill(): Promise<void> {
    if (this.#process !== undefined) await stopServer(this.#process, 'SIGKILL');
  }

  /** Stops its process where it is, and lets it go on; connections to it stay open. */
  freeze(): void {
    this.#process?.kill('SIGSTOP');
  }

  thaw(): void {
    this.#process?.kill('SIGCONT');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Where the tests find Redis: an address, or why there is none. */
export async function findServer(): Promise<{ url: string; server?: Server } | { why: string }> {
  const given = process.env.TEST_REDIS_URL;
  if (given !== undefined) return { url: given };
  const local = 'redis://127.0.0.1:6379';
  if (await answers(6379)) return { url: local };
  if (!hasServerBinary) {
    return { why: `no TEST_REDIS_URL, no server at ${local}, no redis-server on the PATH` };
  }
  const server = await Server.start();
  return { url: server.url, server };
}

/** A port that nobody listens on, nor on the one of a cluster's own talk, which is 10 000 higher. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    if ((await isFree(port)) && (await isFree(port + 10_000))) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  server.listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}

/** True if a Redis server listens there, whether or not it lets us in. */
async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    socket.write('PING\r\n');
    const [reply] = await once(socket, 'data', { signal: AbortSignal.timeout(1000) });
    return /^[+-]/.test(String(reply));
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
