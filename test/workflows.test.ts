import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';

interface Job {
  readonly needs?: string | readonly string[];
  readonly permissions?: Readonly<Record<string, string>>;
  readonly steps?: ReadonlyArray<{ readonly uses?: string; readonly run?: string }>;
}

function jobsOf(workflow: string): Readonly<Record<string, Job>> {
  const path = join(import.meta.dirname, '../.github/workflows', workflow);
  return parse(readFileSync(path, 'utf8')).jobs;
}

/** The jobs that come before a job, directly or not. */
function before(name: string, jobs: Readonly<Record<string, Job>>): string[] {
  const needs = [jobs[name]?.needs ?? []].flat();
  return [...needs, ...needs.flatMap((need) => before(need, jobs))];
}

test('the gate of CI waits for every other job', () => {
  const { gate, ...others } = jobsOf('ci.yml');
  expect([gate?.needs].flat().sort()).toEqual(Object.keys(others).sort());
});

describe('a release', () => {
  const jobs = jobsOf('release.yml');

  test('publishes and makes versions only of what passed CI', () => {
    expect(before('publish', jobs)).toContain('ci');
    expect(before('version', jobs)).toContain('ci');
  });

  test('lets only the job that publishes prove who it is to npm', () => {
    const withToken = Object.keys(jobs).filter((name) => jobs[name]?.permissions?.['id-token']);
    expect(withToken).toEqual(['publish']);
  });

  test('runs actions of others at a commit that cannot change', () => {
    const actions = Object.values(jobs)
      .flatMap(({ steps = [] }) => steps.map(({ uses }) => uses))
      .filter((action) => action !== undefined && !action.startsWith('actions/'));
    expect(actions.length).toBeGreaterThan(0);
    for (const action of actions) expect(action).toMatch(/@[0-9a-f]{40}$/);
  });
});
