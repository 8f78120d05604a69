/**
 * Writes docs/dependencies.md: what comes with each package, and under which licenses. With `--check`
 * it only tells whether the document is current. A license that is not permissive is a failure.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readDependencies } from './dependencies.ts';
import { isPermissive, toDocument } from './licenses.ts';

const root = join(import.meta.dirname, '..');
const path = join(root, 'docs/dependencies.md');

const dependencies = readDependencies(root);
const document = toDocument(dependencies);

for (const [name, license] of dependencies.licenses) {
  if (isPermissive(license)) continue;
  console.error(
    `${name} has the license ${license}, which is not among those of tools/licenses.ts.`,
  );
  process.exitCode = 1;
}
if (!process.argv.includes('--check')) {
  writeFileSync(path, document);
} else if (readFileSync(path, 'utf8') !== document) {
  console.error('docs/dependencies.md is not current. Run: pnpm write:dependencies');
  process.exitCode = 1;
}
