import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { findEntryPoints } from '../tools/api-reference/entry-points.ts';
import { readReference } from '../tools/api-reference/reference.ts';

const root = join(import.meta.dirname, '..');

const incomplete = `
/**
 * A module.
 *
 * @module
 */

/** Reasons. */
export type SessionErrorCode = 'closed' | 'invalid_limit';

/** Not exported. */
interface Hidden {
  /** A member. */
  readonly name: string;
}

/** Options, of which one has no comment and one no unit. */
export interface Options {
  readonly uncommented?: string;
  /** How long to wait. */
  readonly delay?: number;
  /** How long to wait, in milliseconds. */
  readonly delayMs?: number;
  readonly excluded?: never;
}

/** A function without a snippet, of a type that is {@link Hidden}. */
export function withoutSnippet(hidden: Hidden): string {
  return hidden.name;
}

/**
 * A class whose snippet nobody compiles.
 *
 * @example
 * \`\`\`js
 * new Unchecked();
 * \`\`\`
 */
export class Unchecked {
  /** @throws SessionError \`invalid_limit\`, \`not_a_code\` */
  misnamed(): void {}

  /** @throws SessionError when it likes */
  unnamed(): void {}

  /** @throws SessionError \`closed\`, \`invalid_limit\` for \`this\`; as {@link unnamed} */
  named(): void {}
}

/**
 * A complete function.
 *
 * @throws TypeError always
 *
 * @example
 * \`\`\`ts
 * complete();
 * \`\`\`
 */
export function complete(): never {
  throw new TypeError();
}
`;

describe('the check of the API reference', () => {
  test('tells every gap in the doc comments of a module, and nothing else', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'api-reference-'));
    try {
      const file = join(folder, 'index.ts');
      const tsconfig = join(folder, 'tsconfig.json');
      await writeFile(file, incomplete);
      await writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'incomplete' }));
      const base = join(root, 'tsconfig.base.json');
      await writeFile(tsconfig, JSON.stringify({ extends: base, compilerOptions: { types: [] } }));
      const { problems } = await readReference(new Map([[file, 'incomplete']]), tsconfig);
      expect(problems.toSorted()).toEqual([
        expect.stringMatching(/^Hidden, .* is referenced by incomplete\.withoutSnippet\.hidden/),
        expect.stringMatching(/^The comment for incomplete\.withoutSnippet links to "Hidden"/),
        'incomplete.Options.delay is a number, and its comment does not say of what',
        expect.stringMatching(
          /^incomplete\.Options\.uncommented .*does not have any documentation/,
        ),
        'incomplete.Unchecked has no @example with a ts block',
        'incomplete.Unchecked.misnamed throws a SessionError of an unknown code: not_a_code',
        'incomplete.Unchecked.unnamed throws a SessionError without a code',
        'incomplete.withoutSnippet has no @example with a ts block',
      ]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test('covers all entries of packages but those between packages', () => {
    const modules = [...findEntryPoints(root).values()];
    expect(modules).toContain('@agent-sessions/sqlite');
    expect(modules).toContain('@agent-sessions/core/backend');
    expect(modules).toContain('@agent-sessions/kysely/postgres');
    expect(modules).not.toContain('@agent-sessions/kysely/engine');
  });
});
