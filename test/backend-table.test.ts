import { describe, expect, test } from 'vitest';
import {
  formatTable,
  missingBackends,
  type Outcome,
  tabulate,
} from '../tools/backend-table-reporter.ts';

const suite = (backend: string) => `session conformance: ${backend}`;
const run: Outcome[] = [
  { suite: suite('SQLite file'), test: 'pops the newest item', state: 'passed' },
  { suite: suite('SQLite file'), test: 'reads the newest items', state: 'passed' },
  { suite: suite('Redis'), test: 'pops the newest item', state: 'failed' },
  { suite: suite('Redis'), test: 'runs a transaction', state: 'skipped', note: 'no transactions' },
  { suite: suite('Conversations'), test: 'pops the newest item', state: 'passed' },
  { suite: suite('Conversations'), test: 'a — skipped: no transactions', state: 'skipped' },
  { suite: suite('Conversations'), test: 'b — skipped: no transactions', state: 'skipped' },
  { suite: suite('Conversations'), test: 'c', state: 'skipped', note: 'server ids' },
  { suite: suite('Postgres — skipped: no server'), test: '', state: 'skipped' },
];

describe('the closing table of backends', () => {
  test('has a line for each backend and each distinct reason for a skip', () => {
    expect(formatTable(tabulate(run))).toBe(
      [
        ' backend        result   passed  failed  skipped  why',
        ' Conversations  covered       1       0        3  no transactions',
        '                                                  server ids',
        ' Postgres       skipped       0       0        1  no server',
        ' Redis          failed        0       1        1  no transactions',
        ' SQLite file    covered       2       0        0',
      ].join('\n'),
    );
  });

  test('says so when a backend was skipped for no stated reason', () => {
    const [backend] = tabulate([{ suite: suite('Redis'), test: 'pops', state: 'skipped' }]);
    expect(backend).toMatchObject({ status: 'skipped', reasons: ['no reason given'] });
  });

  test.each([
    [{ CI: 'true' }, ['Postgres']],
    [{ REQUIRE_ALL_BACKENDS: '1' }, ['Postgres']],
    [{}, []],
    [{ CI: 'true', REQUIRE_BACKENDS: 'SQLite file' }, []],
    [{ REQUIRE_BACKENDS: 'Redis, Postgres, Valkey' }, ['Postgres', 'Valkey']],
  ])('with %o the backends missing are %o', (env, missing) => {
    expect(missingBackends(tabulate(run), env)).toEqual(missing);
  });
});
