import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const execute = promisify(execFile);
const main = join(import.meta.dirname, '..', 'contention', 'main.ts');

test('the contention of each operation is told in a row, and none fails', async () => {
  const { stdout } = await execute(process.execPath, [
    '--conditions=@agent-sessions/source',
    '--disable-warning=ExperimentalWarning',
    main,
    ...['--seconds', '1', '--backend', 'sqlite', '--writers', '2'],
  ]);
  const [header, ...rows] = stdout.trim().split('\n');
  expect(header).toMatch(/^backend\toperation\twriters\tok\tfailed\t/);
  const cells = rows.map((row) => row.split('\t'));
  expect(cells.map(([, operation]) => operation)).toEqual(['pop', 'suffix', 'compact']);
  expect(cells.map(([, , , , failed]) => failed)).toEqual(['{}', '{}', '{}']);
  for (const row of cells) expect(row.slice(5).every((cell) => Number(cell) >= 0)).toBe(true);
});
