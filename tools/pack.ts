/** Builds the packages and packs each into the tarball that would be published. */
import { globSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { run } from './command.ts';

const root = join(import.meta.dirname, '..');

export interface PackedPackage {
  readonly name: string;
  readonly version: string;
  /** The path of the tarball. */
  readonly tarball: string;
  /** Its hash, as registries and lockfiles have it. */
  readonly integrity: string;
  /** What is in it, such as `dist/index.js`. */
  readonly files: readonly string[];
  readonly packedBytes: number;
  readonly unpackedBytes: number;
  /** What the conformance suite adds, in the package that has it. */
  readonly suite?: { readonly packedBytes: number; readonly unpackedBytes: number };
}

/** Builds all packages, and packs them into a folder that exists. */
export async function packPackages(into: string): Promise<PackedPackage[]> {
  await run('pnpm', ['run', 'build'], { cwd: root });
  const folders = globSync('packages/*/package.json', { cwd: root }).map(dirname).sort();
  return Promise.all(folders.map((folder) => packOne(join(root, folder), into)));
}

async function packOne(folder: string, into: string): Promise<PackedPackage> {
  const output = await run('pnpm', ['pack', '--json', '--pack-destination', into], { cwd: folder });
  const { name, version, filename, integrity, files }: PackOutput = JSON.parse(output);
  const contents = await run('tar', ['-xzOf', filename]);
  const suite = files.map(({ path }) => path).filter((path) => path.includes('/conformance/'));
  return {
    name,
    version,
    tarball: filename,
    integrity,
    files: files.map(({ path }) => path),
    packedBytes: statSync(filename).size,
    unpackedBytes: Buffer.byteLength(contents),
    ...(suite.length > 0 && { suite: await sizeOf(filename, suite) }),
  };
}

/** What some files of a tarball come to, packed by themselves and unpacked. */
async function sizeOf(
  tarball: string,
  files: readonly string[],
): Promise<{ packedBytes: number; unpackedBytes: number }> {
  const contents = await run('tar', ['-xzOf', tarball, ...files.map((file) => `package/${file}`)]);
  return {
    packedBytes: gzipSync(contents).length,
    unpackedBytes: Buffer.byteLength(contents),
  };
}

/** What `pnpm pack --json` prints. */
interface PackOutput {
  readonly name: string;
  readonly version: string;
  readonly filename: string;
  readonly integrity: string;
  readonly files: readonly { readonly path: string }[];
}
