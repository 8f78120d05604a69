/** A folder as a reader has it who installed every package of this repository and their peers. */
import { globSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

const root = join(import.meta.dirname, '..');

/** Makes the folder, lets `work` use it, and removes it. */
export async function inReadersFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(root, '.snippets-'));
  try {
    await installEverything(folder);
    await writeFile(join(folder, 'package.json'), JSON.stringify({ type: 'module' }));
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Links every package of this repository, and whatever the examples and the packages have installed. */
async function installEverything(folder: string): Promise<void> {
  const links = new Map<string, string>();
  for (const manifest of globSync('packages/*/package.json', { cwd: root })) {
    const { name }: { name: string } = JSON.parse(readFileSync(join(root, manifest), 'utf8'));
    links.set(name, join(root, dirname(manifest)));
  }
  for (const home of ['examples', ...globSync('packages/*', { cwd: root })]) {
    const installed = join(root, home, 'node_modules');
    for (const name of globSync(['[!.@]*', '@*/*'], { cwd: installed })) {
      if (!links.has(name)) links.set(name, join(installed, name));
    }
  }
  for (const [name, target] of links) {
    const link = join(folder, 'node_modules', name);
    await mkdir(dirname(link), { recursive: true });
    await symlink(target, link, 'junction');
  }
}
