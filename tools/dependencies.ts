/** Reads which packages of others come with ours, and under which licenses. */
import { existsSync, globSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** What one of our packages needs of others, by name. */
interface PackageNeeds {
  readonly name: string;
  /** Dependencies: they come along. */
  readonly brings: readonly string[];
  /** Peers: they are installed beside the package. */
  readonly peers: readonly string[];
  readonly optionalPeers: readonly string[];
}

export interface Dependencies {
  readonly packages: readonly PackageNeeds[];
  /** The license of everything that is needed, directly or by something else: SPDX expressions by name. */
  readonly licenses: ReadonlyMap<string, string>;
}

interface Manifest {
  readonly name: string;
  readonly license?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
}

/** Reads the dependencies of all packages of a repository, as they are installed in it. */
export function readDependencies(root: string): Dependencies {
  const folders = globSync('packages/*', { cwd: root }).sort();
  const licenses = new Map<string, string>();
  const packages = folders.map((path) => {
    const folder = join(root, path);
    const needs = needsOf(readManifest(folder));
    for (const name of [...needs.brings, ...needs.peers, ...needs.optionalPeers]) {
      addLicenses(find(name, folder), licenses);
    }
    return needs;
  });
  return { packages, licenses };
}

function needsOf(manifest: Manifest): PackageNeeds {
  const { name, dependencies = {}, peerDependencies = {}, peerDependenciesMeta = {} } = manifest;
  const isOptional = (peer: string) => peerDependenciesMeta[peer]?.optional === true;
  const peers = Object.keys(peerDependencies);
  return {
    name,
    brings: Object.keys(dependencies).filter((key) => !dependencies[key]?.startsWith('workspace:')),
    peers: peers.filter((peer) => !isOptional(peer)),
    optionalPeers: peers.filter(isOptional),
  };
}

/** Adds the license of the package in a folder, and those of what it needs. */
function addLicenses(folder: string, licenses: Map<string, string>): void {
  const manifest = readManifest(folder);
  if (licenses.has(manifest.name)) return;
  licenses.set(manifest.name, manifest.license ?? 'none stated');
  const { brings, peers } = needsOf(manifest);
  for (const name of [...brings, ...peers]) addLicenses(find(name, folder), licenses);
  for (const name of Object.keys(manifest.optionalDependencies ?? {})) {
    // Some are for other machines only.
    const found = findInstalled(name, folder);
    if (found !== undefined) addLicenses(found, licenses);
  }
}

function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
}

function find(name: string, from: string): string {
  const found = findInstalled(name, from);
  if (found === undefined) throw new Error(`${name}, which ${from} needs, is not installed.`);
  return found;
}

/** The folder of a package as another one finds it: in the nearest `node_modules`. */
function findInstalled(name: string, from: string): string | undefined {
  const folder = join(from, 'node_modules', name);
  if (existsSync(join(folder, 'package.json'))) return realpathSync(folder);
  return from === dirname(from) ? undefined : findInstalled(name, dirname(from));
}
