import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PackedPackage } from './pack.ts';

/** The most that a package may come to, in kilobytes of 1000 bytes. */
export interface SizeLimit {
  readonly packedKB: number;
  readonly unpackedKB: number;
}

/** The limits of all packages, by name. They are raised on purpose, by hand. */
export function readSizeLimits(): Record<string, SizeLimit> {
  return JSON.parse(readFileSync(join(import.meta.dirname, 'size-limits.json'), 'utf8'));
}

/** What is wrong with what is in a tarball. */
export function contentComplaints(
  { name, files, packedBytes, unpackedBytes }: PackedPackage,
  limit: SizeLimit | undefined,
): string[] {
  const complaints = ['LICENSE', 'README.md', 'package.json']
    .filter((file) => !files.includes(file))
    .map((file) => `${name}: ${file} is not in the tarball.`);
  const foreign = files.filter((file) => !isPublished(file));
  if (foreign.length > 0)
    complaints.push(`${name}: ${foreign.join(', ')} should not be published.`);
  if (limit === undefined) return [...complaints, `${name}: tools/size-limits.json has no limit.`];
  const sizes = [
    ['packed', packedBytes, limit.packedKB],
    ['unpacked', unpackedBytes, limit.unpackedKB],
  ] as const;
  for (const [kind, bytes, limitKB] of sizes) {
    if (bytes <= limitKB * 1000) continue;
    complaints.push(
      `${name}: ${Math.ceil(bytes / 1000)} kB ${kind}, over the ${limitKB} kB of tools/size-limits.json.`,
    );
  }
  return complaints;
}

/** Sources, build and documents; no tests, and nothing that lay around. */
function isPublished(file: string): boolean {
  return /^(bin|dist|docs|src)\/|^(LICENSE|README\.md|CHANGELOG\.md|package\.json)$/.test(file);
}
