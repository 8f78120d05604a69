import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';

const TIMEOUT_MS = 120_000;
const folder = resolve(import.meta.dirname, 'processes');
const require = createRequire(import.meta.url);

/** A file of a package, given its manifest, which is always exported. */
function fileOf(manifest: string, file: string): string {
  return resolve(dirname(manifest), file);
}

/** The binary for this platform, from the one of a package's optional dependencies that is there. */
function binaryOf(manifest: string, ...files: readonly string[]): string {
  const { name, optionalDependencies } = require(manifest);
  for (const platform of Object.keys(optionalDependencies)) {
    for (const file of files) {
      const path = resolve(dirname(manifest), '..', platform, file);
      if (existsSync(path)) return path;
    }
  }
  throw new Error(`${name} has no binary for this platform`);
}

const SOURCE = '--conditions=@agent-sessions/source';

/** A program, and what makes it run the suite. */
const runners: Readonly<Record<string, readonly string[]>> = {
  'node:test': [process.execPath, SOURCE, '--test', '--test-reporter=spec', 'node-test.fixture.ts'],
  vitest: [
    process.execPath,
    SOURCE,
    fileOf(require.resolve('vitest/package.json'), 'vitest.mjs'),
    'run',
    '--config=vitest.config.ts',
    '--reporter=verbose',
  ],
  Jest: [
    process.execPath,
    SOURCE,
    '--experimental-vm-modules',
    fileOf(require.resolve('jest/package.json'), 'bin/jest.js'),
    '--config=jest.config.mjs',
    '--verbose',
  ],
  Mocha: [
    process.execPath,
    SOURCE,
    fileOf(require.resolve('mocha/package.json'), 'bin/mocha.js'),
    'globals.fixture.ts',
  ],
  Bun: [
    binaryOf(require.resolve('bun/package.json'), 'bin/bun', 'bin/bun.exe'),
    SOURCE,
    'test',
    './bun.fixture.ts',
  ],
  Deno: [
    binaryOf(require.resolve('deno/package.json'), 'deno', 'deno.exe'),
    'test',
    '--allow-all',
    '--no-check',
    SOURCE,
    'node-test.fixture.ts',
  ],
};

/** The rule of backends that the faulty one breaks. */
const NEWEST = 'window() gives the newest records, oldest first';

/** How a runner marks a test that failed. */
const FAILED = /✖|×|✕|\d\) |\(fail\)|FAILED/;

for (const [name, command] of Object.entries(runners)) {
  describe(`under ${name}`, { timeout: TIMEOUT_MS }, () => {
    test('a correct session passes, and what it lacks is skipped with a reason', async () => {
      const { code, output } = await runSuite('reference', command);
      expect(output).toMatch(
        /history and ledger outlive a restart.*harness has no restart function/,
      );
      expect(output).toMatch(/applyHistoryTransaction +yes +[1-9]\d* +0 /);
      expect(code).toBe(0);
    });

    test('a faulty session fails in the test that names the rule', async () => {
      const { code, output } = await runSuite('faulty', command);
      expect(output).toContain('getItems(n) gives exactly the newest n items, oldest first');
      expect(output).toMatch(/getItems, addItems, popItem, clearSession +yes +\d+ +[1-9]/);
      expect(code).not.toBe(0);
    });

    test('a correct backend passes', async () => {
      const { code, output } = await runSuite('reference backend', command);
      expect(output).toContain(NEWEST);
      expect(code).toBe(0);
    });

    test('a faulty backend fails in the test that names the rule', async () => {
      const { code, output } = await runSuite('faulty backend', command);
      expect(output.split('\n').some((line) => line.includes(NEWEST) && FAILED.test(line))).toBe(
        true,
      );
      expect(code).not.toBe(0);
    });
  });
}

test('under Jest, a harness that opens asynchronously works too', {
  timeout: TIMEOUT_MS,
}, async () => {
  const { code, output } = await runSuite('plain, opened asynchronously', runners.Jest ?? []);
  expect(output).toMatch(/close +no +0 +0 +\d+ +the session has no close method/);
  expect(code).toBe(0);
});

async function runSuite(
  harness: string,
  [program = '', ...args]: readonly string[],
): Promise<{ code: number; output: string }> {
  const { PATH, HOME } = process.env;
  const child = spawn(program, args, {
    cwd: folder,
    // Nothing of the runner that runs this test: each would think that it is its child.
    env: { PATH, HOME, NO_COLOR: '1', CONFORMANCE_HARNESS: harness },
  });
  const closed = new Promise<number>((done) => {
    child.once('close', (code) => done(code ?? -1));
  });
  const [code, ...streams] = await Promise.all([closed, text(child.stdout), text(child.stderr)]);
  return { code, output: streams.join('\n') };
}
