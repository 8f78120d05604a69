import { describe, expect, test } from 'vitest';
import {
  findSnippets,
  onlyDocComments,
  readBlocks,
  type Snippet,
  typecheck,
} from '../tools/snippets.ts';

/** Blocks marked `no-check`, by file: what they show does not compile on purpose. */
const unchecked: Record<string, number> = {};

const snippets = findSnippets();

describe('the TypeScript blocks in READMEs, documents and doc comments', () => {
  test('compile, each by itself', async () => {
    expect(await typecheck(snippets.filter(({ isChecked }) => isChecked))).toEqual([]);
  });

  test('are all checked but those listed here', () => {
    const found: Record<string, number> = {};
    for (const { file, isChecked } of snippets) {
      if (!isChecked) found[file] = (found[file] ?? 0) + 1;
    }
    expect(found).toEqual(unchecked);
  });

  test('are found in READMEs and in doc comments', () => {
    const files = new Set(snippets.map(({ file }) => file));
    expect(files).toContain('README.md');
    expect(files).toContain('packages/core/README.md');
    expect(files).toContain('packages/core/src/stored-session.ts');
  });
});

describe('the check of a block', () => {
  const wrong = (file: string, code: string): Snippet => ({
    file,
    line: 10,
    code,
    isChecked: true,
  });

  test('tells the place in the document of what does not compile', async () => {
    const complaints = await typecheck([
      wrong('packages/core/README.md', 'export const fine = 1;\nexport const text: string = 1;\n'),
      wrong('docs/a.md', "import { nothing } from '@agent-sessions/core';\n"),
      wrong('README.md', "import { a } from 'a-package-that-nobody-installed';\n"),
      wrong('README.md', 'const text = 1;\n'),
    ]);
    expect(complaints).toEqual([
      expect.stringMatching(/^packages\/core\/README.md:11: error TS2322: /),
      expect.stringMatching(/^docs\/a.md:10: error TS2305: /),
      expect.stringMatching(/^README.md:10: error TS2307: /),
    ]);
  });
});

describe('finding blocks', () => {
  test('takes fences marked ts or typescript, with their line, and no others', () => {
    const text = '# T\n```ts\na();\n\nb();\n```\n```sh\nnpm i\n```\n```typescript\nc();\n```\n';
    expect(readBlocks('x.md', text)).toEqual([
      { file: 'x.md', line: 3, code: 'a();\n\nb();\n', isChecked: true },
      { file: 'x.md', line: 11, code: 'c();\n', isChecked: true },
    ]);
  });

  test('knows blocks that are not to be checked', () => {
    expect(readBlocks('x.md', '```ts no-check\n…\n```\n')).toMatchObject([{ isChecked: false }]);
  });

  test('does not take a fence inside a longer fence for a block', () => {
    expect(readBlocks('x.md', '````md\n```ts\na();\n```\n````\n')).toEqual([]);
  });

  test('leaves of a source only its doc comments, each line where it was', () => {
    const source = [
      'const a = `',
      '/* not this */',
      '/**',
      ' * What it does.',
      ' *',
      ' * ```ts',
      ' * if (a) {',
      ' *   b();',
      ' * }',
      ' * ```',
      ' */',
      'function b() {}',
      '  /** In one line. */',
    ].join('\n');
    const text = onlyDocComments(source);
    expect(text.split('\n').length).toBe(13);
    expect(readBlocks('x.ts', text)).toEqual([
      { file: 'x.ts', line: 7, code: 'if (a) {\n  b();\n}\n', isChecked: true },
    ]);
    expect(text).not.toContain('function');
  });
});
