import { describe, expect, test } from 'vitest';
import type { PackedPackage } from '../tools/pack.ts';
import { formatReleases, releaseObstacles } from '../tools/release-list.ts';

const repositoryUrl = 'git+https://github.com/somebody/agent-sessions.git';

describe('a release', () => {
  test('is possible from a known repository, when no changeset waits', () => {
    expect(releaseObstacles({ repositoryUrl, changesets: 0 })).toEqual([]);
  });

  test('is refused while changesets wait for a version', () => {
    expect(releaseObstacles({ repositoryUrl, changesets: 2 })).toEqual([
      expect.stringMatching(/^2 changesets wait\./),
    ]);
  });

  test('is refused while the manifests name no repository that exists', () => {
    const placeholder = 'git+https://github.com/OWNER/agent-sessions.git';
    expect(releaseObstacles({ repositoryUrl: placeholder, changesets: 0 })).toEqual([
      expect.stringContaining(placeholder),
    ]);
  });
});

test('what would be published is listed with version, next version and size', () => {
  const packed: PackedPackage = {
    name: 'a',
    version: '0.1.0',
    tarball: 'a.tgz',
    integrity: '',
    files: ['package.json'],
    packedBytes: 1_001,
    unpackedBytes: 20_000,
  };
  const packages = [packed, { ...packed, name: 'longer', packedBytes: 123_000 }];
  expect(formatReleases(packages, (name) => (name === 'a' ? '0.2.0' : undefined))).toBe(
    [
      'package  version        packed  unpacked  files',
      'a        0.1.0 → 0.2.0    2 kB     20 kB      1',
      'longer   0.1.0          123 kB     20 kB      1',
    ].join('\n'),
  );
});
