import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';

const folder = resolve(import.meta.dirname, 'processes');

function command(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--conditions=@agent-sessions/source', resolve(folder, 'command.ts'), ...args],
    { cwd: folder, encoding: 'utf8', env: { ...process.env, NO_COLOR: '1' } },
  );
  return { status, stdout, stderr };
}

describe('the command session-conformance', () => {
  test('prints every test, the table and the sum, and exits with 0 when all pass', () => {
    const { status, stdout } = command('./correct-session.ts', '--grep', '^(limits|damaged)');
    expect(stdout).toContain('✓ getItems(n) gives exactly the newest n items, oldest first');
    expect(stdout).toMatch(
      /- clearSession\(\) makes .* — skipped: the harness has no corruptNewest/,
    );
    expect(stdout).toMatch(/store\.listSessions +yes/);
    expect(stdout).toMatch(/\n12 passed, 0 failed, 9 skipped\n$/);
    expect(status).toBe(0);
  });

  test('takes a harness in JavaScript for a session in TypeScript, as the guide has it', () => {
    const harness = resolve(folder, '../../../../../examples/custom-session/harness.mjs');
    const { status, stdout } = command(harness, '--grep', 'getItems(n) gives exactly');
    expect(stdout).toMatch(/\n1 passed, 0 failed, 0 skipped\n$/);
    expect(status).toBe(0);
  });

  test('repeats the broken rules at the end and exits with 1', () => {
    const { status, stdout } = command('./faulty-session.ts', '--grep', '^pop .* on an empty');
    expect(stdout).toMatch(
      /Rules that are broken\n {2}pop: popItem\(\) gives undefined on an empty/,
    );
    expect(stdout).toMatch(/\d+ passed, 1 failed, 0 skipped\n$/);
    expect(status).toBe(1);
  });

  test('prints the report as JSON with --json, and nothing else', () => {
    const { status, stdout } = command(
      './faulty-session.ts',
      '--grep',
      '^pop .* on an empty',
      '--json',
    );
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({ name: 'faulty', failed: 1 });
    expect(report.capabilities).toContainEqual(
      expect.objectContaining({ name: 'applyHistoryTransaction', present: true }),
    );
    expect(report.tests.filter(({ state }: { state: string }) => state === 'failed')).toEqual([
      expect.objectContaining({ name: 'popItem() gives undefined on an empty session' }),
    ]);
    expect(status).toBe(1);
  });

  test.each([
    ['a module without a harness', ['../plain-session.ts'], /exports no harness/],
    ['a module that is not there', ['./missing.ts'], /Cannot find module/],
    [
      'a text that no test has',
      ['./correct-session.ts', '--grep', 'no such rule'],
      /No test matches/,
    ],
    ['an unknown option', ['./correct-session.ts', '--watch'], /Unknown option '--watch'/],
  ])('exits with 2 for %s', (_, args, message) => {
    const { status, stderr } = command(...args);
    expect(stderr).toMatch(message);
    expect(status).toBe(2);
  });

  test('prints how it is used', () => {
    const { status, stdout } = command('--help');
    expect(stdout).toMatch(/^Usage: session-conformance/);
    expect(status).toBe(0);
    expect(command()).toMatchObject({ status: 2 });
  });
});
