import { cacheFaults } from './caches.ts';
import { chunkFaults } from './chunks.ts';
import { cloneAndBatchFaults } from './clones-and-batches.ts';
import { compactionBaseFaults } from './compaction-bases.ts';
import { concurrencyFaults } from './concurrency.ts';
import { contentFaults } from './content.ts';
import { contentionFaults } from './contention.ts';
import { damageFaults } from './damage.ts';
import { deletionFaults } from './deletion.ts';
import { directoryFaults } from './directory.ts';
import { directoryPageFaults } from './directory-pages.ts';
import type { Fault } from './fault.ts';
import { fidelityFaults } from './fidelity.ts';
import { fingerprintFaults } from './fingerprints.ts';
import { givenFaults } from './given.ts';
import { isolationFaults, mixedUpFaults } from './isolation.ts';
import { itemFaults } from './items.ts';
import { ledgerFaults } from './ledger.ts';
import { lifecycleAndErrorFaults } from './lifecycle-and-errors.ts';
import { limitFaults } from './limits.ts';
import { matchingFaults } from './matching.ts';
import { mutationTargetFaults } from './mutation-targets.ts';
import { mutationAndCompactionFaults } from './mutations-and-compaction.ts';
import { ownerFaults } from './owners.ts';
import { pairFaults } from './pairs.ts';
import { popAndClearFaults } from './pop-and-clear.ts';
import { refusalFaults } from './refusals.ts';
import { remoteFaults } from './remote.ts';
import { restartFaults } from './restart.ts';
import { runnerFaults } from './runner.ts';
import { sqlFaults } from './sql.ts';
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

const batches = ['atomic batches', 'atomic for readers'];
const clones = ['clone isolation', 'concurrency'];
const repeated = 'transactions that are repeated';
const transacting = [
  'transactions',
  repeated,
  'arguments of transactions',
  'run context',
  ...clones,
  ...batches,
  'compaction',
  'directory',
  'errors',
];

/** Every faulty session. */
export const faultGroups: readonly FaultGroup[] = [
  { name: 'items', faults: itemFaults, alsoIn: 'anywhere' },
  { name: 'limits', faults: limitFaults, alsoIn: 'anywhere' },
  { name: 'calls and their results', faults: pairFaults, alsoIn: 'anywhere' },
  { name: 'pop and clear', faults: popAndClearFaults, alsoIn: 'anywhere' },
  { name: 'its queries', faults: sqlFaults, alsoIn: 'anywhere' },
  {
    name: 'isolation',
    faults: isolationFaults,
    alsoIn: ['session ids', 'isolation of ids', 'errors', 'clear', 'directory', repeated],
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
      ...batches,
    ],
  },
  { name: 'content', faults: contentFaults, alsoIn: [...clones, 'pop', 'mutations'] },
  {
    name: 'clones and batches',
    faults: cloneAndBatchFaults,
    alsoIn: [
      ...clones,
      ...batches,
      'errors',
      'fidelity',
      'lifecycle',
      'compaction',
      'transactions',
      'arguments of transactions',
      'directory',
    ],
  },
  {
    name: 'what it is given',
    faults: givenFaults,
    alsoIn: [
      'items',
      'pop',
      'fidelity',
      'isolation of ids',
      'atomic for readers',
      'concurrency',
      'arguments of transactions',
    ],
  },
  { name: 'large batches', faults: chunkFaults, alsoIn: [] },
  {
    name: 'concurrency',
    faults: concurrencyFaults,
    alsoIn: [
      ...batches,
      'compaction',
      'mutations',
      'clone isolation',
      'errors',
      repeated,
      'fidelity',
      'directory',
    ],
  },
  { name: 'contention', faults: contentionFaults, alsoIn: [...clones, 'mutations'] },
  { name: 'what it remembers', faults: cacheFaults, alsoIn: ['concurrency', 'pop'] },
  { name: 'other processes', faults: remoteFaults, alsoIn: ['concurrency', 'transactions'] },
  {
    name: 'lifecycle and errors',
    faults: lifecycleAndErrorFaults,
    alsoIn: [...clones, 'errors', 'directory'],
  },
  { name: 'refusals', faults: refusalFaults, alsoIn: ['fidelity', 'limits'] },
  { name: 'restarts', faults: restartFaults, alsoIn: ['errors', repeated] },
  { name: 'transactions', faults: transactionFaults, alsoIn: transacting },
  { name: 'suffixes', faults: matchingFaults, alsoIn: [repeated, 'clone isolation'] },
  { name: 'the ledger', faults: ledgerFaults, alsoIn: [...transacting, 'instances'] },
  { name: 'repetitions', faults: fingerprintFaults, alsoIn: ['arguments of transactions'] },
  {
    name: 'mutations and compaction',
    faults: mutationAndCompactionFaults,
    alsoIn: [...clones, ...batches, 'errors', 'directory', 'compaction', 'instances', repeated],
  },
  { name: 'mutations of some items', faults: mutationTargetFaults, alsoIn: ['clone isolation'] },
  {
    name: 'what was added meanwhile',
    faults: compactionBaseFaults,
    alsoIn: ['concurrency', 'directory'],
  },
  {
    name: 'damaged records',
    faults: damageFaults,
    alsoIn: [...clones, ...batches, 'compaction', 'directory', 'lifecycle'],
  },
  { name: 'the directory', faults: directoryFaults, alsoIn: ['items'] },
  { name: 'pages of the directory', faults: directoryPageFaults, alsoIn: [] },
  {
    name: 'deletion during a run',
    faults: deletionFaults,
    alsoIn: ['pop and clear', 'directory', 'run context', 'order', 'compaction', 'properties'],
  },
  { name: 'owners', faults: ownerFaults, alsoIn: ['directory', 'isolation'] },
  { name: 'runner', faults: runnerFaults, alsoIn: 'anywhere' },
];
