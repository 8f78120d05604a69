import { expect, test } from 'vitest';
import { newToken } from '../src/backend.ts';

test('ten thousand tokens are all different, each of twelve characters that a URL takes', () => {
  const tokens = Array.from({ length: 10_000 }, newToken);
  expect(new Set(tokens).size).toBe(10_000);
  expect(tokens.filter((token) => !/^[\w-]{12}$/.test(token))).toEqual([]);
});
