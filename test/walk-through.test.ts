import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { postgres } from '../packages/kysely/test/support/backends.ts';
import { walkThrough } from '../tools/walk-through.ts';

const docs = join(import.meta.dirname, '../docs');

/** `vitest -u` writes what was printed into the page. */
async function expectTrue(page: string, environment: Record<string, string>): Promise<void> {
  const path = join(docs, page);
  const walked = await walkThrough(readFileSync(path, 'utf8'), environment);
  await expect(walked).toMatchFileSnapshot(path);
}

describe('a reader who does what the page says sees what it shows:', () => {
  test.each([
    'write-your-own-session.md',
    'write-a-backend.md',
    'migrating-from-memory-session.md',
  ])('%s', (page) => expectTrue(page, {}), 120_000);
});

const { missing } = postgres;
describe.skipIf(missing !== undefined)(
  `with a database as well${missing === undefined ? ':' : ` — skipped: ${missing}`}`,
  () => {
    test.each(['getting-started.md', 'moving-between-adapters.md'])(
      '%s',
      async (page) => {
        const database = await postgres.create();
        const SESSION_KEY = randomBytes(32).toString('base64');
        try {
          await expectTrue(page, { DATABASE_URL: database.url ?? '', SESSION_KEY });
        } finally {
          await database.drop();
        }
      },
      120_000,
    );
  },
);

describe('walking through a page', () => {
  const page = (...lines: string[]): string => `${lines.join('\n')}\n`;

  test('replaces an output that is not what was printed, and nothing else', async () => {
    const told = page(
      ...['# A page', 'Put this into `a.js`:', '', '```js', "console.log('one\\ntwo');", '```', ''],
      ...['```sh', 'npm install nothing', 'node a.js', '```', '', '```text', 'one', 'three', '```'],
    );
    expect(await walkThrough(told, {})).toBe(told.replace('three', 'two'));
  });

  test('lets `…` stand for lines, and shows an error that nobody expected', async () => {
    const told = page(
      ...['```sh', "printf 'a\\nb\\nc\\n'", '```', '```text', '…', 'c', '```', ''],
      ...['```sh', 'echo broken >&2; exit 1', '```', '```text', 'fine', '```'],
    );
    expect(await walkThrough(told, {})).toBe(told.replace('fine', 'broken'));
  });
});
