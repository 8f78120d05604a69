import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { run } from '../../tools/command.ts';
import { packPackages } from '../../tools/pack.ts';
import { LocalRegistry } from './registry.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Where the packed packages are served. */
    registryUrl: string;
  }
}

/** Packs the packages, serves them, and fetches the Nodes that they are run on. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'agent-sessions-pack-'));
  const nodes = join(import.meta.dirname, 'nodes');
  const [packages] = await Promise.all([
    packPackages(folder),
    run('pnpm', ['install', '--frozen-lockfile'], { cwd: nodes }),
  ]);
  const registry = await LocalRegistry.start(packages);
  project.provide('registryUrl', registry.url);
  return async () => {
    await registry[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  };
}
