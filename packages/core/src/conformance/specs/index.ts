import type { Rule } from '../rule.ts';
import { atomic } from './atomic.ts';
import { clear } from './clear.ts';
import { clones } from './clones.ts';
import { compaction } from './compaction.ts';
import { concurrency } from './concurrency.ts';
import { damage } from './damage.ts';
import { sessionDirectory } from './directory.ts';
import { directoryChanges } from './directory-changes.ts';
import { errors } from './errors.ts';
import { fidelity } from './fidelity.ts';
import { isolation } from './isolation.ts';
import { items } from './items.ts';
import { lifecycle } from './lifecycle.ts';
import { limits } from './limits.ts';
import { mutations } from './mutations.ts';
import { pop } from './pop.ts';
import { properties } from './properties.ts';
import { readers } from './readers.ts';
import { runCompaction } from './run-compaction.ts';
import { runContext } from './run-context.ts';
import { runGuardrails } from './run-guardrails.ts';
import { runInterruptions } from './run-interruptions.ts';
import { runs } from './runs.ts';
import { sessionIds } from './session-ids.ts';
import { transactionArguments } from './transaction-arguments.ts';
import { transactionLedger } from './transaction-ledger.ts';
import { transactionReplays } from './transaction-replays.ts';
import { transactions } from './transactions.ts';

/** Every rule of the suite, in the order in which they are tested. */
export const allRules: readonly Rule[] = [
  items,
  limits,
  pop,
  clear,
  isolation,
  sessionIds,
  fidelity,
  clones,
  atomic,
  readers,
  concurrency,
  lifecycle,
  errors,
  transactions,
  transactionReplays,
  transactionLedger,
  transactionArguments,
  mutations,
  compaction,
  runContext,
  damage,
  sessionDirectory,
  directoryChanges,
  runs,
  runInterruptions,
  runGuardrails,
  runCompaction,
  properties,
].flat();
