import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const docs = join(import.meta.dirname, '../docs');

test('each test that guarantees.md names is in the file that it links to', () => {
  const page = readFileSync(join(docs, 'guarantees.md'), 'utf8');
  const named = [...page.matchAll(/\[([^\]]+)\]\((\.\.\/packages\/[^)]+\.ts)\)/g)];
  const missing = named.filter(([, name = '', file = '']) => {
    return !readFileSync(join(docs, file), 'utf8').includes(name);
  });
  expect(missing.map(([link]) => link)).toEqual([]);
  expect(named.length).toBeGreaterThan(60);
});
