import { globSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { expect, test } from 'vitest';

const packages = resolve(import.meta.dirname, '../../..');
const suite = join(packages, 'core/src/conformance');

/** What a user of a package imports: all its entries, without that of the suite. */
const entries = globSync('*/package.json', { cwd: packages }).flatMap((manifest) => {
  const { exports } = JSON.parse(readFileSync(join(packages, manifest), 'utf8'));
  return Object.entries<{ readonly '@agent-sessions/source': string }>(exports)
    .filter(([name]) => name !== './conformance')
    .map(([, conditions]) =>
      join(packages, dirname(manifest), conditions['@agent-sessions/source']),
    );
});

/** All modules that a module of this repository loads, itself included. */
function loadedFrom(entry: string): Set<string> {
  const loaded = new Set([entry]);
  for (const module of loaded) {
    for (const next of importsOf(module)) loaded.add(next);
  }
  return loaded;
}

function importsOf(module: string): string[] {
  const source = readFileSync(module, 'utf8');
  const statements = source.matchAll(/^(?:import|export|\} from)\b(?! type).*?'([^']+)';$/gms);
  return [...statements].flatMap(([, specifier = '']) => {
    if (specifier.startsWith('.')) return [resolve(dirname(module), specifier)];
    const [, name, entry = ''] = /^@agent-sessions\/([^/]+)(\/.+)?$/.exec(specifier) ?? [];
    if (name === undefined) return [];
    const { exports } = JSON.parse(readFileSync(join(packages, name, 'package.json'), 'utf8'));
    return [join(packages, name, exports[`.${entry}`]['@agent-sessions/source'])];
  });
}

test.each(entries)('%s loads nothing of the suite', (entry) => {
  const loaded = [...loadedFrom(entry)];
  expect(loaded.length).toBeGreaterThan(1);
  expect(loaded.filter((module) => module.startsWith(suite))).toEqual([]);
});

test('the entry of the suite does load it', () => {
  expect([...loadedFrom(join(suite, 'index.ts'))]).toContain(join(suite, 'specs/index.ts'));
});
