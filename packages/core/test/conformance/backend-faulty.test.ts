import type { SessionBackend } from '@agent-sessions/core/backend';
import { backendConformance } from '@agent-sessions/core/conformance';
import { describe, expect, test } from 'vitest';
import { birthAndTokenFaults } from './faulty-backends/births-and-tokens.ts';
import { opening } from './faulty-backends/fault.ts';
import { guardAndPositionFaults } from './faulty-backends/guards-and-positions.ts';
import { ledgerFaults, turnFaults } from './faulty-backends/ledger-and-turns.ts';
import { readAndRecordFaults } from './faulty-backends/reads-and-records.ts';

const faults = {
  ...readAndRecordFaults,
  ...birthAndTokenFaults,
  ...guardAndPositionFaults,
  ...ledgerFaults,
  ...turnFaults,
};

describe('a backend that is wrong breaks the rule that says so:', () => {
  test.each(Object.entries(faults))('%s', async (_name, fault) => {
    const { failed } = await run(opening(fault));
    const isBroken = (rule: string) => failed.some((name) => name.includes(rule));
    expect(fault.breaks.filter((rule) => !isBroken(rule))).toEqual([]);
  });
});

test('what the wrong ones are made of breaks none', async () => {
  const { failed } = await run(opening({ world: () => () => ({}) }));
  expect(failed).toEqual([]);
});

test('each rule is broken by a backend', async () => {
  const { all } = await run(opening({ world: () => () => ({}) }));
  const breaks = Object.values(faults).flatMap((fault) => fault.breaks);
  expect(breaks.filter((rule) => !all.some((name) => name.includes(rule)))).toEqual([]);
  expect(all.filter((name) => !breaks.some((rule) => name.includes(rule)))).toEqual([]);
});

test('a rule that a backend is exempt from has to exist', () => {
  const harness = { name: 'faulty', open: () => opening({ world: () => () => ({}) })() };
  const exempt = { 'no such rule': 'for a reason' };
  const register = () =>
    backendConformance({ describe: () => {}, it: () => {} }, { ...harness, exempt });
  expect(register).toThrow('"no such rule"');
});

/** Runs the suite without a runner: the names of all rules, and of those that failed. */
async function run(open: () => SessionBackend): Promise<{ all: string[]; failed: string[] }> {
  const rules = new Map<string, () => Promise<void>>();
  backendConformance(
    { describe: (_name, body) => body(), it: (name, body) => rules.set(name, body) },
    { name: 'faulty', open, close: (backend) => backend.close() },
  );
  const failed: string[] = [];
  for (const [name, body] of rules) {
    try {
      await body();
    } catch {
      failed.push(name);
    }
  }
  return { all: [...rules.keys()], failed };
}
