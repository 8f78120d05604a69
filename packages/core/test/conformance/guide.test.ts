import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { capabilities, meanings } from '../../src/conformance/capabilities.ts';

const root = resolve(import.meta.dirname, '../../../..');
const read = (file: string) => readFileSync(resolve(root, file), 'utf8');

const GUIDE = 'docs/write-your-own-session.md';
const JEST = 'docs/jest-with-es-modules.md';
const processes = 'packages/core/test/conformance/processes';

test.each([
  [GUIDE, 'examples/custom-session/folder-session.ts'],
  [GUIDE, 'examples/custom-session/harness.mjs'],
  [JEST, `${processes}/strip-types.mjs`],
  [JEST, `${processes}/jest.base.mjs`],
])('%s shows %s as it is', (page, file) => {
  const blocks = [...read(page).matchAll(/```\w+\n(.*?)```/gs)];
  expect(blocks.map(([, block]) => block)).toContain(read(file));
});

test('the guide says in a sentence what each capability means', () => {
  const guide = read(GUIDE);
  const missing = Object.entries(meanings).filter(
    ([, meaning]) => !guide.includes(`| ${meaning} |`),
  );
  expect(missing).toEqual([]);
  expect(Object.keys(meanings)).toEqual(Object.keys(capabilities));
});
