import { runConformance } from '@agent-sessions/core/conformance';
import { describe, expect, test } from 'vitest';
import type { Fault } from './faulty/fault.ts';
import { faultGroups } from './faulty/index.ts';

/** Whatever is wrong with a session may show in a whole run. */
const ALWAYS = ['runner', 'properties'];

/** Parts of the names of tests that take the most time. */
const SLOW = [
  'a 5 MB',
  'however long',
  'large batch',
  'a long history',
  'a long suffix',
  'every size that a page may have',
  '1 100 operations',
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

async function failedTests({ name, open, breaks }: Fault) {
  // Whole runs, random commands and much data take the most time: they run where they are wanted.
  const wanted = breaks.map((rule) => rule.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('|');
  const grep = new RegExp(`^(?!${ALWAYS.join(' |')} |.*(?:${SLOW.join('|')}))|${wanted}`);
  const report = await runConformance({ name, ...open() }, { grep, timeoutMs: 5000 });
  return report.tests.filter(({ state }) => state === 'failed');
}
