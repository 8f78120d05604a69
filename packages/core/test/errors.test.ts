import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { isSessionError, SessionError } from '../src/index.ts';

/** A second installed copy of the package, as two versions of an adapter may bring it. */
async function loadCopy(): Promise<typeof import('../src/errors.ts')> {
  const { href } = new URL('../src/errors.ts?another-copy', import.meta.url);
  return import(href);
}

describe('isSessionError', () => {
  test('is true for an error of another copy of the package, in both directions', async () => {
    const copy = await loadCopy();
    expect(copy.SessionError).not.toBe(SessionError);

    const theirs = new copy.SessionError('busy', 'Busy.');
    const ours = new SessionError('closed', 'Closed.');

    expect(theirs).not.toBeInstanceOf(SessionError);
    expect(isSessionError(theirs)).toBe(true);
    expect(isSessionError(theirs, 'busy')).toBe(true);
    expect(copy.isSessionError(ours, 'closed')).toBe(true);
  });

  test('with a code is true for that code only', () => {
    const error = new SessionError('busy', 'Busy.');
    expect(isSessionError(error, 'busy')).toBe(true);
    expect(isSessionError(error, 'conflict')).toBe(false);
  });

  test.each([
    undefined,
    null,
    'busy',
    7,
    new Error('Busy.'),
    { code: 'busy', name: 'SessionError', message: 'Busy.' },
    Object.assign(new Error('Busy.'), { code: 'busy', name: 'SessionError' }),
  ])('is false for %o', (value) => {
    expect(isSessionError(value)).toBe(false);
    expect(isSessionError(value, 'busy')).toBe(false);
  });
});

describe('a SessionError', () => {
  test('is an Error with name, code, message and cause', () => {
    const cause = new Error('SQLITE_BUSY');
    const error = new SessionError('busy', 'Busy.', { cause });
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ name: 'SessionError', code: 'busy', message: 'Busy.', cause });
    expect(String(error)).toBe('SessionError: Busy.');
  });

  test('shows nothing but code and name beside what every error has', () => {
    expect(Object.keys(new SessionError('busy', 'Busy.')).sort()).toEqual(['code', 'name']);
  });
});

describe('the codes of errors', () => {
  const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');

  test('are each explained in the README and in the doc comment', () => {
    const source = read('../src/errors.ts');
    const codes = [...source.matchAll(/^ {2}\| '(\w+)'/gm)].map(([, code]) => code);
    expect(codes).toContain('closed');
    for (const text of [source, read('../README.md')]) {
      const explained = [...text.matchAll(/^(?: \* )?\| `(\w+)` \|/gm)].map(([, code]) => code);
      expect(explained).toEqual(expect.arrayContaining(codes));
    }
  });
});
