import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');

/** Core keeps nothing; a package names the part on storage for what it has. */
const OUTLINE =
  /^Install\nUse\nOptions\n(?:(?:Schema|Key layout|What is stored)\n)?Guarantees\nOperations\nWhen to choose something else\n/;

test.each(globSync('packages/*/README.md', { cwd: root }))('%s follows the outline', (file) => {
  const text = readFileSync(join(root, file), 'utf8');
  const headings = [...text.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading);
  expect(`${headings.join('\n')}\n`).toMatch(OUTLINE);
});
