import { cloneAndBatchFaults } from './clones-and-batches.ts';
import { concurrencyFaults } from './concurrency.ts';
import { damageFaults } from './damage.ts';
import { directoryFaults } from './directory.ts';
import type { Fault } from './fault.ts';
import { fidelityFaults } from './fidelity.ts';
import { isolationFaults, mixedUpFaults } from './isolation.ts';
import { itemFaults } from './items.ts';
import { ledgerFaults } from './ledger.ts';
import { lifecycleAndErrorFaults } from './lifecycle-and-errors.ts';
import { limitFaults } from './limits.ts';
import { mutationAndCompactionFaults } from './mutations-and-compaction.ts';
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
  {
    name: 'isolation',
    faults: isolationFaults,
    alsoIn: ['session ids', 'isolation of ids', 'errors', 'clear', 'directory'],
  },
  { name: 'which session it is', faults: mixedUpFaults, alsoIn: 'anywhere' },
  {
    name: 'fidelity',
    faults: fidelityFaults,
    alsoIn: [
      'errors',
      'clone isolation',
      'isolation of ids',
      'session ids',
      'mutations',
      'pop',
      'atomic batches',
      'atomic for readers',
    ],
  },
  {
    name: 'clones and batches',
    faults: cloneAndBatchFaults,
    alsoIn: [
      'errors',
      'fidelity',
      'clone isolation',
      'atomic batches',
      'atomic for readers',
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
    alsoIn: [
      'atomic batches',
      'atomic for readers',
      'compaction',
      'mutations',
      'clone isolation',
      'fidelity',
    ],
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
      'atomic for readers',
      'concurrency',
      'compaction',
      'run context',
      'directory',
      'errors',
    ],
  },
  {
    name: 'the ledger',
    faults: ledgerFaults,
    alsoIn: [
      'transactions',
      'transactions that are repeated',
      'arguments of transactions',
      'clone isolation',
      'atomic batches',
      'atomic for readers',
      'concurrency',
      'compaction',
      'run context',
      'directory',
      'errors',
    ],
  },
  {
    name: 'mutations and compaction',
    faults: mutationAndCompactionFaults,
    alsoIn: ['clone isolation', 'atomic batches', 'atomic for readers', 'concurrency'],
  },
  {
    name: 'damaged records',
    faults: damageFaults,
    alsoIn: [
      'clone isolation',
      'compaction',
      'atomic batches',
      'atomic for readers',
      'concurrency',
    ],
  },
  { name: 'the directory', faults: directoryFaults, alsoIn: ['items'] },
  { name: 'runner', faults: runnerFaults, alsoIn: 'anywhere' },
];
