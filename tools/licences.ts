import type { Dependencies } from './dependencies.ts';

/** Licences that let everybody use, change and pass on the code, and ask for a notice at most. */
const permissive = new Set([
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'ISC',
  'MIT',
]);

/** True for an SPDX expression under which one can choose permissive licences only. */
export function isPermissive(expression: string): boolean {
  const choices = expression.replace(/^\((.*)\)$/, '$1').split(' OR ');
  return choices.some((choice) => choice.split(' AND ').every((name) => permissive.has(name)));
}

/** The text of docs/dependencies.md. */
export function toDocument({ packages, licences }: Dependencies): string {
  const needs = packages.map(({ name, brings, peers, optionalPeers }) =>
    row(`\`${name}\``, list(brings), list(peers), list(optionalPeers)),
  );
  const byLicence = Map.groupBy(licences, ([, licence]) => licence);
  const names = [...byLicence.keys()].sort().map((licence) => {
    const entries = byLicence.get(licence) ?? [];
    return row(licence, list(entries.map(([name]) => name).sort()));
  });
  return [
    '# Dependencies',
    '',
    'What each package needs of others. `pnpm write:dependencies` writes this document, and `pnpm check`',
    'fails if it is not current, or if one of the licences is not permissive.',
    '',
    row('package', 'comes along', 'is installed beside it', 'is optional'),
    row('---', '---', '---', '---'),
    ...needs,
    '',
    'Those, and what they need in turn, have these licences:',
    '',
    row('licence', 'packages'),
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
