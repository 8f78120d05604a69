import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { PackedPackage } from '../tools/pack.ts';
import { contentComplaints, readSizeLimits } from '../tools/tarball-contents.ts';

const limit = { packedKB: 40, unpackedKB: 150 };
const packed: PackedPackage = {
  name: 'a',
  version: '1.0.0',
  tarball: 'a-1.0.0.tgz',
  integrity: '',
  files: ['LICENSE', 'README.md', 'package.json', 'dist/index.js', 'src/index.ts'],
  packedBytes: 40_000,
  unpackedBytes: 150_000,
};

test('a package up to its limits is fine', () => {
  expect(contentComplaints(packed, limit)).toEqual([]);
});

test('a package over a limit is told with its size, packed and unpacked', () => {
  const large = { ...packed, packedBytes: 40_001, unpackedBytes: 200_000 };
  expect(contentComplaints(large, limit)).toEqual([
    'a: 41 kB packed, over the 40 kB of tools/size-limits.json.',
    'a: 200 kB unpacked, over the 150 kB of tools/size-limits.json.',
  ]);
});

test('what the conformance suite adds has a limit of its own', () => {
  const suite = { packedBytes: 10_001, unpackedBytes: 50_000 };
  const suiteLimit = { packedKB: 10, unpackedKB: 50 };
  expect(contentComplaints({ ...packed, suite }, { ...limit, suite: suiteLimit })).toEqual([
    'a, the suite in it: 11 kB packed, over the 10 kB of tools/size-limits.json.',
  ]);
  expect(contentComplaints({ ...packed, suite }, limit)).toEqual([
    'a: tools/size-limits.json has no limit for the suite in it.',
  ]);
});

test('a package has to have a limit', () => {
  expect(contentComplaints(packed, undefined)).toEqual(['a: tools/size-limits.json has no limit.']);
});

test('every package of the repository has a limit, and no other', () => {
  const root = join(import.meta.dirname, '..');
  const names = globSync('packages/*/package.json', { cwd: root }).map(
    (path) => JSON.parse(readFileSync(join(root, path), 'utf8')).name,
  );
  expect(Object.keys(readSizeLimits()).sort()).toEqual(names.sort());
});

test('the license and the README have to be in the tarball', () => {
  expect(contentComplaints({ ...packed, files: ['package.json'] }, limit)).toEqual([
    'a: LICENSE is not in the tarball.',
    'a: README.md is not in the tarball.',
  ]);
});

test('tests and stray files must not be in the tarball', () => {
  const files = [...packed.files, 'test/index.test.ts', 'notes.txt'];
  expect(contentComplaints({ ...packed, files }, limit)).toEqual([
    'a: test/index.test.ts, notes.txt should not be published.',
  ]);
});
