/**
 * Checks what would be published: builds and packs every package, then lints each tarball with
 * publint (the manifest) and attw (the types, as a user's compiler resolves them).
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from './command.ts';
import { packPackages } from './pack.ts';

const folder = await mkdtemp(join(tmpdir(), 'agent-sessions-pack-'));
try {
  const packages = await packPackages(folder);
  const checks = packages.flatMap(({ tarball }) => [
    run('publint', ['run', tarball, '--strict']),
    run('attw', [tarball, '--profile', 'esm-only', '--format', 'ascii']),
  ]);
  for (const check of await Promise.allSettled(checks)) {
    if (check.status === 'fulfilled') continue;
    console.error(check.reason.message);
    process.exitCode = 1;
  }
} finally {
  await rm(folder, { recursive: true });
}
