/** Writes the API reference of all packages to `.reports/api`; with `--check` only looks for gaps in it. */
import { join } from 'node:path';
import { findEntryPoints } from './entry-points.ts';
import { readReference } from './reference.ts';

const root = join(import.meta.dirname, '../..');
const entryPoints = findEntryPoints(root);
const tsconfig = join(import.meta.dirname, 'tsconfig.json');
const { app, project, problems } = await readReference(entryPoints, tsconfig);

for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exitCode = 1;
if (!process.argv.includes('--check')) {
  const folder = join(root, '.reports/api');
  await app.generateDocs(project, folder);
  console.log(`The API reference is at ${join(folder, 'index.html')}.`);
}
