import type { Dependencies } from './dependencies.ts';

/** Licenses that let everybody use, change and pass on the code, and ask for a notice at most. */
const permissive = new Set([
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'ISC',
  'MIT',
]);

/** True for an SPDX expression under which one can choose permissive licenses only. */
export function isPermissive(expression: string): boolean {
  const choices = expression.replace(/^\((.*)\)$/, '$1').split(' OR ');
  return choices.some((choice) => choice.split(' AND ').every((name) => permissive.has(name)));
}

/** The text of docs/dependencies.md. */
export function toDocument({ packages, licenses }: Dependencies): string {
  const needs = packages.map(({ name, brings, peers, optionalPeers }) =>
    row(`\`${name}\``, list(brings), list(peers), list(optionalPeers)),
  );
  const byLicense = Map.groupBy(licenses, ([, license]) => license);
  const names = [...byLicense.keys()].sort().map((license) => {
    const entries = byLicense.get(license) ?? [];
    return row(license, list(entries.map(([name]) => name).sort()));
  });
  return [
    '# Dependencies',
    '',
    'The dependencies of each package. `pnpm write:dependencies` writes this document, and `pnpm check`',
    'fails if it is not current, or if one of the licenses is not permissive.',
    '',
    row('package', 'dependencies', 'peers', 'optional peers'),
    row('---', '---', '---', '---'),
    ...needs,
    '',
    'These and their own dependencies have the following licenses:',
    '',
    row('license', 'packages'),
    row('---', '---'),
    ...names,
    '',
  ].join('\n');
}

function row(...cells: string[]): string {
  return `| ${cells.join(' | ')} |`;
}

function list(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(', ');
}
