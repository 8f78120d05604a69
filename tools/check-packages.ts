/**
 * Checks what would be published: builds and packs every package, lints each tarball with publint (the
 * manifest) and attw (the types, as a user's compiler resolves them), and looks at what is in it.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from './command.ts';
import { packPackages } from './pack.ts';
import { contentComplaints, readSizeLimits } from './tarball-contents.ts';

const folder = await mkdtemp(join(tmpdir(), 'agent-sessions-pack-'));
try {
  const packages = await packPackages(folder);
  const checks = packages.flatMap(({ tarball }) => [
    run('publint', ['run', tarball, '--strict']),
    run('attw', [tarball, '--profile', 'esm-only', '--format', 'ascii']),
  ]);
  const limits = readSizeLimits();
  for (const packed of packages) {
    for (const complaint of contentComplaints(packed, limits[packed.name])) fail(complaint);
  }
  for (const check of await Promise.allSettled(checks)) {
    if (check.status === 'rejected') fail(check.reason.message);
  }
} finally {
  await rm(folder, { recursive: true });
}

function fail(complaint: string): void {
  console.error(complaint);
  process.exitCode = 1;
}
