import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { readDependencies } from '../tools/dependencies.ts';
import { isPermissive, toDocument } from '../tools/licenses.ts';

describe('a license', () => {
  test.each([
    ['MIT', true],
    ['(MIT OR GPL-3.0-only)', true],
    ['MIT AND ISC', true],
    ['Apache-2.0 AND GPL-2.0-only', false],
    ['GPL-3.0-only OR AGPL-3.0-only', false],
    ['SEE LICENSE IN LICENSE.txt', false],
    ['none stated', false],
  ])('%s is permissive: %s', (expression, expected) => {
    expect(isPermissive(expression)).toBe(expected);
  });
});

/** Writes manifests by the folder that each is in. */
async function repositoryOf(manifests: Record<string, object>): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'agent-sessions-dependencies-'));
  onTestFinished(() => rm(root, { recursive: true }));
  for (const [folder, manifest] of Object.entries(manifests)) {
    const path = join(root, folder, 'package.json');
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, JSON.stringify(manifest));
  }
  return root;
}

describe('the dependencies of a repository', () => {
  test('are those of its packages, and what they need in turn', async () => {
    const root = await repositoryOf({
      'packages/ours': {
        name: 'ours',
        dependencies: { types: '1', other: 'workspace:^' },
        peerDependencies: { driver: '1', extra: '1' },
        peerDependenciesMeta: { extra: { optional: true } },
        devDependencies: { tool: '1' },
      },
      'packages/ours/node_modules/driver': {
        name: 'driver',
        license: 'MIT',
        dependencies: { deep: '1' },
        optionalDependencies: { 'for-other-machines': '1' },
        peerDependencies: { types: '1' },
      },
      'packages/ours/node_modules/driver/node_modules/deep': { name: 'deep', license: 'ISC' },
      'node_modules/types': { name: 'types', license: 'MIT' },
      'node_modules/extra': { name: 'extra' },
      'node_modules/tool': { name: 'tool', license: 'GPL-3.0-only' },
    });

    const { packages, licenses } = readDependencies(root);
    expect(packages).toEqual([
      { name: 'ours', brings: ['types'], peers: ['driver'], optionalPeers: ['extra'] },
    ]);
    expect(Object.fromEntries(licenses)).toEqual({
      types: 'MIT',
      driver: 'MIT',
      deep: 'ISC',
      extra: 'none stated',
    });
  });

  test('have to be installed', async () => {
    const root = await repositoryOf({
      'packages/ours': { name: 'ours', peerDependencies: { 'nobody-has-it': '1' } },
    });
    expect(() => readDependencies(root)).toThrow(/nobody-has-it, .* is not installed/);
  });

  test('are listed by license', () => {
    const document = toDocument({
      packages: [{ name: 'ours', brings: [], peers: ['b'], optionalPeers: [] }],
      licenses: new Map([
        ['b', 'MIT'],
        ['c', 'ISC'],
        ['a', 'MIT'],
      ]),
    });
    expect(document).toContain('| `ours` |  | `b` |  |');
    expect(document).toMatch(/\| ISC \| `c` \|\n\| MIT \| `a`, `b` \|\n$/);
  });
});
