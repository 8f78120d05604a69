/**
 * Checks what would be published: builds and packs every package, then lints each tarball with
 * publint (the manifest) and attw (the types, as a user's compiler resolves them).
 */
import { execFile } from 'node:child_process';
import { globSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const root = join(import.meta.dirname, '..');

/** Resolves to the output of a command that failed, and to nothing when it succeeded. */
async function run(command: string, args: string[], cwd = root): Promise<string | undefined> {
  try {
    await promisify(execFile)(command, args, { cwd });
    return undefined;
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    return [`${command} ${args.join(' ')}`, stdout, stderr || String(error)].join('\n');
  }
}

async function checkPackage(folder: string, scratch: string): Promise<string[]> {
  const tarball = join(scratch, `${folder.replaceAll('/', '-')}.tgz`);
  const packFailure = await run('pnpm', ['pack', '--out', tarball], join(root, folder));
  if (packFailure) return [packFailure];
  const failures = await Promise.all([
    run('publint', ['run', tarball, '--strict']),
    run('attw', [tarball, '--profile', 'esm-only', '--format', 'ascii']),
  ]);
  return failures.filter((failure) => failure !== undefined);
}

const buildFailure = await run('pnpm', ['run', 'build']);
const failures: string[] = buildFailure ? [buildFailure] : [];
if (!buildFailure) {
  const scratch = await mkdtemp(join(tmpdir(), 'agent-sessions-pack-'));
  try {
    const folders = globSync('packages/*/package.json', { cwd: root }).map(dirname);
    const results = await Promise.all(folders.map((folder) => checkPackage(folder, scratch)));
    failures.push(...results.flat());
  } finally {
    await rm(scratch, { recursive: true });
  }
}
for (const failure of failures) console.error(failure);
if (failures.length > 0) process.exitCode = 1;
