import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const FOLDER = join(import.meta.dirname, '..');

test('each test that the threat model names is in the file that it links to', () => {
  const page = readFileSync(join(FOLDER, 'README.md'), 'utf8');
  const [model = ''] = /### Threat model.*?\n### /s.exec(page) ?? [];
  const named = [...model.matchAll(/\[([^\]]+)\]\((test\/[^)]+\.ts)\)/g)];
  const missing = named.filter(([, name = '', file = '']) => {
    return name !== 'test' && !readFileSync(join(FOLDER, file), 'utf8').includes(name);
  });
  expect(missing.map(([link]) => link)).toEqual([]);
  expect(named.length).toBeGreaterThan(20);
});
