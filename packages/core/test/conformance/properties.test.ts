import { runConformance } from '@agent-sessions/core/conformance';
import { describe, expect, test } from 'vitest';
import { concurrencyFaults } from './faulty/concurrency.ts';

const ROUNDS = 10;

describe('random commands at once find what is planted, whatever the seed', () => {
  for (const planted of ['updates are lost', 'items are popped twice', 'batches are torn']) {
    test(`${planted}: found ${ROUNDS} times of ${ROUNDS}`, async () => {
      const fault = concurrencyFaults.find(({ name }) => name === planted);
      for (let round = 0; round < ROUNDS; round += 1) {
        const report = await runConformance(
          { name: planted, open: () => expect.unreachable(), ...fault?.open() },
          { grep: /random commands at once/ },
        );
        expect(report.failed).toBe(1);
        expect(report.tests[0]?.reason).toMatch(/seed: -?\d+/);
      }
    });
  }
});
