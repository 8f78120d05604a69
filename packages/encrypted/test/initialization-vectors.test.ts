import { expect, test } from 'vitest';
import { nextVector } from '../src/initialization-vectors.ts';

test('no initialization vector is given out twice, over many fillings of the pool', () => {
  const vectors = Array.from({ length: 20_000 }, () => nextVector().toString('hex'));
  expect(new Set(vectors).size).toBe(vectors.length);
  for (const vector of vectors) expect(vector).toHaveLength(24);
});
