import { type Backend, mysql, postgres } from '../../../packages/kysely/test/support/backends.ts';
import { type ServerForProgram, startConversations, startRedis } from '../users.ts';
import type { Project } from './programs.ts';

type ServerName = NonNullable<Project['server']>;

const start: Record<ServerName, () => Promise<ServerForProgram>> = {
  postgres: () => createDatabase(postgres, 'POSTGRES_URL'),
  mysql: () => createDatabase(mysql, 'MYSQL_URL'),
  redis: startRedis,
  conversations: startConversations,
};

/** The servers of all programs, or why there are none. */
export class Servers implements AsyncDisposable {
  readonly #started: ReadonlyMap<ServerName, ServerForProgram>;

  private constructor(started: ReadonlyMap<ServerName, ServerForProgram>) {
    this.#started = started;
  }

  static async start(): Promise<Servers> {
    const started = new Map<ServerName, ServerForProgram>();
    for (const name of Object.keys(start) as ServerName[]) started.set(name, await start[name]());
    return new Servers(started);
  }

  /** What tells the programs where the servers are. */
  get env(): NodeJS.ProcessEnv {
    const found = [...this.#started.values()].filter((server) => 'env' in server);
    return Object.assign({}, ...found.map(({ env }) => env));
  }

  /** Why the programs of a project cannot run. */
  whyNot({ server }: Project): string | undefined {
    const needed = server && this.#started.get(server);
    return needed && 'why' in needed ? needed.why : undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of this.#started.values()) {
      if ('stop' in server) await server.stop();
    }
  }
}

/** A database of its own on a server that others use too. */
async function createDatabase(backend: Backend, variable: string): Promise<ServerForProgram> {
  if (backend.missing !== undefined) return { why: `${backend.name}: ${backend.missing}` };
  const database = await backend.create();
  return { env: { [variable]: database.url }, stop: () => database.drop() };
}
