import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** What can be imported: a module's name, by its source file. */
export type EntryPoints = ReadonlyMap<string, string>;

interface Manifest {
  readonly name: string;
  readonly exports: Readonly<Record<string, { readonly '@agent-sessions/source': string }>>;
}

/** Shared by packages of this repository, and for no others: its interfaces are those of their sources. */
const BETWEEN_PACKAGES = './engine';

/** Every entry of every package's `exports` that is for others. */
export function findEntryPoints(root: string): EntryPoints {
  const entryPoints = new Map<string, string>();
  for (const path of globSync('packages/*/package.json', { cwd: root })) {
    const { name, exports }: Manifest = JSON.parse(readFileSync(join(root, path), 'utf8'));
    for (const [subpath, conditions] of Object.entries(exports)) {
      if (subpath === BETWEEN_PACKAGES) continue;
      const file = join(root, dirname(path), conditions['@agent-sessions/source']);
      entryPoints.set(file, `${name}${subpath.slice(1)}`);
    }
  }
  return entryPoints;
}
