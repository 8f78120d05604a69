/**
 * Publishes every package whose version npm does not have yet, and tags the commit. With `--dry-run` it
 * goes as far as it can without an account: it builds, packs, and tells what would be published.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { getReleasePlan } from '@changesets/get-release-plan';
import { run } from './command.ts';
import { packPackages } from './pack.ts';
import { formatReleases, releaseObstacles } from './release-list.ts';

const root = join(import.meta.dirname, '..');
// Strict: a slip in `--dry-run` must not publish.
const { values } = parseArgs({ options: { 'dry-run': { type: 'boolean', default: false } } });
const isDryRun = values['dry-run'];

const { changesets, releases } = await getReleasePlan(root);
const next = new Map(releases.map(({ name, newVersion }) => [name, newVersion]));
const { repository } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const obstacles = releaseObstacles({
  repositoryUrl: repository.url,
  changesets: changesets.length,
});

if (isDryRun || obstacles.length === 0) {
  const folder = await mkdtemp(join(tmpdir(), 'agent-sessions-pack-'));
  try {
    const packages = await packPackages(folder);
    console.log(formatReleases(packages, (name) => next.get(name)));
    for (const { tarball } of packages) {
      await run('pnpm', ['publish', tarball, '--dry-run', '--no-git-checks'], { cwd: root });
    }
  } finally {
    await rm(folder, { recursive: true });
  }
}

for (const obstacle of obstacles) console.error(`\n${obstacle}`);
if (isDryRun) {
  console.log('\nNothing was published: this was a dry run.');
} else if (obstacles.length > 0) {
  process.exitCode = 1;
} else {
  // pnpm does not read it from the manifests. Where none can be made, nothing is published.
  const env = { ...process.env, PNPM_CONFIG_PROVENANCE: 'true' };
  const { status } = spawnSync('changeset', ['publish'], { cwd: root, env, stdio: 'inherit' });
  process.exitCode = status ?? 1;
}
