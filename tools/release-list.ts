import type { PackedPackage } from './pack.ts';

/** What stands in the way of a release, and what to do about it. */
export function releaseObstacles(state: {
  readonly repositoryUrl: string;
  /** How many changesets have not become a version yet. */
  readonly changesets: number;
}): string[] {
  const obstacles: string[] = [];
  if (state.repositoryUrl.includes('/OWNER/')) {
    obstacles.push(
      `The manifests name ${state.repositoryUrl}. Put the owner in place of OWNER, in all of them: npm takes provenance only from the repository that a manifest names.`,
    );
  }
  if (state.changesets > 0) {
    obstacles.push(
      `${state.changesets} changesets wait. Merge the version pull request, or run \`pnpm changeset version\` and commit.`,
    );
  }
  return obstacles;
}

/** A line for each package: its version, the one that its changesets ask for, and its size. */
export function formatReleases(
  packages: readonly PackedPackage[],
  nextVersion: (name: string) => string | undefined,
): string {
  const rows = packages.map(({ name, version, packedBytes, unpackedBytes, files }) => {
    const next = nextVersion(name);
    return [
      name,
      next === undefined ? version : `${version} → ${next}`,
      kilobytes(packedBytes),
      kilobytes(unpackedBytes),
      String(files.length),
    ];
  });
  const lines = [['package', 'version', 'packed', 'unpacked', 'files'], ...rows];
  const widths = [0, 1, 2, 3, 4].map((column) =>
    Math.max(...lines.map((line) => line[column]?.length ?? 0)),
  );
  const pad = (cell: string, column: number) => {
    const width = widths[column] ?? 0;
    return column < 2 ? cell.padEnd(width) : cell.padStart(width);
  };
  return lines.map((line) => line.map(pad).join('  ').trimEnd()).join('\n');
}

function kilobytes(bytes: number): string {
  return `${Math.ceil(bytes / 1000)} kB`;
}
