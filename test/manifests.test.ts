import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');

const read = (path: string) => JSON.parse(readFileSync(join(root, path), 'utf8'));

const project = read('package.json');
const address = project.repository.url.replace(/^git\+|\.git$/g, '');
const folders = globSync('packages/*/package.json', { cwd: root }).map(dirname).sort();

describe.each(folders)('the manifest of %s', (folder) => {
  const manifest = read(join(folder, 'package.json'));

  test('tells where the package comes from', () => {
    expect(manifest).toMatchObject({
      repository: { ...project.repository, directory: folder },
      homepage: `${address}/tree/main/${folder}#readme`,
      bugs: `${address}/issues`,
      license: 'MIT',
    });
  });

  test('has what a registry is searched by', () => {
    expect(manifest.description).toMatch(/OpenAI Agents SDK/);
    expect(manifest.keywords).toEqual(expect.arrayContaining(['openai', 'agents', 'session']));
  });

  test('publishes the build and its sources to everyone, with provenance', () => {
    expect(manifest.publishConfig).toEqual({ access: 'public', provenance: true });
    expect(manifest.files).toEqual(expect.arrayContaining(['dist', 'src', 'README.md']));
  });

  test('supports the Node that the project supports', () => {
    expect(manifest.engines).toEqual(project.engines);
  });

  test('has the one version that all packages have', () => {
    expect(manifest.version).toBe(read('packages/core/package.json').version);
  });
});
