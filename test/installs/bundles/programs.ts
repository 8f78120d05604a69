import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/** What is copied into a folder of its own; its programs are `programs/<project>/<program>.mjs`. */
export const template: string = join(import.meta.dirname, 'workspace');

/** A project with what a user of one driver installs, and no other driver. */
export interface Project {
  readonly name: string;
  /** What is installed, besides the SDK. */
  readonly installs: readonly string[];
  /** Which server its programs need. */
  readonly server?: 'postgres' | 'mysql' | 'redis' | 'conversations';
}

const onKysely = ['@agent-sessions/kysely', '@agent-sessions/advanced', 'kysely'];

export const projects: readonly Project[] = [
  { name: 'core', installs: ['@agent-sessions/core'] },
  { name: 'encrypted', installs: ['@agent-sessions/encrypted', '@agent-sessions/core'] },
  { name: 'mysql', installs: [...onKysely, 'mysql2'], server: 'mysql' },
  { name: 'no-driver', installs: [...onKysely, '@agent-sessions/core'] },
  {
    name: 'openai-conversations',
    installs: ['@agent-sessions/openai-conversations', 'openai'],
    server: 'conversations',
  },
  { name: 'pglite', installs: [...onKysely, '@electric-sql/pglite'] },
  { name: 'postgres', installs: [...onKysely, 'pg'], server: 'postgres' },
  { name: 'redis', installs: ['@agent-sessions/redis', 'ioredis'], server: 'redis' },
  { name: 'sqlite', installs: [...onKysely, '@agent-sessions/sqlite', 'better-sqlite3'] },
];

/** A program that uses one entry of one package. */
export interface Program {
  readonly project: Project;
  readonly name: string;
  /** What it imports, such as `@agent-sessions/kysely/postgres`. */
  readonly entry: string;
}

/** The programs that store one item and read it back. */
export const programs: readonly Program[] = projects
  .filter(({ name }) => name !== 'no-driver')
  .flatMap((project) =>
    readdirSync(join(template, 'programs', project.name)).map((file) => {
      const name = file.replace(/\.mjs$/, '');
      const entry = name.replace(/^(kysely|advanced)-/, '$1/');
      return { project, name, entry: `@agent-sessions/${entry}` };
    }),
  );
