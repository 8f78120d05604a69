import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '../../../..');
const read = (file: string) => readFileSync(resolve(root, file), 'utf8');
const blocks = [...read('docs/write-your-own-session.md').matchAll(/```\w+\n(.*?)```/gs)];

test.each(['folder-session.ts', 'harness.mjs'])(
  'the guide shows %s as it is in examples',
  (file) => {
    const code = read(`examples/custom-session/${file}`);
    expect(blocks.map(([, block]) => block)).toContain(code);
  },
);
