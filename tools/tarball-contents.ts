import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PackedPackage } from './pack.ts';

/** The most that a package may come to, in kilobytes of 1000 bytes. */
export interface SizeLimit {
  readonly packedKB: number;
  readonly unpackedKB: number;
  /** Of that, what the conformance suite may add. */
  readonly suite?: SizeLimit;
}

/** The limits of all packages, by name. They are raised on purpose, by hand. */
export function readSizeLimits(): Record<string, SizeLimit> {
  return JSON.parse(readFileSync(join(import.meta.dirname, 'size-limits.json'), 'utf8'));
}

/** What is wrong with what is in a tarball. */
export function contentComplaints(
  { name, files, packedBytes, unpackedBytes, suite }: PackedPackage,
  limit: SizeLimit | undefined,
): string[] {
  const complaints = ['LICENSE', 'README.md', 'package.json']
    .filter((file) => !files.includes(file))
    .map((file) => `${name}: ${file} is not in the tarball.`);
  const foreign = files.filter((file) => !isPublished(file));
  if (foreign.length > 0)
    complaints.push(`${name}: ${foreign.join(', ')} should not be published.`);
  if (limit === undefined) return [...complaints, `${name}: tools/size-limits.json has no limit.`];
  complaints.push(...sizeComplaints(name, { packedBytes, unpackedBytes }, limit));
  if (suite === undefined) return complaints;
  if (limit.suite === undefined) {
    return [...complaints, `${name}: tools/size-limits.json has no limit for the suite in it.`];
  }
  return [...complaints, ...sizeComplaints(`${name}, the suite in it`, suite, limit.suite)];
}

function sizeComplaints(
  what: string,
  { packedBytes, unpackedBytes }: Pick<PackedPackage, 'packedBytes' | 'unpackedBytes'>,
  { packedKB, unpackedKB }: SizeLimit,
): string[] {
  const sizes = [
    ['packed', packedBytes, packedKB],
    ['unpacked', unpackedBytes, unpackedKB],
  ] as const;
  return sizes
    .filter(([, bytes, limitKB]) => bytes > limitKB * 1000)
    .map(
      ([kind, bytes, limitKB]) =>
        `${what}: ${Math.ceil(bytes / 1000)} kB ${kind}, over the ${limitKB} kB of tools/size-limits.json.`,
    );
}

/** Sources, build and documents; no tests, and nothing that lay around. */
function isPublished(file: string): boolean {
  return /^(bin|dist|docs|src)\/|^(LICENSE|README\.md|CHANGELOG\.md|package\.json)$/.test(file);
}
