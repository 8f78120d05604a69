import { randomInt } from 'node:crypto';
import { runConformance } from '@agent-sessions/core/conformance';
import { describe, expect, test } from 'vitest';
import type { Fault } from './faulty/fault.ts';
import { faultGroups } from './faulty/index.ts';
import { processFaults } from './faulty/process.ts';
import { survivorFaults } from './faulty/survivors.ts';
import { thresholdFaults } from './faulty/thresholds.ts';

/** Whatever is wrong with a session may show in a whole run, and where every method is tried. */
const ALWAYS = ['runner', 'properties', 'deletion', 'owners'];

/** Parts of the names of tests that take the most time. */
const SLOW = [
  'a string of 5 MB',
  'however long',
  'large batch',
  'a long history',
  'a long suffix',
  'every size that a page may have',
  'however many',
  'of 2 000 properties',
  'every property of every item',
  'any property of any item',
];

for (const { name: group, faults, alsoIn } of faultGroups) {
  describe(`a session that is wrong about ${group} breaks the rule that says so`, () => {
    for (const fault of faults) {
      test(fault.name, async () => {
        const failed = await failedTests(fault);
        const isBroken = (rule: string) => failed.some(({ name }) => name.includes(rule));
        expect(fault.breaks.filter((rule) => !isBroken(rule))).toEqual([]);
        if (alsoIn === 'anywhere') return;
        const own = failed.filter(({ name }) => fault.breaks.some((rule) => name.includes(rule)));
        const expected = new Set([...ALWAYS, ...alsoIn, ...own.map(({ concern }) => concern)]);
        const others = failed.filter(({ concern }) => !expected.has(concern));
        expect(others.map(({ concern, name }) => `${concern}: ${name}`)).toEqual([]);
      });
    }
  });
}

const SEEDS = Array.from({ length: 10 }, () => randomInt(2 ** 31 - 1));

describe(`a session that is wrong in its structure is found, whatever the seed: ${SEEDS}`, () => {
  test.for([...survivorFaults, ...processFaults])('$name', async ({ open, breaks }) => {
    for (const seeds of await findingSeeds(open, breaks)) expect(seeds).toEqual(SEEDS);
  });
});

describe(`a session that is wrong beyond a threshold is found by most of the seeds ${SEEDS}`, () => {
  test.for(thresholdFaults)('$name', async ({ open, breaks }) => {
    for (const seeds of await findingSeeds(open, breaks)) {
      expect(seeds.length).toBeGreaterThanOrEqual(8);
    }
  });
});

/** For each rule that a fault breaks, the seeds with which it fails. */
async function findingSeeds(open: Fault['open'], breaks: Fault['breaks']): Promise<number[][]> {
  const found = breaks.map((): number[] => []);
  const grep = anyOf(breaks);
  for (const seed of SEEDS) {
    const { tests } = await runConformance(
      { name: 'faulty', ...open() },
      { grep, seed, timeoutMs: 20_000 },
    );
    for (const [n, rule] of breaks.entries()) {
      const named = tests.filter(({ name, state }) => name.includes(rule) && state !== 'skipped');
      expect(named.length, `rules that ran: ${rule}`).toBeGreaterThan(0);
      if (named.every(({ state }) => state === 'failed')) found[n]?.push(seed);
    }
  }
  return found;
}

async function failedTests({ name, open, breaks }: Fault) {
  // Whole runs, random commands and much data take the most time: they run where they are wanted.
  const grep = new RegExp(
    `^(?!${ALWAYS.join(' |')} |.*(?:${SLOW.join('|')}))|${anyOf(breaks).source}`,
  );
  const report = await runConformance({ name, ...open() }, { grep, timeoutMs: 5000 });
  return report.tests.filter(({ state }) => state === 'failed');
}

function anyOf(texts: readonly string[]): RegExp {
  return new RegExp(texts.map((text) => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('|'));
}
