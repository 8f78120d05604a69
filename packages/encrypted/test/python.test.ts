import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { KEY } from './support/keys.ts';
import { sealed, user } from './support/records.ts';
import { DOCS, VECTORS } from './support/vectors.ts';

const DECODER = join(DOCS, 'decode.py');

function python(args: readonly string[], input = '') {
  return spawnSync('python3', args, { encoding: 'utf8', input, timeout: 60_000 });
}

/** Why the decoder cannot run here; `undefined` if it can. */
function missing(): string | undefined {
  const { status, error } = python(['-c', 'import cryptography']);
  if (error !== undefined) return 'there is no python3 here';
  return status === 0 ? undefined : 'this python3 has no package `cryptography`';
}

const reason = missing();

test('the decoder in Python has at most 80 lines', () => {
  expect(readFileSync(DECODER, 'utf8').trimEnd().split('\n').length).toBeLessThanOrEqual(80);
});

test('the decoder in Python reads every vector', (context) => {
  if (reason !== undefined) context.skip(reason);
  const { stdout, stderr } = python([DECODER, VECTORS]);
  expect(stderr).toBe('');
  expect(stdout).toMatch(/^\d+ vectors\n$/);
});

test('the decoder in Python reads a record of a session, and refuses one that was changed', async (context) => {
  if (reason !== undefined) context.skip(reason);
  const record = await sealed('user-123', user('Größe 😀'));
  const key = Buffer.from(KEY).toString('hex');
  const { stdout } = python([DECODER, key, 'user-123'], `${record}\n`);
  expect(JSON.parse(stdout)).toEqual(user('Größe 😀'));
  for (const [args, input] of [
    [[key, 'user-123'], record.replace('"ct":"', '"ct":"AAAA')],
    [[key, 'user-123'], record.replace('"ts":1', '"ts":2')],
    [[key, 'user-124'], record],
    [[key, 'user-123', '{"tenant":"evil"}'], record],
    [[key, 'user-123', '{}', 'alice'], record],
  ] as const) {
    const { status, stdout: shown } = python([DECODER, ...args], input);
    expect(status).toBe(1);
    expect(shown).toBe('');
  }
});
