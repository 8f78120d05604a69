import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';

const folder = resolve(import.meta.dirname, 'processes');

function command(...args: string[]) {
  return commandWith({}, ...args);
}

function commandWith(environment: Readonly<Record<string, string>>, ...args: string[]) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--conditions=@agent-sessions/source', resolve(folder, 'command.ts'), ...args],
    { cwd: folder, encoding: 'utf8', env: { ...process.env, ...environment, NO_COLOR: '1' } },
  );
  return { status, stdout, stderr };
}

const MANY =
  'however long the history is, getItems() gives all of it and getItems(n) n items: no default window, no largest page';
const NEWEST = 'getItems(n) gives exactly the newest n items, oldest first';

describe('the command session-conformance', () => {
  test('prints every test, the table and the sum, and exits with 0 when all pass', () => {
    const { status, stdout } = command('./correct-session.ts', '--grep', '^(limits|damaged)');
    expect(stdout).toContain('✓ getItems(n) gives exactly the newest n items, oldest first');
    expect(stdout).toMatch(
      /- clearSession\(\) makes .* — skipped: the harness has no corruptNewest/,
    );
    expect(stdout).toMatch(/store\.listSessions +yes/);
    expect(stdout).toMatch(/\n13 passed, 0 failed, 9 skipped\n$/);
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

  test('draws the same sizes again with the seed of a report, which it names', () => {
    const sizes = () => {
      const { stdout } = command('./faulty-session.ts', '--only', MANY, '--seed', '7', '--json');
      const { seed, tests } = JSON.parse(stdout);
      return { seed, reason: tests[0].reason };
    };
    const first = sizes();
    expect(first).toMatchObject({ seed: 7, reason: expect.stringMatching(/of \d+ items/) });
    expect(sizes()).toEqual(first);
  });

  test('runs the test of a name alone with --only, and says how to run a broken one again', () => {
    const name = 'popItem() gives undefined on an empty session';
    const { stdout } = command('./faulty-session.ts', '--only', name, '--only', NEWEST);
    expect(stdout).toMatch(/\n1 passed, 1 failed, 0 skipped\n$/);
    expect(stdout).toMatch(
      /again: session-conformance .\/faulty-session.ts --seed \d+ --only "popItem\(\) gives/,
    );
  });

  test('writes the report as JUnit XML with --junit', () => {
    const path = join(mkdtempSync(join(tmpdir(), 'junit-')), 'report.xml');
    command('./faulty-session.ts', '--grep', '^(pop|damaged)', '--seed', '7', '--junit', path);
    const xml = readFileSync(path, 'utf8');
    expect(xml).toMatch(/<testsuite name="session conformance: faulty" tests="\d+" failures="\d+"/);
    expect(xml).toContain('<property name="seed" value="7">');
    expect(xml).toMatch(
      /<testcase classname="pop" name="popItem\(\) gives undefined.*\n<failure m/,
    );
    expect(xml).toMatch(/<testcase classname="damaged records" .*\n<skipped message="the harness/);
  });

  test('ends when the report is printed, and says what the harness left open', () => {
    const { status, stdout, stderr } = command('./leaves-open.ts', '--only', NEWEST);
    expect(stdout).toMatch(/\n1 passed, 0 failed, 0 skipped\n$/);
    expect(stderr).toBe(
      'The harness left open: 1 TCPServerWrap, 1 Timeout. Close them in its stop().\n',
    );
    expect(status).toBe(0);
  });

  test.each([
    ['stop() throws', 'stop', /harness\.stop\(\): the server does not answer/, 0],
    ['a promise is rejected that nobody waits for', 'rejects', /nobody listens/, 0],
  ])('prints the report where %s', (_, HANGS, message, code) => {
    const { status, stdout, stderr } = commandWith({ HANGS }, './leaves-open.ts', '--only', NEWEST);
    expect(stdout).toMatch(/\n1 passed, 0 failed, 0 skipped\n$/);
    expect(stderr).toMatch(message);
    expect(status).toBe(code);
  });

  test.each([
    ['a module without a harness', ['../plain-session.ts'], /exports no harness/],
    ['a module that is not there', ['./missing.ts'], /Cannot find module/],
    [
      'a text that no test has',
      ['./correct-session.ts', '--grep', 'no such rule'],
      /No test matches/,
    ],
    ['a name that no test has', ['./correct-session.ts', '--only', 'no'], /No test is named "no"/],
    ['a seed that is none', ['./correct-session.ts', '--seed', 'x'], /A seed is a whole number/],
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
