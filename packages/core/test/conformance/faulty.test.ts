import { runConformance } from '@agent-sessions/core/conformance';
import { describe, expect, test } from 'vitest';
import type { Fault } from './faulty/fault.ts';
import { faultGroups } from './faulty/index.ts';

/** Whatever is wrong with a session may show in a whole run. */
const ALWAYS = ['runner', 'properties'];

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
  // The slowest rules run only where they are wanted.
  const slow = ['a 5 MB string', 'random '].filter(
    (rule) => !breaks.some((broken) => broken.includes(rule)),
  );
  const grep = slow.length > 0 ? new RegExp(`^(?!.*(${slow.join('|')}))`) : /./;
  const report = await runConformance({ name, ...open() }, { grep, timeoutMs: 5000 });
  return report.tests.filter(({ state }) => state === 'failed');
}
