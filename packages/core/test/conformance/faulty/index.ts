import { capabilityFaults } from './capabilities.ts';
import { cloneAndBatchFaults } from './clones-and-batches.ts';
import { concurrencyFaults } from './concurrency.ts';
import type { Fault } from './fault.ts';
import { fidelityFaults } from './fidelity.ts';
import { isolationFaults, mixedUpFaults } from './isolation.ts';
import { itemFaults } from './items.ts';
import { lifecycleAndErrorFaults } from './lifecycle-and-errors.ts';
import { limitFaults } from './limits.ts';
import { popAndClearFaults } from './pop-and-clear.ts';
import { runnerFaults } from './runner.ts';
import { transactionFaults } from './transactions.ts';

/** Faulty sessions about one matter. */
export interface FaultGroup {
  readonly name: string;
  readonly faults: readonly Fault[];
  /**
   * Concerns in which such a fault may show besides its own. A session that cannot even read, limit,
   * pop or clear shows that anywhere.
   */
  readonly alsoIn: readonly string[] | 'anywhere';
}

/** Every faulty session. */
export const faultGroups: readonly FaultGroup[] = [
  { name: 'items', faults: itemFaults, alsoIn: 'anywhere' },
  { name: 'limits', faults: limitFaults, alsoIn: 'anywhere' },
  { name: 'pop and clear', faults: popAndClearFaults, alsoIn: 'anywhere' },
  { name: 'isolation', faults: isolationFaults, alsoIn: ['errors', 'clear', 'directory'] },
  { name: 'which session it is', faults: mixedUpFaults, alsoIn: 'anywhere' },
  {
    name: 'fidelity',
    faults: fidelityFaults,
    alsoIn: ['errors', 'clone isolation', 'isolation of ids', 'mutations', 'pop', 'atomic batches'],
  },
  {
    name: 'clones and batches',
    faults: cloneAndBatchFaults,
    alsoIn: [
      'errors',
      'fidelity',
      'clone isolation',
      'concurrency',
      'lifecycle',
      'compaction',
      'transactions',
      'arguments of transactions',
    ],
  },
  {
    name: 'concurrency',
    faults: concurrencyFaults,
    alsoIn: ['atomic batches', 'compaction', 'mutations', 'clone isolation', 'fidelity'],
  },
  {
    name: 'lifecycle and errors',
    faults: lifecycleAndErrorFaults,
    alsoIn: ['errors', 'clone isolation', 'concurrency'],
  },
  {
    name: 'transactions',
    faults: transactionFaults,
    alsoIn: [
      'transactions',
      'transactions that are repeated',
      'arguments of transactions',
      'clone isolation',
      'atomic batches',
      'concurrency',
      'compaction',
      'run context',
      'directory',
      'errors',
    ],
  },
  {
    name: 'other capabilities',
    faults: capabilityFaults,
    alsoIn: ['clone isolation', 'atomic batches', 'concurrency', 'compaction'],
  },
  { name: 'runner', faults: runnerFaults, alsoIn: 'anywhere' },
];
